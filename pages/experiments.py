"""Many runs, one question: start sweeps, and see which hyperparameter made a difference."""

import streamlit as st

from mnist_core.config.formatting import count
from mnist_core.evaluation.sweeps import sweeps_of
from mnist_core.runs.run import Run
from pages.components.shell import address, empty_states, frame, networks
from pages.components.shell.terms import explained
from pages.components.shell.visitor import remember_visitor, visitor
from pages.components.train.experiments import experiment_table, sweep_form, sweep_view
from pages.components.train.runs import run_table
from pages.components.widgets.address_choices import listed_choice

REFRESH = 2.0  # seconds
EVERY = "every"  # stands for all runs instead of one sweep


def chosen_runs(runs: list[Run]) -> tuple[str, list[Run]]:
    """A choice of a sweep or of all runs: its id, and the runs."""
    sweeps = sweeps_of(runs)
    names = networks.sweep_names(sweeps)
    options = [*sweeps, EVERY]
    address.note_unknown("sweep", options, listed=False)
    chosen = listed_choice(
        "Experiment",
        "sweep",
        options,
        lambda key: (
            f"{names[key]} · {count(len(sweeps[key]), 'run')}"
            if key in names
            else f"All runs ({len(runs)})"
        ),
    )
    return chosen, sweeps.get(chosen, runs)


def results(active: bool) -> None:
    """What came of the chosen experiment, as it is now; `active`: whether a run went on when the
    page was drawn."""
    runs = networks.visible_runs()
    if active != any(run.status().active for run in runs):
        st.rerun()
    if not runs:
        st.info(empty_states.NO_SWEEP_YET, icon=":material/science:")
        return
    experiment, shown = chosen_runs(runs)
    sweep = shown[0].description.sweep if experiment != EVERY else None
    if sweep:
        sweep_view.progress(shown, experiment)
        sweep_view.best_of(shown)
        sweep_view.repetition(shown)
        if sweep.search:
            sweep_view.found(shown)
        else:
            sweep_view.findings(shown, [*sweep.hyperparameters, "seed"])
    all_runs(shown, f"runs-of-{experiment}")


def all_runs(runs: list[Run], key: str) -> None:
    """The runs as parallel coordinates, scatter plot and table, and as CSV."""
    experiment_table.show(runs, networks.distinct_names(runs), key)
    rows = [run_table.row_of(run, visitor()) for run in runs]
    run_table.csv_button("CSV", rows, "experiment.csv", f"csv-{key}")


frame.page("Experiments")
st.title("Experiments")
explained(
    "One question, many runs: vary a setting, such as the learning rate or dropout, train each "
    "value a few times, and see whether it makes a difference that is larger than chance."
)
with st.expander("New sweep", icon=":material/tune:", expanded=not networks.visible_runs()):
    sweep_form.sweep_form()
st.header("Results")
going_on = any(run.status().active for run in networks.visible_runs())
st.fragment(results, run_every=REFRESH if going_on else None)(going_on)
remember_visitor()
