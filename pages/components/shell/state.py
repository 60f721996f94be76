"""The keys of what is kept for a visitor while the browser tab is open, from page to page.

Here stand those that several modules use or that are meant to outlive a page; a key that one
component alone uses stays a constant there. None of them may also be the key of a widget or a
component: Streamlit forgets a widget's value when a page without it is opened, and would write
over what is kept.
"""

from __future__ import annotations

CANVAS_SHOWN = "canvas-shown"
"""What stands on the canvas: Fabric.js JSON, a dict with "objects"."""

CHOSEN_OTHER = "chosen-other"
"""Id of the network that the one in use is compared with."""

CHOSEN_RUN = "chosen-run"
"""Id of the network in use."""

DRAWINGS = "my-drawings"
"""The visitor's own labelled drawings: a list of `Drawing`."""

ACCEPTED = "accepted"
"""Rejected images that the visitor accepts as digits: a set of their bytes."""

LEARNED = "learned"
"""What the visitor has done in lessons, by the lesson's id: see learn/progress.py."""

OWN_DATA = "own-data"
"""The data set of somebody's own that the page is about: see classes.py."""

PAGE_SHOWN = "page-shown"
"""Title of the page shown last, by which a page knows that it was just opened."""

DIGITS_TO_WATCH = "digits-to-watch-before"
"""The digits chosen to be watched in training: test digits' numbers and "drawing 1" …"""

RUN_COLOURS = "run-colours"
"""Each run's colour in the learning curves, by id, so that it keeps it on every page."""

SIDEBAR_PLACE = "sidebar-place"
"""The container in the sidebar, between menu and version, for what the page adds to it."""

TEACHER = "teacher"
"""Whether the visitor has given the key of a class's teacher."""

ASKED_UNIT = "asked-unit"
"""The unit that a click on the Draw page asks the Network page for, as `?unit=` has it. Not by the
address: `st.switch_page` writes its parameters into that of the page that is left, too."""

TUNED_RUN = "tuned-run"
"""Id of the run that fine-tunes, or last fine-tuned, a network on the visitor's drawings."""

TRAINING_SETUP = "training-setup"
"""The training form's preset and configuration: (str, TrainingConfig)."""

VISITOR = "visitor"
"""The visitor's name in runs."""

WATCHED_RUN = "watched-run"
"""Id of the run that the Train page shows."""
