"""Sliders for the strengths of augmentation, and a button for other versions of its preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import streamlit as st

from mnist_core.config.config import Augmentation
from mnist_core.config.presets import PRESETS

MILD = PRESETS["champion"].augmentation  # what sliders begin with
STEPS = {"rotation": 1.0, "shift": 0.5}
LABELS = {
    "rotation": "Rotation (± degrees)",
    "scale": "Scaling (± fraction)",
    "shear": "Shear (± fraction)",
    "shift": "Shift (± pixels)",
    "elastic": "Elastic distortion (pixels)",
    "thickness": "Stroke thickness (± pixels on each side)",
}
HELP = {
    "rotation": "Rotates each image by up to this many degrees, in either direction.",
    "scale": "Makes each image wider or narrower and taller or shorter by up to this fraction.",
    "shear": "Slants each image by up to this fraction of its height.",
    "shift": "Moves each image by up to this many pixels.",
    "elastic": "Bends each image smoothly, as if drawn on rubber, by about this many pixels.",
    "thickness": "Makes strokes thicker or thinner by up to this fraction of a pixel on each side.",
}


def augmentation_sliders(key: Callable[[str], str], columns: int = 3) -> None:
    """A slider for each transformation; the session holds its strength.

    Args:
        key: The slider's key from the name of a field of `Augmentation`.
        columns: In how many columns they stand.
    """
    places = st.columns(columns)
    for i, (name, label) in enumerate(LABELS.items()):
        ends, step = Augmentation.limits(name), STEPS.get(name, 0.02)
        places[i % columns].slider(label, *ends, step=step, key=key(name), help=HELP[name])


def strengths(key: Callable[[str], str]) -> Augmentation:
    """What the sliders with these keys say."""
    return Augmentation(**{f.name: st.session_state[key(f.name)] for f in fields(Augmentation)})


def turn_of(key: str) -> int:
    """How often the `turn_button` with this key was clicked: the preview's seed."""
    return st.session_state.setdefault(f"{key}-turn", 0)


def turn_button(label: str, key: str) -> None:
    """A button that shows the preview anew, with other random changes."""

    def turn() -> None:
        st.session_state[f"{key}-turn"] += 1

    st.button(label, icon=":material/casino:", key=key, on_click=turn)
