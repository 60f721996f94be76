"""What the teacher of a class sets for all: the queue, epochs, pages, the first network, what is
pinned."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.config import TrainingConfig
from mnist_core.digits.datasets import own_data
from mnist_core.jobs import limits
from mnist_core.lessons import reading
from mnist_core.runs import class_rules, store
from pages.components.shell import menu, networks
from pages.components.shell.error_toast import errors_as_toast


def change(**changes: object) -> None:
    """Change what the class may do, or say why that is not possible."""
    with errors_as_toast():
        class_rules.change(**changes)


def rules() -> None:
    """What the class may do."""
    # As it is now: another teacher may have changed it.
    st.session_state["halt-queue"] = class_rules.read().halted
    st.session_state["most-epochs"] = limits.most_epochs() or None
    st.toggle(
        "Halt the queue",
        key="halt-queue",
        help="Waiting runs keep their places; trainings under way continue.",
        on_change=lambda: change(halted=st.session_state["halt-queue"]),
    )
    st.number_input(
        "Maximum epochs per training",
        *TrainingConfig.limits("epochs"),
        value=None,  # or it could not be emptied
        key="most-epochs",
        placeholder="the server's limit",
        width=260,
        on_change=lambda: change(epochs=st.session_state["most-epochs"]),
    )


def what_pupils_see() -> None:
    """Which pages are hidden from pupils, and the network that everybody starts with."""
    pages = [title for entries in menu.MENU.values() for _, title, _ in entries if title != "Draw"]
    scripts = {title: menu.script_of(title) for title in pages}
    rules, known = class_rules.read(), networks.usable_networks()
    hidden = rules.hidden.split()
    st.session_state["hidden-pages"] = [title for title in pages if scripts[title] in hidden]
    st.session_state["first-network"] = rules.network if rules.network in known else None
    st.multiselect(
        "Hidden pages",
        pages,
        key="hidden-pages",
        placeholder="none",
        help="You still see them.",
        on_change=lambda: change(
            hidden=" ".join(scripts[title] for title in st.session_state["hidden-pages"])
        ),
    )
    names = networks.distinct_names(list(known.values()))
    st.selectbox(
        "Network that everybody starts with",
        list(known),
        index=None,
        key="first-network",
        placeholder="the first",
        format_func=names.__getitem__,
        help="Until they choose another.",
        on_change=lambda: change(network=st.session_state["first-network"]),
    )


def what_is_pinned() -> None:
    """The lesson and the run that every page leads to: one that everybody in the class can open."""
    runs = [*filter(own_data.is_for_all, store.list_runs()), *store.list_pretrained()]
    lessons = {lesson.id: lesson.header.title for lesson in reading.all_lessons().lessons}
    _pin("lesson", class_rules.read().pinned_lesson, lessons)
    _pin("run", class_rules.read().pinned_run, networks.distinct_names(runs))


def _pin(what: str, pinned: str | None, names: dict[str, str]) -> None:
    key = f"pinned-{what}"
    st.session_state[key] = pinned if pinned in names else None
    st.selectbox(
        f"Pinned {what}",
        list(names),
        index=None,
        key=key,
        placeholder="none",
        format_func=names.__getitem__,
        help="Every page has a link to it at its top.",
        on_change=lambda: change(**{f"pinned_{what}": st.session_state[key]}),
    )
