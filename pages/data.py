"""The images that networks learn from: how many of each digit, and what they look like."""

import numpy as np
import streamlit as st

from mnist_core.config.sizes import MAX_LEVEL
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import charts
from pages.components.analysis.data.class_pictures import show_class_pictures
from pages.components.analysis.data.one_image import show_one_image
from pages.components.analysis.data.own_data_form import choose_data, import_form, show_own
from pages.components.shell import classes, dataset, empty_states, frame
from pages.components.shell.address_parameters import values_of
from pages.components.shell.classes import things
from pages.components.shell.steady import steady
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.address_choices import digit_choice, segmented_choice
from pages.components.widgets.charts.chart import chart
from pages.components.widgets.images.digit_grid import digit_grid

IMAGES_SHOWN = 48
SETS = values_of("set")


@st.fragment
def show_images(data: Dataset) -> None:
    """A random sample of one digit's images, or of all."""
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        digit = digit_choice(classes.kind().capitalize(), "digit")
    with middle:
        name = segmented_choice("Set", "set")
    right.button("Other images", icon=":material/casino:", key="other-images")
    images, labels = {
        "Training": (data.x_train, data.y_train),
        "Test": (data.x_test, data.y_test),
    }[name]
    candidates = np.flatnonzero(labels == digit) if digit is not None else np.arange(labels.size)
    if digit is not None and not candidates.size:
        st.info(empty_states.no_digit(digit))
        return
    shown = np.random.default_rng().choice(
        candidates, min(IMAGES_SHOWN, candidates.size), replace=False
    )
    with st.container(key="digit-images"):
        digit_grid(images[shown], labels[shown], indices=shown)


frame.page("Data")
st.title("Data")
with steady():
    own = choose_data()
    classes.use(own.about.data if own else None)
    data = dataset.get()
if own:
    show_own(own)
else:
    name = "**MNIST**" if data.name == "mnist" else f"**Offline sample**, from {plain(data.source)}"
    explained(f"{name}. Handwritten digits, each with its label.", caption=True)
import_form()
row = st.container(horizontal=True, gap="medium")
height, width = data.x_train.shape[1:]
low = min(data.x_train.min(), data.x_test.min())
high = max(data.x_train.max(), data.x_test.max())
row.metric(f"Training {things()}", f"{len(data.x_train):,}", width="content")
row.metric(
    f"Test {things()}", f"{len(data.x_test):,}", help="Never used in training.", width="content"
)
row.metric("Size", f"{height} × {width}", help="Pixels, one byte each.", width="content")
row.metric("Values", f"{low} to {high}", help=f"0 is paper, {MAX_LEVEL} is ink.", width="content")

st.header(f"How many of each {classes.kind()}")
counts = {
    "Training": np.bincount(data.y_train, minlength=len(classes.names())),
    "Test": np.bincount(data.y_test, minlength=len(classes.names())),
}
chart(
    charts.class_distribution(counts, classes.names(), classes.kind().capitalize()),
    "class-distribution",
    f"Bars: how many training and test {things()} there are of each class",
)
with st.expander("The numbers"):
    st.dataframe(
        {classes.kind().capitalize(): list(classes.names()), **counts},
        hide_index=True,
        height="content",
        column_config={part: st.column_config.NumberColumn(format="localized") for part in SETS},
    )

st.header("Images")
show_images(data)

st.header(f"What is typical of a {classes.kind()}, and what is strange")
show_class_pictures(data)

st.header("One image under the magnifier")
show_one_image(data)
