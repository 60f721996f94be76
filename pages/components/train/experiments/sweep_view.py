"""A sweep on screen: how far it is, what made a difference, and its runs."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from mnist_core.config.formatting import accuracy_text, count
from mnist_core.config.names import title_of, value_text
from mnist_core.evaluation import sweeps
from mnist_core.jobs import run_permissions
from mnist_core.runs.run import Run
from pages.components.shell import empty_states
from pages.components.shell.error_toast import errors_as_toast
from pages.components.shell.text import plain, sentence
from pages.components.shell.visitor import asking, may_change
from pages.components.train.run_in_words import STATES
from pages.components.widgets.address_choices import listed_choice

NO_GROUPS = "nothing"


def progress(runs: Sequence[Run], key: str) -> None:
    """How many of the runs have ended, a button to stop the others, and one to keep the best."""
    active = [run for run in runs if run.status().active]
    ended = len(runs) - len(active)
    st.progress(ended / len(runs), text=_how_many_ended(runs))
    with st.container(horizontal=True):
        if not all(may_change(run) for run in runs):
            return
        if active:
            stop_all_button(runs, f"stop-{key}")
        if (best := sweeps.best(runs)) and not best.kept:
            st.button(
                f"Keep the best: {plain(best.name)}",
                icon=":material/keep:",
                key=f"keep-{key}",
                on_click=_keep,
                args=(best,),
                help="The run with the highest validation accuracy is never deleted to make room.",
            )


def _how_many_ended(runs: Sequence[Run]) -> str:
    """How many of the runs have ended, and how, unless all are done."""
    states = [status.state for run in runs if not (status := run.status()).active]
    text = f"{len(states)} of {count(len(runs), 'run')} ended"
    if set(states) <= {"done"}:
        return text
    ways = [f"{number} {STATES[state][1].lower()}" for state, number in Counter(states).items()]
    return f"{text}: {sentence(ways)}"


def repetition(runs: Sequence[Run]) -> None:
    """The command that plans the sweep again, and the configuration that it needs."""
    part = runs[0].description.sweep
    if part is None or not (part.values or part.seeds > 1):  # of a version that did not note it
        return
    with st.popover("Repeat", icon=":material/replay:"):
        st.markdown("This command trains these runs again, with this configuration beside it:")
        command = f"python -m mnist_core sweep --config config.json {part.options}"
        st.code(f"{command} --name {shlex.quote(part.name)}", None, wrap_lines=True)
        first = min((run.config for run in runs), key=lambda config: config.seed)
        st.download_button(
            "config.json",
            json.dumps(first.to_dict(), indent=2),
            "config.json",
            "application/json",
            icon=":material/download:",
            key="sweep-config",
            on_click="ignore",
        )


def stop_all_button(runs: Sequence[Run], key: str) -> None:
    """A button that stops what has not ended of a sweep."""
    st.button("Stop all", icon=":material/stop:", key=key, on_click=_stop, args=(runs,))


def findings(runs: Sequence[Run], hyperparameters: Sequence[str]) -> None:
    """Which hyperparameters made a difference, in words, and the means with their spread."""
    effects = sweeps.effects(runs, hyperparameters)
    if not effects:
        st.caption(empty_states.NO_EFFECTS_YET)
        return
    for effect in effects:
        if effect.hyperparameter != "seed" or len(effects) == 1:
            label = title_of(effect.hyperparameter)
            st.markdown(f"- {plain(sweeps.in_words(effect, label, value_text))}")
    st.caption(
        "This compares validation accuracy, mean ± standard deviation. A difference counts only if "
        "it is larger than the spread between runs that differ in nothing but the seed (with one "
        "seed: than the spread within the groups)."
    )
    chosen = group_choice([effect.hyperparameter for effect in effects])
    group_table(title_of(chosen), sweeps.group(runs, chosen), value_text)


def found(runs: Sequence[Run]) -> None:
    """What a search has found, in words."""
    best = sweeps.best(runs)
    part = runs[0].description.sweep
    if best is None or part is None:
        st.caption(empty_states.NO_EFFECTS_YET)
        return
    so_far = "Best so far" if any(run.status().active for run in runs) else "Best"
    values = [
        f"{title_of(name).lower()} {value_text(sweeps.value_in(best, name))}"
        for name in part.hyperparameters
    ]
    st.markdown(
        f"- {so_far}: {accuracy_text(sweeps.figure_of(best) or 0.0)} of the validation set, "
        f"with {plain(sentence(values))}."
    )
    st.caption(
        "A search tries more of what has worked, and stops runs that fall behind half of the "
        "others. So it finds good values, but is no fair comparison of single ones: for that, try "
        "all combinations with several seeds."
    )


def group_choice(options: list[str], width: Literal["stretch"] | int = "stretch") -> str:
    """A choice of what runs are grouped by, kept in the address as `?group=`; at first the first
    option."""
    return listed_choice(
        "Group by",
        "group",
        options,
        lambda name: name if name == NO_GROUPS else title_of(name),
        width=width,
    )


def group_table(title: str, groups: Sequence[sweeps.Group], text: Callable[[Any], str]) -> None:
    """Groups of runs by their value, which `title` names and `text` writes: means with their
    spread."""
    st.table(
        {
            title: [plain(text(group.value)) for group in groups],
            "Validation accuracy": [group.text for group in groups],
            "Best": [accuracy_text(max(group.figures)) for group in groups],
            "Runs": [len(group.figures) for group in groups],
        },
        hide_index=True,
    )


def best_of(runs: Sequence[Run]) -> None:
    """The best run and where to look at it."""
    if best := sweeps.best(runs):
        st.page_link(
            "pages/train.py",
            label=f"Open the best run: {plain(best.name)}",
            icon=":material/trophy:",
            query_params={"run": best.id},
        )


def _stop(runs: Sequence[Run]) -> None:
    with errors_as_toast():
        run_permissions.stop_all(runs, asking())


def _keep(run: Run) -> None:
    with errors_as_toast():
        run_permissions.keep(run, asking(), True)
