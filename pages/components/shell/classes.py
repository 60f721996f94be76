"""What a page calls its classes and images: digits, or what somebody's own data have.

A page is about the data that its network was trained on: `frame.page` and `networks.chosen_network`
say which. Class names are other people's text: escape them wherever they are shown.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.config.config import OwnData
from mnist_core.config.formatting import article
from mnist_core.config.sizes import DIGIT_NAMES
from pages.components.shell.state import OWN_DATA
from pages.components.shell.text import plain


def use(data: OwnData | None) -> None:
    """Have this page be about this data set of somebody's own; None: about MNIST."""
    st.session_state[OWN_DATA] = data


def data() -> OwnData | None:
    """The data set of somebody's own that the page is about; None: MNIST."""
    return st.session_state.get(OWN_DATA)


def names() -> tuple[str, ...]:
    """The names of all classes, in the order of the labels."""
    own = data()
    return own.names if own else DIGIT_NAMES


def name(label: int) -> str:
    """What a label means: "7", "A", "T-shirt"."""
    return names()[label]


def a(label: int) -> str:
    """The same with its article: "a 7", "an A", "a T-shirt"."""
    return article(name(label))


def capital_a(label: int) -> str:
    """The same at the beginning of a sentence."""
    text = a(label)
    return text[0].upper() + text[1:]


def kind() -> str:
    """What the classes are: "digit", or "class" where they are others."""
    return "class" if data() else "digit"


def thing() -> str:
    """What an image shows: "digit", or "image" where it is something else."""
    return "image" if data() else "digit"


def things() -> str:
    """The same for several: "digits" or "images"."""
    return f"{thing()}s"


def a_thing() -> str:
    """The same with its article: "a digit" or "an image"."""
    return article(thing())


def picture(label: int) -> str:
    """An image of a class for screen readers: "Handwritten 7", "Image of A"."""
    return f"{'Image of' if data() else 'Handwritten'} {name(label)}"


def several(label: int) -> str:
    """Images of a class: "7s", "As", "images of T-shirt"."""
    called = name(label)
    return f"{called}s" if len(called) == 1 else f"images of {called}"


def shown(label: int) -> str:
    """The name of a class, safe in Markdown."""
    return plain(name(label))


def a_shown(label: int) -> str:
    """The same with its article."""
    return article(shown(label))
