"""The board of a class: who trained what, the best first; trainings cut short come last."""

from __future__ import annotations

from html import escape

from mnist_core.config.formatting import accuracy_text, count
from pages.components.shell import empty_states
from pages.components.train.run_in_words import STATES
from pages.components.train.runs import run_table
from pages.components.train.runs.run_table import Row

DONE = STATES["done"][1]
HEADINGS = ("", "Name", "Who", "Test accuracy", "Settings", "Epochs")


def board_html(rows: list[Row], private: int = 0, most: int | None = None) -> str:
    """The runs that have a result, the best first, as a table.

    Args:
        rows: The runs that everybody may see.
        private: How many others there are; the board says so without naming them.
        most: How many are shown, for a screen that nobody scrolls; None: all.
    """
    best = run_table.in_order([row for row in rows if row.accuracy is not None], "accuracy", True)
    best.sort(key=lambda row: row.state != DONE)  # these did not train as long as the others
    shown = best[:most]
    are = "is" if private == 1 else "are"
    hidden = f"{count(private, 'run')} on private data {are} not shown."
    left_out = f"<p>{hidden}</p>" if private else ""
    if not shown:
        return f"<p>{empty_states.NO_RESULT_YET}</p>{left_out}"
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    body = "".join(_row(rank, row) for rank, row in enumerate(shown, 1))
    more = len(best) - len(shown)
    rest = f"<p>and {count(more, 'more run')}</p>" if more else ""
    return (
        '<div class="run-table board" tabindex="0" role="region" aria-label="Board">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>{rest}{left_out}"
    )


def _row(rank: int, row: Row) -> str:
    epochs = str(row.epochs)
    if row.state != DONE:
        epochs += f" of {row.planned}, {row.state.lower()}"
    texts = (row.name, row.who, accuracy_text(row.accuracy or 0.0), row.settings, epochs)
    classes = ("name", "who", "accuracy", "settings", "epochs")
    cells = "".join(
        f'<td class="{name}">{escape(text)}</td>' for name, text in zip(classes, texts, strict=True)
    )
    return f"<tr><td>{rank}</td>{cells}</tr>"
