"""All runs: their results, and what can be done with them."""

import streamlit as st

from mnist_core.config import settings
from mnist_core.config.settings import SettingError
from mnist_core.config.text import count
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.shell import empty_states, frame, networks
from pages.components.shell.address import first_page, page_choice
from pages.components.shell.text import plain
from pages.components.shell.visitor import may_change, visitor
from pages.components.train import run_table
from pages.components.train.live_curves import compared_curves
from pages.components.train.run_menu import open_menu
from pages.components.train.run_table import YOU
from pages.components.widgets import clickable

PAGE_SIZE = 25
REFRESH = 2.0  # seconds
MENU_OF = "menu-of"  # the id of the run whose menu is asked for
SORTED = "runs-sorted"  # the column that sorts, and whether its highest come first
EVERYBODY = "Everybody"
NUMBERS = "run-numbers"  # each run's number in the table, by its id


def number_of(run_id: str) -> int:
    """A number for a run that stays the same whatever the table shows."""
    numbers = st.session_state.setdefault(NUMBERS, {})
    return numbers.setdefault(run_id, len(numbers))


def whose(who: str) -> str:
    """An entry of the choice of those whose runs are shown: among others, one's own is *Mine*."""
    names = {YOU: "Mine"} | ({EVERYBODY: "Class"} if settings.mode() == "class" else {})
    return who if not settings.is_shared() else names.get(who, who)


def clicked(index: int) -> None:
    """Sort by the heading that was clicked, or ask for the menu of the run."""
    if index >= 0:
        run_id = next(run_id for run_id, n in st.session_state[NUMBERS].items() if n == index)
        st.session_state[MENU_OF] = run_id
        return
    column, (before, falling) = run_table.heading(index), st.session_state[SORTED]
    falling = not falling if column == before else column in run_table.NUMBERS
    st.session_state[SORTED] = column, falling
    first_page()


@st.fragment(run_every=REFRESH)
def table() -> None:
    """All runs, as they are now."""
    runs = [*store.list_runs(), *store.list_pretrained()]
    asked = st.session_state.pop(MENU_OF, None)
    if found := next((run for run in runs if run.id == asked), None):
        open_menu(found)  # first, as it is waited for
    rows = [run_table.row_of(run, visitor()) for run in runs]
    with st.container(horizontal=True, vertical_alignment="bottom"):
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
            format_func=whose,
            width=200,
            on_change=first_page,
        )
        chosen = run_table.chosen(rows, text, None if who == EVERYBODY else who)
        column, falling = st.session_state[SORTED]
        shown = run_table.in_order(chosen, column, falling)
        run_table.csv_button("CSV", shown, "runs.csv", "runs-csv")
    if not shown:
        st.info(empty_states.NO_MATCHING_RUN)
        return
    start = PAGE_SIZE * page_choice(-(-len(shown) // PAGE_SIZE), "runs")
    part = shown[start : start + PAGE_SIZE]
    html = run_table.table_html(part, column, falling, number_of)
    clickable.show(html, clicked, "run-table")


@st.fragment  # the curves can ask for missing points, and a rerun of the page closes a dialog
def compare(all_runs: list[Run], first: list[str]) -> None:
    """The curves of the runs that are chosen, at first those with the ids in `first`."""
    st.header("Compare")
    names = networks.distinct_names(all_runs)
    chosen = st.multiselect(
        "Runs to compare",
        list(names),
        default=first,
        key="compared",
        format_func=names.__getitem__,
        max_selections=6,
    )
    by_id = {run.id: run for run in all_runs}
    if there := [by_id[run_id] for run_id in chosen if by_id[run_id].directory.exists()]:
        compared_curves(*there)


frame.page("Runs")
st.title("Runs")
st.session_state.setdefault(SORTED, ("started", True))
own, shipped, damaged = store.list_runs(), store.list_pretrained(), store.list_damaged()
with st.container():  # so that nothing below moves where there is something to say
    if not any(may_change(run) for run in own):
        empty_states.train_first(empty_states.NO_OWN_RUN)
table()
with st.container():
    try:
        most, days = map(settings.whole, ("DIGITLAB_KEEP_RUNS", "DIGITLAB_EXPIRE_DAYS"))
    except SettingError as wrong:
        st.warning(plain(str(wrong)))
    else:
        if most and own:
            first = (
                ", beginning with those of whoever has the most runs"
                if settings.is_shared()
                else ""
            )
            st.caption(
                f"The newest {most} runs stay, and all that are marked *Keep*. When a new training "
                f"starts, older ones are deleted permanently{first}."
            )
        if days:
            st.caption(f"A run is deleted {count(days, 'day')} after its end, unless it is kept.")
    for name, why in store.not_deleted().items():
        st.warning(f"The old run {plain(name)} could not be deleted: {plain(why)}")
    for run, error in damaged:
        with st.container(horizontal=True, vertical_alignment="center", key=f"damaged-{run.id}"):
            st.error(f"**{run.id}** is damaged: {plain(str(error))}")
            if may_change(run) and st.button(
                "Delete", icon=":material/delete:", key=f"delete-{run.id}"
            ):
                open_menu(run, "delete")
compare([*own, *shipped], [run.id for run in shipped])
