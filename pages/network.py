"""Inside a network: its layers, its first layer's weights, and the activations of one digit."""

import streamlit as st

from mnist_core.config.sizes import INPUTS
from mnist_core.runs.run import Run
from pages.components.analysis.digits.digit_choice import choose_digit
from pages.components.analysis.network import (
    forward_by_hand,
    gradient_step,
    layer_distributions,
    loss_landscape_view,
    network_svg,
)
from pages.components.analysis.network.activations_view import show_activations
from pages.components.analysis.network.first_layer import show_first_layer
from pages.components.analysis.network.layer_table import layer_table
from pages.components.analysis.network.unit_view import VIEW, show_unit, suggest_unit
from pages.components.shell import address, frame, networks
from pages.components.shell.classes import a_thing
from pages.components.shell.state import ASKED_UNIT
from pages.components.shell.steady import steady
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.browser.into_view import bring_into_view
from pages.components.widgets.charts import probability_bars

WHOLE_NETWORK_VIEWS = (network_svg.TITLE, layer_distributions.TITLE, loss_landscape_view.TITLE)
BY_HAND_VIEWS = (forward_by_hand.TITLE, gradient_step.TITLE)


@st.fragment
def show_weights(run: Run) -> None:
    """What each unit of the first layer responds to."""
    st.header("What the first layer looks for · Weights")
    explained(
        f"Each tile is a unit (a neuron), each pixel one of its {INPUTS} weights: ink on **blue** "
        "excites the unit, ink on **orange** inhibits it. Training starts from random weights; "
        "the patterns are what it has made of them. A click on a tile shows more of its unit below."
    )
    show_first_layer(run)
    show_unit(run)


@st.fragment
def show_digit_in_network(run: Run) -> None:
    """One digit, its activations in every hidden layer, and the prediction."""
    st.header(f"{a_thing().capitalize()}'s path through the layers · Activations")
    digit = choose_digit(run)
    prediction = digit.prediction
    left, right = st.columns([1, 3], gap="large")
    with left:
        probability_bars.network_input(prediction.image)
        st.caption(f"{digit.named}. {prediction.verdict.text}")
        look = probability_bars.look_of(prediction)
        probability_bars.probability_bars(prediction.probabilities, look=look)
    with right:
        show_activations(run, prediction)
    st.subheader("By hand")
    view = st.pills("By hand", BY_HAND_VIEWS, key="by-hand", label_visibility="collapsed")
    with steady():
        if view == forward_by_hand.TITLE:
            forward_by_hand.show_forward_pass(run, prediction.image)
        elif view == gradient_step.TITLE:
            gradient_step.show_gradient_step(run, digit)


@st.fragment
def show_whole_network(run: Run) -> None:
    """The network as a diagram, and what its epochs tell."""
    st.header("The whole network")
    view = st.pills("Show", WHOLE_NETWORK_VIEWS, key="whole-network", label_visibility="collapsed")
    with steady():
        if view == network_svg.TITLE:
            network_svg.offer_diagram(run)
        elif view == layer_distributions.TITLE:
            layer_distributions.show_distributions(run)
        elif view == loss_landscape_view.TITLE:
            loss_landscape_view.show_loss_landscape(run)


opened = frame.page("Network")
if asked := st.session_state.pop(ASKED_UNIT, ""):
    suggest_unit(asked)
st.title("Inside the network")
run = networks.chosen_network()
st.caption(f"**{plain(run.name)}**; choose another network in the sidebar.")
layer_table(run)
show_weights(run)
with steady():
    if asked or (opened and address.asked("unit")):
        bring_into_view(VIEW)
show_digit_in_network(run)
show_whole_network(run)
