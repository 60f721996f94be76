"""A/B tests: train again with one hyperparameter changed and all else kept, and compare both."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnist_core.config import sweep_plan
from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import count
from mnist_core.config.names import is_used, title_of, value_text
from mnist_core.config.sweep_plan import OF_LAYERS, VARIABLE, WORDS, SweepError, value_of
from mnist_core.errors import DigitLabError
from mnist_core.evaluation.comparison import Comparison, compare
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.run_figures import (
    VALIDATION_ACCURACY,
    evaluation_figures,
    training_figures,
)
from mnist_core.jobs import launcher
from mnist_core.runs import store
from mnist_core.runs.history import EventRow
from mnist_core.runs.run import Run, RunNotFoundError
from pages.components.shell import dataset
from pages.components.shell.classes import thing, things
from pages.components.shell.error_toast import error_in_words
from pages.components.shell.text import plain
from pages.components.shell.visitor import visitor
from pages.components.train.experiments.sweep_form import EXAMPLES
from pages.components.train.form.preset_differences import default_name, nearest_preset
from pages.components.train.run_in_words import expected_time_in_words
from pages.components.train.watched_run import watch

FIGURES = ("Test accuracy", VALIDATION_ACCURACY, "Epochs", "Training time")
SEEDS = 3  # how many seeds a comparison is repeated with
_NOT_OFFERED = ("teacher_epochs", "teacher_share", "teacher_temperature")  # a teacher takes hours


def can_be_repeated(run: Run) -> bool:
    """Whether a run is done, its training depended on nothing but its configuration, and the data
    for it are there."""
    config, description = run.config, run.description
    starts_anew = not (config.base or config.drawings or config.distillation)
    whole = run.status().state == "done" and starts_anew and description.continues is None
    return whole and dataset.is_there(config.data)


def button(run: Run) -> None:
    """A button that opens the choice of a hyperparameter to change; nothing where a run can't be
    repeated."""
    if can_be_repeated(run):
        with st.popover("A/B test", icon=":material/compare_arrows:"):
            _choose(run)


def _choose(run: Run) -> None:
    st.markdown(f"Train **{plain(run.name)}** again with one setting changed.")
    offered = [s for s in VARIABLE if s not in _NOT_OFFERED and _matters(s, run.config)]
    hyperparameter = st.selectbox(
        "Setting",
        offered,
        offered.index("learning_rate"),
        format_func=title_of,
        key=f"ab-setting-{run.id}",
    )
    value = _choose_value(run, hyperparameter)
    try:
        config = _changed(run.config, hyperparameter, value)
    except SweepError as problem:
        st.error(plain(problem.in_words(title_of)), icon=":material/error:")
        return
    st.caption(
        "The seed and all other settings stay the same, so any difference comes from this one. "
        + expected_time_in_words(config, store.list_runs())
    )
    if st.button("Train B", type="primary", icon=":material/play_arrow:", key=f"ab-{run.id}"):
        names = {other.name for other in store.list_runs()}
        name = default_name(config, nearest_preset(config), names)
        try:
            new = launcher.start(config, name, visitor=visitor(), versus=run.id)
        except (DigitLabError, OSError) as error:
            st.error(error_in_words(error))
        else:
            watch(new)
            st.rerun()


def _choose_value(run: Run, hyperparameter: str) -> str:
    """The other value, as text."""
    now, key = value_of(hyperparameter, run.config), f"ab-value-{run.id}-{hyperparameter}"
    label = f"{value_text(now)} becomes"
    if words := WORDS.get(hyperparameter):
        others = [word for word in words if word != now]
        return st.selectbox(label, others, format_func=value_text, key=key)
    examples = [part.strip() for part in EXAMPLES.get(hyperparameter, "").split(",")]
    return st.text_input(label, next((x for x in examples if x != f"{now:g}"), ""), key=key)


def _changed(config: TrainingConfig, hyperparameter: str, text: str) -> TrainingConfig:
    """The configuration with another value of a hyperparameter.

    Raises:
        SweepError: that is not one other value.
    """
    values = sweep_plan.parse(hyperparameter, text) if text.strip() else []
    if len(values) == 1:
        preset, value = nearest_preset(config), {hyperparameter: values[0]}
        changed = sweep_plan.with_values(preset, config, value, config.seed)
        if changed != config:
            return changed
    now = value_text(value_of(hyperparameter, config))
    raise SweepError(f"expected one other value than {now}, got {text or 'none'}.", hyperparameter)


def outcome(run: Run) -> None:
    """Show how a run that was started as B compares with A; nothing for other runs."""
    if run.description.versus is None:
        return
    st.header("A/B test")
    try:
        first = store.get(run.description.versus)
        before, after = (Evaluation.load(trained.evaluation_path) for trained in (first, run))
        comparison = compare(before, after)
    except RunNotFoundError:
        st.caption("The run that this one was to be compared with has been deleted.")
        return
    except EvaluationError as error:
        st.warning(f"The two can't be compared: {plain(str(error))}")
        return
    differ = sweep_plan.differing([first.config, run.config])
    if len(differ) != 1:
        st.warning(f"A and B should differ in one setting, but they differ in {len(differ)}.")
        return
    hyperparameter = differ[0]
    _show_comparison(first, run, hyperparameter, (before, after), comparison)
    with st.container(horizontal=True):
        st.page_link(
            "pages/compare.py",
            label="Compare in detail",
            icon=":material/compare:",
            query_params={"run": first.id, "versus": run.id},
        )
        if not dataset.is_there(first.config.data):
            return
        if st.button(f"Repeat with {SEEDS} seeds", icon=":material/repeat:", key="ab-repeat"):
            _repeat(
                first,
                hyperparameter,
                [value_of(hyperparameter, trained.config) for trained in (first, run)],
            )
    st.caption(
        f"The sentence above allows for chance in the choice of test {things()}, not in training. "
        "With another seed the difference may be another: repeat with several."
    )


def _show_comparison(
    first: Run,
    run: Run,
    hyperparameter: str,
    evaluations: tuple[Evaluation, Evaluation],
    comparison: Comparison,
) -> None:
    """What the change of the hyperparameter did, in a sentence and as a table."""
    label = title_of(hyperparameter)
    values = [value_text(value_of(hyperparameter, trained.config)) for trained in (first, run)]
    fixed, added = count(comparison.fixed.size, "error"), f"{comparison.added.size:,}"
    figures = [
        evaluation_figures(evaluation, calibrated=False) | training_figures(trained)
        for trained, evaluation in zip((first, run), evaluations, strict=True)
    ]
    st.markdown(
        f"**{label}: {plain(values[0])} → {plain(values[1])}.** {_what_is_the_same(first, run)} "
        f"B fixes {fixed} of A and adds {added}. {comparison.in_words(thing())}"
    )
    st.table(
        {"": [f"A: {plain(first.name)}", f"B: {plain(run.name)}"], label: [*map(plain, values)]}
        | {name: [row[name] for row in figures] for name in FIGURES},
        hide_index=True,
    )


def _what_is_the_same(first: Run, second: Run) -> str:
    if second.status().state == "stopped":
        return "B was stopped early, so this is not the only difference."
    changed_by_hand = any(
        isinstance(row, EventRow) and row.event == "learning_rate"
        for run in (first, second)
        for row in run.history()
    )
    if changed_by_hand:
        return "The learning rate was changed by hand, too, so this is not the only difference."
    return "Nothing else differs, not even the random seed."


def _repeat(first: Run, hyperparameter: str, values: list[Any]) -> None:
    """Start a sweep of both values with several seeds, and go to it."""
    preset, label = nearest_preset(first.config), title_of(hyperparameter)
    try:
        planned = sweep_plan.plan(preset, first.config, {hyperparameter: values}, SEEDS)
        first, *_ = launcher.start_sweep(f"A/B: {label}", planned, visitor())
    except (DigitLabError, OSError) as error:
        st.error(error_in_words(error))
    else:
        part = first.description.sweep
        st.switch_page("pages/experiments.py", query_params={"sweep": part.id} if part else {})


def _matters(hyperparameter: str, config: TrainingConfig) -> bool:
    return hyperparameter in OF_LAYERS or is_used(hyperparameter, config)
