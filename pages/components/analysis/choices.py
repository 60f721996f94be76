"""Which answers a page looks at: of which digits, after which epoch, beside which other network.

Each choice lives in the page's address.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.dataset import Dataset
from mnist_core.evaluation.predictions import Split, SplitName
from mnist_core.runs.run import Run
from pages.components.analysis import split_predictions
from pages.components.shell import networks
from pages.components.shell.address import first_page, note_unknown
from pages.components.shell.state import CHOSEN_OTHER
from pages.components.shell.text import plain

PART_LABELS: dict[str, SplitName] = {
    "Test": "test",
    "Validation": "validation",
    "Training": "train",
}
WORDS = {"test": "test ", "validation": "validation ", "train": "training "}
FINAL = "final"
MOST_NAMED = 10  # epochs
NONE = "none"


def choose_part(run: Run, data: Dataset) -> Split:
    """A choice of test, validation or training digits, kept in the address as `?part=`."""
    note_unknown("part", PART_LABELS)
    label = st.segmented_control(
        "Digits",
        list(PART_LABELS),
        default="Test",
        required=True,
        key="part",
        bind="query-params",
        on_change=first_page,
        help="Test digits were never seen in training. Validation digits were not learned from "
        "but decided when to stop. Training digits were learned from.",
        width="content",
    )
    return split_predictions.part(run, data, PART_LABELS[label])


def choose_epoch(run: Run) -> int | None:
    """A slider over the epochs whose weights are kept, in the address as `?epoch=`; None for the
    final weights. Where there are no epochs it says so instead.
    """
    epochs = run.epochs()
    if not epochs:
        st.caption(f"{no_epochs(run)}, so there is no epoch to choose.")
        return None
    options = [*map(str, epochs), FINAL]
    note_unknown("epoch", options)
    if st.session_state.get("epoch", FINAL) not in options:  # another run's
        del st.session_state["epoch"]
    chosen = st.select_slider(
        "After epoch",
        options,
        value=FINAL,
        key="epoch",
        bind="query-params",
        on_change=first_page,
        help=f"“final”: the weights that the run ended with. {final_weights(run)}",
    )
    if words := kept_epochs(epochs, run.status().summary.get("epochs", 0)):
        st.caption(words)
    return None if chosen == FINAL else int(chosen)


def no_epochs(run: Run) -> str:
    """Why there is nothing to see of a run's epochs: the beginning of a sentence in Markdown."""
    why = "ships with its final weights only" if run.pretrained else "has no weights by epoch"
    return f"**{plain(run.name)}** {why}"


def kept_epochs(epochs: list[int], trained: int) -> str:
    """After which of its epochs a run's weights are kept, in words; none where after all.

    Args:
        epochs: These epochs, ascending.
        trained: How many epochs it was trained for; 0 where that is not known.
    """
    if epochs == list(range(1, max(trained, len(epochs)) + 1)):
        return ""
    of = f" of {trained:,}" if trained else ""
    if len(epochs) > MOST_NAMED:
        return f"Weights are kept after {len(epochs):,}{of} epochs."
    *before, last = map(str, epochs)
    named = f"epochs {', '.join(before)} and {last}" if before else f"epoch {last}"
    return f"Weights are kept after {named}{of}."


def final_weights(run: Run) -> str:
    """What makes a run's final weights others than those of its last epoch, in words; none where
    nothing does."""
    status, words = run.status(), []
    best, trained = status.summary.get("best_epoch"), status.summary.get("epochs")
    early = status.state == "stopped" or run.config.early_stopping
    if early and best and best != trained:
        words.append(f"The final weights are those of epoch {best}, the best.")
    if temperature := status.summary.get("temperature"):
        words.append(
            f"In the end the outputs were divided by {temperature:.2f}, as label smoothing had "
            "made them too modest: this changes how sure the network is, and no answer."
        )
    return " ".join(words)


def choose_other(run: Run, label: str, optional: bool = True) -> Run | None:
    """A choice of another network, kept in the address as `?versus=`; None for none."""
    others = {other.id: other for other in split_predictions.other_networks(run)}
    names = networks.distinct_names(list(others.values()))
    options = [NONE, *others] if optional else list(others)
    if not options:
        return None
    asked = st.query_params.get("versus")
    if asked in others:
        st.session_state[CHOSEN_OTHER] = asked  # for the menu, which leads to it elsewhere
    elif asked != run.id:  # which may have come into use since
        note_unknown("versus", options)
        st.query_params.pop("versus", None)
    # Not bound to the address: there a choice would stand with its name, which two may share.
    st.session_state["other-network"] = asked if asked in options else options[0]
    chosen = st.selectbox(
        label,
        options,
        key="other-network",
        format_func=lambda run_id: names.get(run_id, "no other network"),
        on_change=_remember_other,
    )
    return others.get(chosen)


def _remember_other() -> None:
    chosen = st.session_state["other-network"]
    if chosen == NONE:
        st.session_state.pop(CHOSEN_OTHER, None)
        st.query_params.pop("versus", None)
    else:
        st.session_state[CHOSEN_OTHER] = st.query_params["versus"] = chosen
    first_page()
