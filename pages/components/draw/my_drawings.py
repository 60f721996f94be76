"""The visitor's own drawings: all of them, a score for each network, one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from mnist_core.config.text import count
from mnist_core.digits import user_drawings
from mnist_core.digits.user_drawings import Drawing, DrawingsFileError
from mnist_core.runs.run import Run
from pages.components.draw import fine_tuning
from pages.components.draw.labelling import FULL, guided, start_guide
from pages.components.shell import networks
from pages.components.shell.state import DRAWINGS
from pages.components.widgets.digit_grid import digit_grid

MOST_SCORED = 12  # networks
_PROBLEM = "open-problem"  # what was wrong with the file last opened
_DELETED = "deleted-drawings"  # [(place, Drawing)], to be brought back


def my_drawings(run: Run) -> None:
    """The collection, the start of the guided set, the scores, and teaching the network in use."""
    kept: list[Drawing] = st.session_state.setdefault(DRAWINGS, [])
    with st.container():  # so that the teaching keeps its place on the page
        _show(kept)
        _tools(kept)
    fine_tuning.teach(run, kept)


def _show(kept: list[Drawing]) -> None:
    if not guided():
        st.button(
            "Draw 0 to 9 twice", key="guided-start", icon=":material/checklist:",
            on_click=start_guide,
        )  # fmt: skip
    if kept:
        predicted = np.array([-1 if d.predicted is None else d.predicted for d in kept])
        wrong = int((predicted != user_drawings.labels(kept)).sum())
        st.markdown(f"**{count(len(kept), 'drawing')}**, {wrong} not recognised when drawn")
        digit_grid(
            user_drawings.images(kept),
            user_drawings.labels(kept),
            indices=np.arange(1, len(kept) + 1),
        )
        _scores(kept)
    else:
        st.info("Nothing kept yet. “It was really a …” and the set of 20 keep drawings here.")


def _scores(kept: list[Drawing]) -> None:
    rows: list[dict[str, Any]] = []
    listed = list(networks.usable_networks().values())[:MOST_SCORED]
    names = networks.distinct_names(listed)
    for run in listed:
        status = run.status()
        of_mnist = status.summary if status.dataset == "mnist" else None
        rows.append(
            {
                "Network": names[run.id],
                "My handwriting": user_drawings.score(kept, networks.classifier(run)),
                "MNIST test digits": of_mnist and of_mnist.test_accuracy,
            }
        )
    st.markdown("**My handwriting score**, network by network")
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows, hide_index=True, width="content",
        column_config={
            "Network": st.column_config.TextColumn(width="medium"),
            "My handwriting": share, "MNIST test digits": share,
        },
    )  # fmt: skip
    if any(run.base_name for run in listed):
        st.caption(
            "A network that was taught may have learned from these very drawings. What it makes of "
            "those held back is told below, where it is the network in use."
        )


def _tools(kept: list[Drawing]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kept:
            st.download_button(
                "Save my drawings", lambda: user_drawings.to_json(kept), "my-drawings.json",
                "application/json", key="save-drawings", on_click="ignore",
            )  # fmt: skip
            last, number = kept[-1], len(kept)
            st.button("Take back the last", key="drop-last", on_click=_delete, args=([last],))
            number = st.number_input("Delete No.", 1, number, number, key="drop-number", width=110)
            st.button("Delete it", key="drop", on_click=_delete, args=([kept[number - 1]],))
            st.button("Delete all", key="drop-all", on_click=_delete, args=(list(kept),))
        if deleted := st.session_state.get(_DELETED):
            what = "the drawing" if len(deleted) == 1 else f"the {len(deleted)} drawings"
            st.button(
                f"Bring back {what}", icon=":material/undo:", key="bring-back",
                on_click=_bring_back,
                disabled=len(kept) + len(deleted) > user_drawings.MAX_DRAWINGS,
            )  # fmt: skip
    st.file_uploader("Open saved drawings", type="json", key="open-drawings", on_change=_open)
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem)


def _open() -> None:
    """Add the drawings of the file that was just chosen; once, not at every rerun."""
    st.session_state[_PROBLEM] = None
    file = st.session_state["open-drawings"]
    if file is None:
        return
    kept = st.session_state[DRAWINGS]
    try:
        found = user_drawings.from_json(file.getvalue())
    except DrawingsFileError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    room = user_drawings.MAX_DRAWINGS - len(kept)
    kept.extend(found[:room])
    if len(found) > room:
        st.session_state[_PROBLEM] = f"{room} of the file's {len(found)} were added. {FULL}"


def _delete(drawings: list[Drawing]) -> None:
    """Streamlit may call it twice: what is no longer there is left alone."""
    kept = st.session_state[DRAWINGS]
    deleted = [(place, drawing) for place, drawing in enumerate(kept) if drawing in drawings]
    if deleted:
        st.session_state[_DELETED] = deleted
        kept[:] = [drawing for drawing in kept if drawing not in drawings]


def _bring_back() -> None:
    kept = st.session_state[DRAWINGS]
    for place, drawing in st.session_state.pop(_DELETED, ()):
        kept.insert(place, drawing)
