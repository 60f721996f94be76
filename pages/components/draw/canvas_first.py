"""On the first page of a visit the canvas comes alone, and the rest of the page after it.

Until all of a page's elements are there, the canvas would wait with them: their scripts share the
browser's one thread. Alone it can be drawn on in two thirds of the time. As soon as it can,
canvas.js asks for the whole page, in which it has the same place.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.mnist_format import NothingToClassify
from pages.components.draw.canvas import canvas
from pages.components.draw.stage import places
from pages.components.shell import classes, empty_states
from pages.components.shell.state import CANVAS_SHOWN
from pages.components.widgets.charts import probability_bars

TITLE = "A neural network that reads your handwriting. Train your own in a minute."


def first() -> None:
    """If this is the first run of a visit, show the canvas and end the run. Call it, by
    `frame.page`, before anything is shown."""
    if CANVAS_SHOWN in st.session_state or canvas.CANVAS_KEY in st.session_state:
        return  # it was shown before, perhaps by a server that has restarted since
    classes.use(None)
    canvas.drawing()
    with st.sidebar:  # so that it is open, and nothing moves aside when the menu comes
        st.markdown("**Digit Lab**")
    # Stand-ins for what the whole page has before the canvas, in the same order, so that the canvas
    # keeps its place: pinned links, warnings about the address, title, missing network, the guide.
    st.container()
    st.container()
    st.title(TITLE, anchor=False)
    st.empty()
    with st.container():
        st.container()
        bars, surface, _ = places()
    with bars:
        probability_bars.answer(NothingToClassify(empty_states.EMPTY_CANVAS, "blank"), 0)
    with surface:
        canvas.canvas(alone=True)
    st.stop()
