"""What a page looks at: which split, after which epoch, compared with which other network.

Each choice is kept in the page's address.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.cached_predictions import SPLIT_WORDS, Split
from mnist_core.runs.run import Run
from pages.components.analysis import split_predictions
from pages.components.shell import address, empty_states, networks
from pages.components.shell.address import first_page
from pages.components.shell.classes import things
from pages.components.shell.state import CHOSEN_OTHER
from pages.components.shell.text import sentence
from pages.components.widgets.address_choices import listed_choice, segmented_choice

SPLITS = {words.capitalize(): name for name, words in SPLIT_WORDS.items()}
FINAL = "final"
MAX_NAMED_EPOCHS = 10
NONE = "none"


def choose_split(run: Run, data: Dataset) -> Split:
    """A choice of test, validation or training digits, kept in the address as `?part=`."""
    label = segmented_choice(
        things().capitalize(),
        "part",  # as shared links have it
        on_change=first_page,
        help=f"The network is trained on the training {things()}. Validation {things()} decide "
        f"when to stop; it is not trained on them. Test {things()} take no part in training.",
    )
    return split_predictions.split_of(run, data, SPLITS[label])


def choose_epoch(run: Run, key: str, in_address: bool = False) -> int | None:
    """A slider over the epochs whose weights are stored.

    Args:
        run: The network in use.
        key: The slider's key.
        in_address: Whether it is kept in the address as `?key=`.

    Returns:
        The epoch; None for the final weights, and where no epochs are stored, which is said.
    """
    epochs = run.epochs()
    if not epochs:
        st.caption(empty_states.no_epochs(run))
        return None
    options = [*map(str, epochs), FINAL]
    if in_address:
        address.note_unknown(key, options)
    if st.session_state.get(key, FINAL) not in options:  # another run's
        del st.session_state[key]
    summary = run.status().summary
    stored = stored_epochs(epochs, summary.epochs if summary else 0)
    chosen = st.select_slider(
        "After epoch",
        options,
        value=FINAL,
        key=key,
        bind="query-params" if in_address else None,
        on_change=first_page if in_address else None,
        help=f"“final”: the weights that the network uses. {final_weights(run)} {stored}",
    )
    return None if chosen == FINAL else int(chosen)


def stored_epochs(epochs: list[int], trained: int) -> str:
    """After which of its epochs a run's weights are stored, in words; "" if after all.

    Args:
        epochs: These epochs, ascending, at least one.
        trained: How many epochs it was trained for; 0 if that is not known.
    """
    if trained <= len(epochs) == epochs[-1]:
        return ""
    out_of = f" of {trained:,}" if trained else ""
    if len(epochs) > MAX_NAMED_EPOCHS:
        return f"Weights are stored after {len(epochs):,}{out_of} epochs."
    named = "epoch" if len(epochs) == 1 else "epochs"
    return f"Weights are stored after {named} {sentence([*map(str, epochs)])}{out_of}."


def final_weights(run: Run) -> str:
    """Why a run's final weights differ from those of its last epoch, in words; "" if they do
    not."""
    status, words = run.status(), []
    summary = status.summary
    if summary is None:
        return ""
    early = status.state in ("stopped", "pruned") or run.config.early_stopping
    if early and summary.best_epoch and summary.best_epoch != summary.epochs:
        words.append(f"The final weights are those of the best epoch, {summary.best_epoch}.")
    if summary.temperature:
        words.append(
            f"At the end the outputs were divided by {summary.temperature:.2f}, because label "
            "smoothing had made the network underconfident. "
            "This changes its confidence, not its predictions."
        )
    return " ".join(words)


def choose_other(run: Run, label: str, optional: bool = True) -> Run | None:
    """A choice of another network to compare with, kept in the address as `?versus=`.

    Args:
        run: The network in use.
        label: The selectbox's label.
        optional: Whether "no network" can be chosen, too; it is then the default.

    Returns:
        The other network; None if none is chosen, or there is none.
    """
    others = {other.id: other for other in split_predictions.other_networks(run)}
    names = networks.distinct_names(list(others.values()))
    options = [NONE, *others] if optional else list(others)
    if not options:
        return None
    asked = address.asked("versus")
    if asked in others:
        st.session_state[CHOSEN_OTHER] = asked  # for the menu's links
    elif asked != run.id:  # which may have come into use since
        address.note_unknown("versus", options)
        address.drop("versus")
    chosen = listed_choice(
        label,
        "versus",
        options,
        lambda run_id: names.get(run_id, "no other network"),
        unwritten=NONE,
        also=_remember_other,
    )
    return others.get(chosen)


def _remember_other() -> None:
    if other := address.asked("versus"):
        st.session_state[CHOSEN_OTHER] = other
    else:
        st.session_state.pop(CHOSEN_OTHER, None)
    first_page()
