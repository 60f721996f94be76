"""The visitor's own drawings: corrections, a guided set, a score for each network, one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import collection, runs
from mnist_core.collection import CollectionError, Drawing
from mnist_core.runs import Run
from pages.components import canvas, layout, teaching
from pages.components.digit_grid import digit_grid

DRAWINGS = "my-drawings"  # list of Drawing
GUIDED = "guided"  # how many of the guided set have been drawn; None when there is none
_CLICKS = "corrections"  # how many were made
_NOTE = "kept-note"  # to be shown once
_PROBLEM = "open-problem"  # what was wrong with the file last opened
ROUNDS = 2
_FULL = f"There is room for {collection.MOST} drawings: save and delete some first."

# A row that has been clicked on stays until the run has ended; seen, it would push down what is
# being clicked on next.
STYLE = """<style>
.st-key-really > :nth-child(n + 2) {display: none}
.st-key-really [role=radiogroup] {display: grid; max-width: 25rem;
  grid-template-columns: repeat(10, 1fr)}
.st-key-really [role=radio] {min-width: 0; padding: 0}
@media (max-width: 370px) {.st-key-really [role=radiogroup] {grid-template-columns: repeat(5, 1fr)}}
</style>"""

Shown = tuple[tuple[NDArray[np.float64], ...], int | None, str]
"""Strokes on the canvas, the digit that was named, and the network that named it."""


def styles() -> None:
    """How the row of `correction` looks."""
    st.html(STYLE)


def correction(shown: Shown) -> None:
    """The ten digits, to tell what the drawing really was; one click keeps it."""
    # A new widget after each click, with nothing chosen.
    key = f"really-{st.session_state.get(_CLICKS, 0)}"
    with st.container(key="really"):
        st.segmented_control(
            "It was really a …", list(range(10)), key=key, required=True,
            width="stretch", on_change=_correct, args=(key, shown),
            help="Keeps the drawing with this label among “My drawings”, below.",
        )  # fmt: skip
    if note := st.session_state.pop(_NOTE, None):
        st.toast(note)


def _correct(key: str, shown: Shown) -> None:
    """Streamlit calls again where another click cut this one's rerun short: that does no harm."""
    label = st.session_state[key]
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
    fits = _keep(label, shown)
    st.session_state[_NOTE] = f"Kept as a {label}, among “My drawings”." if fits else _FULL


def _keep(label: int, shown: Shown) -> bool:
    """Whether there was room. The drawing that was kept last gets another label."""
    lines, predicted, network = shown
    kept = st.session_state.setdefault(DRAWINGS, [])
    if kept and _same(kept[-1].strokes, lines):
        kept.pop()
    if fits := len(kept) < collection.MOST:
        kept.append(Drawing(lines, label, predicted, network))
    return fits


def _same(some: Sequence[NDArray], others: Sequence[NDArray]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def my_drawings(run: Run) -> None:
    """The collection, the start of the guided set, the scores, and teaching the network in use."""
    kept: list[Drawing] = st.session_state.setdefault(DRAWINGS, [])
    if not guided():
        st.button(
            "Draw 0 to 9 twice", key="guided-start", icon=":material/checklist:",
            on_click=_start_guide,
        )  # fmt: skip
    if kept:
        predicted = np.array([-1 if d.predicted is None else d.predicted for d in kept])
        wrong = int((predicted != collection.labels(kept)).sum())
        plural = "" if len(kept) == 1 else "s"
        st.markdown(f"**{len(kept)} drawing{plural}**, {wrong} not recognised when drawn")
        digit_grid(
            collection.images(kept), collection.labels(kept), indices=np.arange(1, len(kept) + 1)
        )
        _scores(kept)
    else:
        st.info("Nothing kept yet. “It was really a …” and the set of 20 keep drawings here.")
    _tools(kept)
    teaching.teach(run, kept)


def guided() -> bool:
    """Whether the guided set is being drawn."""
    return st.session_state.get(GUIDED) is not None


def guide(shown: Shown | None) -> None:
    """What to draw next in the guided set.

    Args:
        shown: What is on the canvas; None where it is no digit.
    """
    at = st.session_state[GUIDED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Draw a {at % 10}** ({at + 1} of {10 * ROUNDS})", width="content")
        st.button(
            "Keep, next", key="guided-next", type="primary", disabled=shown is None,
            on_click=_next, args=(at, shown),
        )  # fmt: skip
        st.button("End", key="guided-end", on_click=_end_guide)


def _start_guide() -> None:
    st.session_state[GUIDED] = 0
    canvas.clear()
    canvas.bring()


def _next(at: int, shown: Shown) -> None:
    if at != st.session_state.get(GUIDED):
        return  # called again, as `_correct` is
    if not _keep(at % 10, shown):
        st.session_state[_NOTE] = _FULL
        return
    st.session_state[GUIDED] = at + 1 if at + 1 < 10 * ROUNDS else None
    canvas.clear()


def _end_guide() -> None:
    st.session_state[GUIDED] = None


def _scores(kept: list[Drawing]) -> None:
    rows: list[dict[str, Any]] = []
    own = [run for run in runs.list_runs() if run.usable and not run.status().active]
    for run in [*runs.list_pretrained(), *own][:12]:
        status = run.status()
        on_mnist = status.summary.get("test_accuracy") if status.dataset == "mnist" else None
        rows.append(
            {
                "Network": run.name,
                "My handwriting": collection.score(kept, layout.classifier(run)),
                "MNIST test digits": on_mnist,
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
    if any(run.base_name for run in own):
        st.caption(
            "A network that was taught may have learned from these very drawings. What it makes of "
            "those held back is told below, where it is the network in use."
        )


def _tools(kept: list[Drawing]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kept:
            st.download_button(
                "Save my drawings", lambda: collection.to_json(kept), "my-drawings.json",
                "application/json", key="save-drawings", on_click="ignore",
            )  # fmt: skip
            st.button("Take back the last", key="drop-last", on_click=_drop, args=(len(kept) - 1,))
            number = st.number_input(
                "Delete No.", 1, len(kept), len(kept), key="drop-number", width=110
            )
            st.button("Delete it", key="drop", on_click=_drop, args=(int(number) - 1,))
            st.button("Delete all", key="drop-all", on_click=kept.clear)
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
        found = collection.from_json(file.getvalue())
    except CollectionError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    room = collection.MOST - len(kept)
    kept.extend(found[:room])
    if len(found) > room:
        st.session_state[_PROBLEM] = f"{room} of the file's {len(found)} were added. {_FULL}"


def _drop(place: int) -> None:
    kept = st.session_state[DRAWINGS]
    if place < len(kept):
        del kept[place]
