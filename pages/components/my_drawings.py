"""The visitor's own drawings: corrections, a guided set, a score for each network, one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import collection, runs
from mnist_core.collection import CollectionError, Drawing
from mnist_core.runs import Run
from pages.components import canvas, layout
from pages.components.digit_grid import digit_grid

DRAWINGS = "my-drawings"  # list of Drawing
GUIDED = "guided"  # how many of the guided set have been drawn; None when there is none
_NOW = "drawing-now"  # what a correction would keep
ROUNDS = 2


def correction(run: Run, lines: list[NDArray[np.float64]], predicted: int | None) -> None:
    """Ten buttons that tell what the drawing really was; one click keeps it."""
    st.session_state[_NOW] = (tuple(lines), predicted, run.name)
    st.pills(
        "It was really a …", list(range(10)), key="really", on_change=_correct,
        help="Keeps the drawing with this label among “My drawings”, below.",
    )  # fmt: skip


def _correct() -> None:
    label = st.session_state["really"]
    if label is None:
        return
    _keep(label)
    st.session_state["really"] = None
    st.toast(f"Kept as a {label}, among “My drawings”.")


def _keep(label: int) -> None:
    lines, predicted, network = st.session_state[_NOW]
    kept = st.session_state.setdefault(DRAWINGS, [])
    if len(kept) < collection.MOST:
        kept.append(Drawing(lines, label, predicted, network))


def my_drawings(drawn: bool) -> None:
    """The collection, the guided set and the scores.

    Args:
        drawn: Whether there is a digit on the canvas.
    """
    kept: list[Drawing] = st.session_state.setdefault(DRAWINGS, [])
    _guide(drawn)
    if kept:
        predicted = np.array([-1 if d.predicted is None else d.predicted for d in kept])
        wrong = int((predicted != collection.labels(kept)).sum())
        st.markdown(f"**{len(kept)} drawings**, {wrong} of them not recognised when drawn")
        digit_grid(
            collection.images(kept), collection.labels(kept), indices=np.arange(1, len(kept) + 1)
        )
        _scores(kept)
    else:
        st.info("Nothing kept yet. “It was really a …” and the set of 20 keep drawings here.")
    _tools(kept)


def _guide(drawn: bool) -> None:
    at = st.session_state.get(GUIDED)
    if at is None:
        st.button(
            "Draw 0 to 9 twice", key="guided-start", icon=":material/checklist:",
            on_click=_start_guide,
        )  # fmt: skip
        return
    goal = 10 * ROUNDS
    st.progress(at / goal, f"**Draw a {at % 10}** on the canvas, then go on ({at + 1} of {goal})")
    with st.container(horizontal=True):
        st.button(
            "Keep and go on", key="guided-next", type="primary", disabled=not drawn,
            on_click=_next, args=(at,),
        )  # fmt: skip
        st.button("End the set", key="guided-end", on_click=_end_guide)


def _start_guide() -> None:
    st.session_state[GUIDED] = 0
    canvas.clear()


def _next(at: int) -> None:
    _keep(at % 10)
    st.session_state[GUIDED] = at + 1 if at + 1 < 10 * ROUNDS else None
    canvas.clear()


def _end_guide() -> None:
    st.session_state[GUIDED] = None


def _scores(kept: list[Drawing]) -> None:
    rows: list[dict[str, Any]] = []
    own = [run for run in runs.list_runs() if run.usable and not run.status().active]
    for run in [*runs.list_pretrained(), *own][:12]:
        rows.append(
            {
                "Network": run.name,
                "My handwriting": collection.score(kept, layout.classifier(run)),
                "MNIST test digits": run.status().summary.get("test_accuracy"),
            }
        )
    st.markdown("**My handwriting score**, network by network")
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows, hide_index=True, width="content",
        column_config={"My handwriting": share, "MNIST test digits": share},
    )  # fmt: skip


def _tools(kept: list[Drawing]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kept:
            st.download_button(
                "Save my drawings", lambda: collection.to_json(kept), "my-drawings.json",
                "application/json", key="save-drawings", on_click="ignore",
            )  # fmt: skip
            st.button("Take back the last", key="drop-last", on_click=kept.pop)
            number = st.number_input(
                "Delete No.", 1, len(kept), len(kept), key="drop-number", width=110
            )
            st.button("Delete it", key="drop", on_click=_drop, args=(int(number) - 1,))
            st.button("Delete all", key="drop-all", on_click=kept.clear)
    file = st.file_uploader("Open saved drawings", type="json", key="open-drawings")
    if file is not None and st.session_state.get("opened-drawings") != file.file_id:
        st.session_state["opened-drawings"] = file.file_id
        try:
            new = collection.from_json(file.getvalue())
        except CollectionError as error:
            st.error(str(error))
        else:
            kept.extend(new[: collection.MOST - len(kept)])
            st.rerun(scope="fragment")


def _drop(place: int) -> None:
    kept = st.session_state[DRAWINGS]
    if place < len(kept):
        del kept[place]
