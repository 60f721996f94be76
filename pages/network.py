"""Inside a network: its layers, its first layer's weights, and the activations of one digit."""

import numpy as np
import streamlit as st

from mnist_core.config.config import parameter_count
from mnist_core.config.sizes import CLASSES, IMAGE_SIDE, INPUTS
from mnist_core.config.text import article, percent
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.network.inference import WeightsError
from mnist_core.predict import Number, Prediction
from mnist_core.runs.run import Run
from pages.components.analysis.choices import FINAL, final_weights
from pages.components.shell import dataset, drawings, empty_states, frame, networks
from pages.components.shell.text import name_of, plain
from pages.components.widgets import probability_bars
from pages.components.widgets.weight_tiles import tiles

UNITS = 64  # of the first layer that are shown: those with the largest weights
COLUMNS = 8
WIDTH = 620  # CSS pixels, or as wide as a narrower screen
ROW = 64  # activations


def show_layers(run: Run) -> None:
    """A table of the layers with their units and parameters."""
    total, trainable = parameter_count(run.config)
    st.markdown(f"**{total:,}** parameters (biases included), {trainable:,} of them trainable.")
    rows, inputs = [], INPUTS
    for number, layer in enumerate(run.config.layers, 1):
        normalization = 0 if layer.normalization == "none" else 4
        rows.append(
            {
                "Layer": f"Hidden {number}",
                "Units": f"{layer.units:,}",
                "Activation": name_of(layer.activation),
                "Batch normalization": name_of(layer.normalization),
                "Dropout": f"{layer.dropout:g}",
                "Parameters": f"{(inputs + 1 + normalization) * layer.units:,}",
            }
        )
        inputs = layer.units
    rows.append(
        {
            "Layer": "Output",
            "Units": str(CLASSES),
            "Activation": "softmax",
            "Batch normalization": name_of("none"),
            "Dropout": "0",
            "Parameters": f"{(inputs + 1) * CLASSES:,}",
        }
    )
    st.table(rows, hide_index=True)


@st.fragment
def show_first_layer(run: Run) -> None:
    """Each unit's weights as a picture, for any epoch whose weights are stored."""
    st.header("What the first layer looks for · Weights")
    st.markdown(
        f"Each tile is a unit (a neuron), each pixel one of its {INPUTS} weights: ink on **blue** "
        "excites the unit, ink on **orange** inhibits it. Training starts from random weights; "
        "the patterns are what it has made of them."
    )
    final, epochs = networks.classifier(run).kernels[0], run.epochs()
    kernel = final
    if epochs:
        chosen = st.select_slider(
            "After epoch",
            [*map(str, epochs), FINAL],
            value=FINAL,
            key="weights-epoch",
            help=f"“final”: the weights that the network uses. {final_weights(run)}",
        )
        if chosen != FINAL:
            try:
                kernel = networks.classifier(run, int(chosen)).kernels[0]
                if kernel.shape != final.shape:
                    raise WeightsError(f"they are those of {kernel.shape[1]} units.")
            except (WeightsError, OSError) as error:
                networks.show_damaged(run, error, int(chosen))
                return
    else:
        st.caption(empty_states.no_epochs(run))
    strongest = np.sort(np.argsort(-np.linalg.norm(final, axis=0))[:UNITS])
    shown = kernel.T[strongest].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    described = f"Weights of {len(shown)} units of the first layer"
    with st.container(width=WIDTH):
        tiles(shown, COLUMNS, described, "first-layer")
    if kernel.shape[1] > UNITS:
        st.caption(f"Of {kernel.shape[1]} units, the {UNITS} with the largest weights.")


def digit_of(drawn: Prediction | Number) -> tuple[Prediction, str]:
    """A digit of the drawing on the canvas, chosen where there are several, and what it is."""
    if isinstance(drawn, Prediction):
        return drawn, "Your drawing"
    digits = [digit.prediction for digit in drawn.digits]
    place = st.segmented_control(
        "Digit of your number", range(len(digits)), default=0, required=True,
        format_func=lambda place: digits[place].sign, key=f"drawn-digit-of-{len(digits)}",
    )  # fmt: skip
    return digits[place], f"Digit {place + 1} of your number {drawn.text}"


def why_not_shown(drawn: NothingToClassify) -> str:
    """Why the drawing on the canvas is not offered."""
    if drawn.kind == "blank":
        return empty_states.NO_OWN_DIGIT
    return f"Your drawing on the Draw page can't be shown. {plain(drawn.reason)}"


@st.fragment
def show_path(run: Run) -> None:
    """One digit, its activations in every hidden layer, and the prediction."""
    st.header("A digit's path through the layers · Activations")
    predictor = networks.predictor(run)
    drawn, data = drawings.on_canvas(run, predictor), dataset.get()
    sources = ["My drawing", "A test digit"]
    if isinstance(drawn, NothingToClassify):
        sources = ["A test digit"]
    source = st.segmented_control("Digit", sources, default=sources[0], key="way-source")
    if isinstance(drawn, NothingToClassify):
        st.caption(why_not_shown(drawn))
    if source == "My drawing" and not isinstance(drawn, NothingToClassify):
        prediction, title = digit_of(drawn)
    else:
        st.button("Another digit", icon=":material/casino:", key="another-digit")
        index = int(np.random.default_rng().integers(len(data.y_test)))
        prediction = predictor.predict_image(data.x_test[index])
        title = f"Test digit No. {index:,}, {article(data.y_test[index])}"
    left, right = st.columns([1, 3], gap="large")
    with left:
        probability_bars.network_input(prediction.image)
        st.caption(f"{title}. {prediction.verdict.text}")
        probability_bars.probability_bars(
            prediction.probabilities, look=probability_bars.look_of(prediction)
        )
    with right:
        layers = predictor.classifier.activations(prediction.image[None])
        for number, (values,) in enumerate(layers, 1):
            active = float((values > 0).mean())
            share = percent(active, 0, counted=True)
            st.caption(f"Hidden layer {number}: {len(values)} units, {share} above zero")
            columns = min(ROW, len(values))
            padded = np.pad(values, (0, -len(values) % columns))
            described = f"Activations of hidden layer {number}"
            tiles(padded.reshape(1, -1, columns), 1, described, f"activations-{number}")


frame.page("Network")
st.title("Inside the network")
run = networks.chosen_network()
st.caption(f"**{plain(run.name)}**; choose another network in the sidebar.")
show_layers(run)
show_first_layer(run)
show_path(run)
