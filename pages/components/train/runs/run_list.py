"""The table of all runs on the Runs page: its filters, its order, and the menu of each run."""

from __future__ import annotations

import streamlit as st

from mnist_core.config import settings
from mnist_core.config.names import title_of, value_text
from mnist_core.evaluation import sweeps
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.shell import empty_states, networks
from pages.components.shell.address import first_page
from pages.components.shell.visitor import visitor
from pages.components.train.experiments.sweep_view import NO_GROUPS, group_choice, group_table
from pages.components.train.runs import run_table
from pages.components.train.runs.active_runs import REFRESH
from pages.components.train.runs.run_menu import open_menu
from pages.components.train.runs.run_table import YOU, Row
from pages.components.widgets.address_choices import page_choice
from pages.components.widgets.browser import clickable

PAGE_SIZE = 25
EVERYBODY = "Everybody"
SWEEP = "sweep"  # what runs are grouped by, besides hyperparameters
MENU_OF = "menu-of"  # the id of the run whose menu is asked for
SORTED = "runs-sorted"  # the column that sorts, and whether its highest come first
NUMBERS = "run-numbers"  # each run's number in the table, by its id


@st.fragment(run_every=REFRESH)
def show_runs() -> None:
    """All runs, as they are now."""
    st.session_state.setdefault(SORTED, ("started", True))
    runs = [*networks.visible_runs(), *store.list_pretrained()]
    asked = st.session_state.pop(MENU_OF, None)
    if chosen := next((run for run in runs if run.id == asked), None):
        open_menu(chosen)  # first, as the visitor is waiting for it
    column, descending = st.session_state[SORTED]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rows = _filtered([run_table.row_of(run, visitor()) for run in runs])
        rows = run_table.in_order(rows, column, descending)
        differ = run_table.differing_hyperparameters(rows)
        group = _choose_group(differ)
        run_table.csv_button("CSV", rows, "runs.csv", "runs-csv")
    if not rows:
        st.info(empty_states.NO_MATCHING_RUN)
        return
    _show_groups([row.run for row in rows], group)
    apart = st.toggle(
        "A column for each setting that differs", key="setting-columns", bind="query-params"
    )
    start = PAGE_SIZE * page_choice(-(-len(rows) // PAGE_SIZE), "runs")
    shown = rows[start : start + PAGE_SIZE]
    html = run_table.table_html(shown, column, descending, _number_of, differ if apart else ())
    clickable.show(html, _clicked, "run-table")


def _filtered(rows: list[Row]) -> list[Row]:
    """Show the filters; returns the rows that they let through."""
    text = st.text_input(
        "Filter",
        key="runs-filter",
        placeholder="Name, state, setting …",
        icon=":material/search:",
        on_change=first_page,
    )
    who = st.selectbox(
        "Who",
        [EVERYBODY, *sorted({row.who for row in rows}, key=lambda who: (who != YOU, who))],
        key="runs-of",
        format_func=_whose,
        width=200,
        on_change=first_page,
    )
    return run_table.chosen(rows, text, None if who == EVERYBODY else who)


def _choose_group(differ: list[str]) -> str:
    """A choice of what runs are grouped by: a hyperparameter that differs, sweeps or nothing."""
    return group_choice([NO_GROUPS, SWEEP, *differ], width=200)


def _show_groups(runs: list[Run], group: str) -> None:
    """The means of the chosen groups with their spread."""
    if group == SWEEP:
        groups = sweeps.group_by(runs, lambda run: run.description.sweep)
        names = networks.sweep_names(sweeps.sweeps_of(runs))
        group_table("Sweep", groups, lambda part: names[part.id] if part else "in no sweep")
    elif group != NO_GROUPS:
        group_table(title_of(group), sweeps.group(runs, group), value_text)


def _whose(who: str) -> str:
    """The name of a choice of the filter "Who": on a shared installation, one's own are *Mine*."""
    names = {YOU: "Mine"} | ({EVERYBODY: "Class"} if settings.mode() == "class" else {})
    return names.get(who, who) if settings.is_shared() else who


def _clicked(index: int) -> None:
    """Sort by the heading that was clicked, or ask for the menu of the run."""
    if index >= 0:
        numbers = st.session_state[NUMBERS]
        st.session_state[MENU_OF] = next(run_id for run_id, n in numbers.items() if n == index)
        return
    column, (before, descending) = run_table.heading(index), st.session_state[SORTED]
    descending = not descending if column == before else column in run_table.NUMBERS
    st.session_state[SORTED] = column, descending
    first_page()


def _number_of(run_id: str) -> int:
    """A number for a run that stays the same whatever the table shows."""
    numbers = st.session_state.setdefault(NUMBERS, {})
    return numbers.setdefault(run_id, len(numbers))
