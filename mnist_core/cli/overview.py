"""Commands that list: `runs` and `settings`."""

from __future__ import annotations

from rich.table import Column, Table

from mnist_core.cli.console import UsageError, out, warn
from mnist_core.config.config import parameter_count
from mnist_core.config.formatting import accuracy_text
from mnist_core.config.settings import SETTINGS, problems, unknown
from mnist_core.runs import store


def runs() -> None:
    """List the shipped networks and your runs."""
    table = Table(  # in a narrow terminal ids and names are wrapped, but figures are not
        Column("id", overflow="fold"),
        Column("name", overflow="fold"),
        *(
            Column(title, no_wrap=True)
            for title in ("state", "test accuracy", "parameters", "epochs", "seconds")
        ),
        box=None,
        padding=(0, 2, 0, 0),
    )
    for run in (*store.list_pretrained(), *store.list_runs()):
        status = run.status()
        summary = status.summary
        table.add_row(
            run.id,
            run.name,
            status.state,
            f"{accuracy_text(summary.test_accuracy)} ({status.dataset})" if summary else "",
            f"{parameter_count(run.config)[0]:,}",
            str(summary.epochs) if summary else "",
            f"{summary.seconds:.0f}" if summary else "",
        )
    out.print(table)


def settings() -> None:
    """Show all settings, environment variables: what each is, its default and its meaning."""
    wrong = problems()
    if wrong:
        raise UsageError("\n".join(wrong))
    table = Table(
        Column("name", no_wrap=True),
        Column("value", overflow="fold"),
        Column("default"),
        Column("meaning", ratio=1),
        box=None,
        padding=(0, 2, 1, 0),
    )
    for setting in SETTINGS.values():
        cells = (setting.name, setting.shown(), setting.default_now(), setting.meaning)
        table.add_row(*cells)
    out.print(table)
    for message in unknown():
        warn(message)
