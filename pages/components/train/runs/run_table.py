"""The table of runs: rows that follow the runs while they go on, sorted and filtered."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from typing import Any

import streamlit as st

from mnist_core.config import sweep_plan
from mnist_core.config.formatting import accuracy_text, duration
from mnist_core.config.names import is_used, title_of, value_text
from mnist_core.config.settings import is_shared
from mnist_core.config.sweep_plan import VARIABLE
from mnist_core.evaluation.sweeps import best_so_far, value_in
from mnist_core.runs import ownership
from mnist_core.runs.records import SUMMED_UP_STATES, Control
from mnist_core.runs.run import Run
from pages.components.train.form.preset_differences import differing_hyperparameters as in_a_line
from pages.components.train.run_in_words import state_in_words
from pages.components.widgets.charts.sortable_heading import order_of, sortable_heading

YOU = "You"
MENU = "Actions"  # the last column
UNDECIDED = "chosen by the search when its turn comes"


@dataclass(frozen=True)
class Row:
    """What the table shows of a run. Its fields are the columns of the CSV file, but for the run.

    Attributes:
        sweep: the name of the sweep that it belongs to, or "".
        epochs: those that are done.
        accuracy: on the test digits, 0 to 1; None until it is measured.
        validation_accuracy: see `sweeps.best_so_far`.
        seconds: spent training.
        started: when the run was created, in seconds since 1970.
    """

    id: str
    name: str
    who: str
    sweep: str
    state: str
    settings: str
    epochs: int
    planned: int
    accuracy: float | None
    validation_accuracy: float | None
    seconds: float
    started: float
    run: Run = field(compare=False)


COLUMNS: dict[str, tuple[str, Callable[[Row], str]]] = {  # field: heading, text
    "name": ("Name", lambda row: row.name),
    "state": ("State", lambda row: row.state),
    "accuracy": (
        "Test accuracy",
        lambda row: "–" if row.accuracy is None else accuracy_text(row.accuracy),
    ),
    "settings": ("Preset and what differs", lambda row: row.settings),
    "epochs": ("Epochs", lambda row: f"{row.epochs} of {row.planned}"),
    "seconds": ("Time", lambda row: duration(row.seconds)),
    "started": ("Started", lambda row: _when(row.started)),
    "who": ("Who", lambda row: row.who),
}
NUMBERS = ("epochs", "accuracy", "seconds", "started")  # sorted from the highest first
_NUMBERED = (*COLUMNS, *VARIABLE, "seed")  # headings are known by their place in this


def columns(hyperparameters: Sequence[str] = ()) -> list[str]:
    """The columns' names in their order. On a shared installation whose run it is comes second.

    Args:
        hyperparameters: Those with a column of their own, in place of the one that sums them up.
    """
    names = sorted(COLUMNS, key=lambda name: name not in ("name", "who") and is_shared())
    index = names.index("settings")
    return [*names[:index], *hyperparameters, *names[index + 1 :]] if hyperparameters else names


def differing_hyperparameters(rows: Sequence[Row]) -> list[str]:
    """The hyperparameters in which runs differ; the epochs have a column in any case."""
    return [s for s in sweep_plan.differing([row.run.config for row in rows]) if s != "epochs"]


def row_of(run: Run, visitor: str) -> Row:
    """The row of a run as it is now, as this visitor sees it."""
    status, accuracy = run.status(), None
    if status.summary and status.state in SUMMED_UP_STATES:
        summary = status.summary
        epochs, seconds, accuracy = summary.epochs, summary.seconds, summary.test_accuracy
    else:
        last = run.last_row()
        epochs, seconds = (int(last.epoch), last.time) if last else (0, 0.0)
    return Row(
        id=run.id,
        name=run.name,
        who=_who(run, visitor),
        sweep=part.name if (part := run.description.sweep) else "",
        state=state_in_words(status, run.control() if status.active else Control())[1],
        settings=UNDECIDED if run.description.undecided else in_a_line(run.config),
        epochs=epochs,
        planned=run.config.epochs,
        accuracy=accuracy,
        validation_accuracy=best_so_far(run),
        seconds=seconds,
        started=run.created,
        run=run,
    )


def chosen(rows: list[Row], text: str, who: str | None) -> list[Row]:
    """The rows that have all words of a text in one of their columns, and this "who"."""
    words = text.casefold().split()

    def fits(row: Row) -> bool:
        shown = " ".join(text(row) for _, text in COLUMNS.values()).casefold()
        return all(word in shown for word in words) and who in (None, row.who)

    return [row for row in rows if fits(row)]


def in_order(rows: list[Row], column: str, descending: bool) -> list[Row]:
    """The rows sorted by a column; those without a value come last."""

    def key(row: Row) -> Any:
        value = _value(row, column)
        return (1, value.casefold()) if isinstance(value, str) else (0, value)

    known = [row for row in rows if _value(row, column) is not None]
    missing = [row for row in rows if _value(row, column) is None]
    return sorted(known, key=key, reverse=descending) + missing


def _value(row: Row, column: str) -> Any:
    """What a row has in a column; None where a hyperparameter is of no effect on the run."""
    if column in COLUMNS:
        return getattr(row, column)
    return value_in(row.run, column) if is_used(column, row.run.config) else None


def _text(row: Row, column: str) -> str:
    if column in COLUMNS:
        return COLUMNS[column][1](row)
    value = _value(row, column)
    return "–" if value is None else value_text(value)


def table_html(
    rows: list[Row],
    column: str,
    descending: bool,
    number: Callable[[str], int],
    hyperparameters: Sequence[str] = (),
) -> str:
    """The table, for `clickable.show`.

    Args:
        rows: In the order in which they are shown.
        column: By which they are sorted.
        descending: Whether the highest come first.
        number: Gives the number that identifies a run when its button is clicked; headings count
            from -1 down.
        hyperparameters: Those with a column of their own.
    """
    heads, names = "", columns(hyperparameters)
    for name in names:
        title = COLUMNS[name][0] if name in COLUMNS else title_of(name)
        index = -1 - _NUMBERED.index(name)
        heads += sortable_heading(title, index, order_of(name, column, descending))
    body = "".join(_row_html(row, number(row.id), names) for row in rows)
    return (
        '<div class="run-table" tabindex="0" role="region" aria-label="Runs"><table>'
        f'<thead><tr>{heads}<th scope="col"><span class="screen-reader-only">{MENU}</span></th>'
        "</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def heading(index: int) -> str:
    """The column whose heading was clicked, by the number that `table_html` gave it."""
    return _NUMBERED[-index - 1]


def table_csv(rows: list[Row]) -> str:
    """The rows as CSV: a line of headings, and a column for each hyperparameter that differs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names, hyperparameters = (
        [column.name for column in fields(Row) if column.name != "run"],
        differing_hyperparameters(rows),
    )
    writer.writerow([*names, *hyperparameters])
    for row in rows:
        cells = [getattr(row, name) for name in names] + [
            _value(row, column) for column in hyperparameters
        ]
        writer.writerow(map(_no_formula, cells))
    return text.getvalue()


def csv_button(label: str, rows: list[Row], file_name: str, key: str) -> None:
    """A button that downloads the rows as CSV."""
    st.download_button(
        label,
        lambda: table_csv(rows),
        file_name,
        "text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )


def _no_formula(value: object) -> object:
    """A cell that a spreadsheet does not take for a formula, whatever a visitor wrote."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _row_html(row: Row, index: int, names: Sequence[str]) -> str:
    cells = "".join(f'<td class="{name}">{escape(_text(row, name))}</td>' for name in names)
    return (
        f'<tr>{cells}<td><button type="button" class="menu" data-index="{index}" '
        f'aria-label="Actions for {escape(row.name)}">⋯</button></td></tr>'
    )


def _who(run: Run, visitor: str) -> str:
    if run.pretrained:
        return "Digit Lab"
    if run.visitor is None:
        return "Command line"
    if run.visitor == visitor or not is_shared():
        return YOU  # on one's own computer, whichever browser it was
    return ownership.display_name(run.visitor)


def _when(started: float) -> str:
    when, now = time.localtime(started), time.localtime()
    return time.strftime(f"%d %b{'' if when.tm_year == now.tm_year else ' %Y'}, %H:%M", when)
