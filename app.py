"""Front page: draw a digit and see at once what the network predicts."""

import streamlit as st

from mnist_core.runs.run import Run
from pages.components.draw import canvas_first, photo
from pages.components.draw.answer import calibration_popover
from pages.components.draw.live import live_bars, published_networks
from pages.components.draw.stage import show_stage
from pages.components.shell import classes, frame, menu, networks, projector_view
from pages.components.shell.text import plain


def about_classes(run: Run) -> str:
    """What a network that was trained on somebody's own data can't read, in Markdown; else ""."""
    if not run.config.data:
        return ""
    return (
        f"It knows only {', '.join(map(plain, classes.names()))} and always answers with one of "
        "them. Several signs at once, “not a digit”, saved drawings and fine-tuning work with "
        "digits only."
    )


frame.page("Draw", canvas_first.first)
st.title(canvas_first.TITLE, anchor=False)
run = networks.chosen_network()
show_stage(run, published_networks.publish(run, networks.classifier(run)), menu.carried("Draw"))
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"Network in use: **{plain(run.name)}**. {about_classes(run)}", width="content")
    calibration_popover.explain(run)
    projector_view.switch()
photo.photo(run)
live_bars.send_script()
