"""An image that the detector rejects as no digit can be accepted by the visitor."""

from __future__ import annotations

import streamlit as st

from mnist_core.predict.answer import Answer, Prediction
from pages.components.shell import visitor_drawings


def accept_rejected(answer: Answer, where: str) -> None:
    """A button below a rejecting answer that accepts the image; afterwards a line that says so.

    Args:
        answer: From `visitor_drawings.answer` or the like.
        where: Tells several of them on a page apart.
    """
    if not isinstance(answer, Prediction):
        return
    with st.container(key=f"accept-{where}"):
        if visitor_drawings.rejected(answer):
            st.button(
                "It is a digit",
                key=f"accept-as-digit-{where}",
                icon=":material/front_hand:",
                on_click=visitor_drawings.accept,
                args=(answer,),
                help="Shows the answer as for any digit.",
            )
        elif visitor_drawings.accepted(answer):
            st.caption("You say that it is a digit. The non-digit detector disagrees.")
