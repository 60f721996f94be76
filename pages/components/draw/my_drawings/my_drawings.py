"""The visitor's own drawings: the saved ones, each network's accuracy on them, and their file."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from mnist_core.config.formatting import count
from mnist_core.digits.drawings import user_drawings
from mnist_core.digits.drawings.user_drawings import Drawing, DrawingsFileError
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.draw.my_drawings import fine_tuning_form as fine_tuning
from pages.components.draw.my_drawings import stored_drawings
from pages.components.draw.my_drawings.labelling import FULL, guided, start_guide
from pages.components.shell import empty_states, networks, visitor_drawings
from pages.components.shell.steady import steady
from pages.components.widgets.images.digit_grid import digit_grid

MAX_SCORED = 12  # networks
_PROBLEM = "file-problem"  # what was wrong with the last file
_ADDED = "file-added"  # what was added from it
_DELETED = "deleted-drawings"  # [(place, Drawing)], to be restored


def my_drawings(run: Run) -> None:
    """The saved drawings, the guided set, the scores, and fine-tuning the network in use."""
    saved = visitor_drawings.saved()
    with steady():
        _show(saved)
        _tools(saved)
        stored_drawings.explain()
    fine_tuning.fine_tune(run, saved)


def _show(saved: list[Drawing]) -> None:
    if not guided():
        st.button(
            "Draw 0 to 9 twice",
            key="guided-start",
            icon=":material/checklist:",
            on_click=start_guide,
        )
    if saved:
        st.markdown(f"**{count(len(saved), 'drawing')}**, {_when_drawn(saved)}")
        digit_grid(
            user_drawings.images(saved),
            user_drawings.labels(saved),
            indices=np.arange(1, len(saved) + 1),
        )
        _scores(saved)
    else:
        st.info(empty_states.NO_SAVED_DRAWINGS)


def _when_drawn(saved: list[Drawing]) -> str:
    """How many were misclassified, and how many rejected, by the networks that were in use."""
    rejected = sum(drawing.predicted is None for drawing in saved)
    wrong = sum(drawing.predicted not in (None, drawing.label) for drawing in saved)
    of_these = f"{wrong} misclassified"
    if rejected:
        of_these += f" and {rejected} rejected as not a digit"
    return f"{of_these} when drawn"


def _scores(saved: list[Drawing]) -> None:
    rows: list[dict[str, Any]] = []
    listed = list(networks.usable_networks().values())[:MAX_SCORED]
    names = networks.distinct_names(listed)
    for run in listed:
        try:
            score = user_drawings.score(saved, networks.classifier(run))
        except (WeightsError, OSError):
            score = None  # an empty cell
        status = run.status()
        of_mnist = status.summary if status.dataset == "mnist" else None
        rows.append(
            {
                "Network": names[run.id],
                "My handwriting": score,
                "MNIST test digits": of_mnist and of_mnist.test_accuracy,
            }
        )
    st.markdown("**Accuracy on my handwriting**, for each network")
    share = st.column_config.NumberColumn(format="percent")
    own = st.column_config.NumberColumn(
        format="percent",
        help="Counts the most likely digit even if the drawing is rejected: the detector is the "
        "same for all networks.",
    )
    st.dataframe(
        rows,
        hide_index=True,
        width="content",
        column_config={
            "Network": st.column_config.TextColumn(width="medium"),
            "My handwriting": own,
            "MNIST test digits": share,
        },
    )
    if any(run.base_name for run in listed):
        st.caption(
            "A fine-tuned network was trained on some of your drawings, so its figure is "
            "optimistic. Choose it as the network in use to see, below, its accuracy on those that "
            "were held out."
        )


def _tools(saved: list[Drawing]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if saved:
            st.download_button(
                "Download my drawings",
                lambda: user_drawings.to_json(saved),
                "my-drawings.json",
                "application/json",
                key="download-drawings",
                on_click="ignore",
            )
            last, number = saved[-1], len(saved)
            st.button("Remove last", key="drop-last", on_click=_delete, args=([last],))
            number = st.number_input("Delete No.", 1, number, number, key="drop-number", width=110)
            st.button("Delete it", key="drop", on_click=_delete, args=([saved[number - 1]],))
            st.button("Delete all", key="drop-all", on_click=_delete, args=(list(saved),))
        if deleted := st.session_state.get(_DELETED):
            what = "the drawing" if len(deleted) == 1 else f"the {len(deleted)} drawings"
            st.button(
                f"Restore {what}",
                icon=":material/undo:",
                key="restore",
                on_click=_restore,
                disabled=len(saved) + len(deleted) > user_drawings.MAX_DRAWINGS,
            )
    st.file_uploader(
        "Add drawings from a file", key="add-drawings", type="json", on_change=_add_from_file
    )
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem)
    if added := st.session_state.get(_ADDED):
        st.success(added)


def _add_from_file() -> None:
    """Add those drawings of the file just chosen that are new: once, not at every rerun."""
    st.session_state[_PROBLEM] = st.session_state[_ADDED] = None
    file = st.session_state["add-drawings"]
    if file is None:
        return
    saved = visitor_drawings.saved()
    try:
        added = user_drawings.from_json(file.getvalue())
    except DrawingsFileError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    new = user_drawings.without_known(added, saved)
    room = user_drawings.MAX_DRAWINGS - len(saved)
    saved.extend(new[:room])
    known = len(added) - len(new)
    already = f" {known} {'was' if known == 1 else 'were'} there already." if known else ""
    if len(new) > room:
        st.session_state[_PROBLEM] = (
            f"{room} of the file's {len(added)} drawings were added.{already} {FULL}"
        )
    else:
        st.session_state[_ADDED] = f"Added {count(len(new), 'drawing')}.{already}"


def _delete(unwanted: list[Drawing]) -> None:
    """Streamlit may call it twice: what was deleted already is ignored."""
    saved = visitor_drawings.saved()
    deleted = [(index, drawing) for index, drawing in enumerate(saved) if drawing in unwanted]
    if deleted:
        st.session_state[_DELETED] = deleted
        saved[:] = [drawing for drawing in saved if drawing not in unwanted]


def _restore() -> None:
    saved = visitor_drawings.saved()
    for index, drawing in st.session_state.pop(_DELETED, ()):
        saved.insert(index, drawing)
