"""If the detector thinks that an image is not a digit, the visitor can insist that it is one."""

from __future__ import annotations

import streamlit as st

from mnist_core.predict import Answer, Prediction
from pages.components.shell import drawings


def insist(answer: Answer, where: str) -> None:
    """A button to insist, below an answer that rejects; afterwards a line that says so.

    Args:
        answer: From `drawings.answer` or the like.
        where: Tells several of them on a page apart.
    """
    if not isinstance(answer, Prediction):
        return
    with st.container(key=f"insist-{where}"):
        if drawings.refused(answer):
            st.button(
                "It is a digit", key=f"insist-on-{where}", icon=":material/front_hand:",
                on_click=drawings.insist, args=(answer,),
                help="Shows the answer as for any digit.",
            )  # fmt: skip
        elif drawings.insisted(answer):
            st.caption(
                "You say that it is a digit. The detector of non-digits thinks it is not a digit."
            )
