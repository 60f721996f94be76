"""Which old runs are deleted, which could not be deleted, and which can't be read."""

from __future__ import annotations

import streamlit as st

from mnist_core.config import settings
from mnist_core.config.formatting import count
from mnist_core.config.settings import SettingError
from mnist_core.runs import store
from pages.components.shell.text import plain
from pages.components.shell.visitor import may_change
from pages.components.train.runs.run_menu import open_menu


def say_what_is_deleted() -> None:
    """Say how many runs stay, and for how long."""
    try:
        most, days = map(settings.whole, ("DIGITLAB_KEEP_RUNS", "DIGITLAB_EXPIRE_DAYS"))
    except SettingError as wrong:
        st.warning(plain(str(wrong)))
        return
    if most:
        first = (
            ", beginning with those of whoever has the most runs" if settings.is_shared() else ""
        )
        st.caption(
            f"The newest {most} runs stay, and all that are marked *Keep*. When a new training "
            f"starts, older ones are deleted permanently{first}. Those that were stopped before "
            "they had learned anything are deleted first."
        )
    if days:
        st.caption(f"A run is deleted {count(days, 'day')} after its end, unless it is kept.")


def show_not_deleted() -> None:
    """The old runs that could not be deleted, with the reason."""
    for name, why in store.not_deleted().items():
        st.warning(f"The old run {plain(name)} could not be deleted: {plain(why)}")


def show_damaged() -> None:
    """The runs that can't be read, with the reason, and buttons that repair and delete them."""
    for run, error in store.list_damaged():
        with st.container(horizontal=True, vertical_alignment="center", key=f"damaged-{run.id}"):
            st.error(f"**{run.id}** is damaged: {plain(str(error))}")
            for step, icon in (
                (("repair", "build"), ("delete", "delete")) if may_change(run) else ()
            ):
                if st.button(
                    step.capitalize(), icon=f":material/{icon}:", key=f"{step}-damaged-{run.id}"
                ):
                    open_menu(run, step)
