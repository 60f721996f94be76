"""By hand, on the Network page: every figure shown is recomputed from the weights."""

import io
import math
import re
import zipfile
from html import escape

import h5py
import numpy as np
import pytest
from scipy.special import log_softmax, ndtr, softmax

from mnist_core.config.config import Layer
from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.evaluation import temperature_scaling
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from pages.components.analysis.network import forward_by_hand, gradient_step
from tests.core.evaluation.internals.written_sums import adds_up

INDEX = 3  # of a test digit


@pytest.fixture
def by_hand(open_page, digits):
    """Opens a view of a test digit on the Network page."""

    def open_(view: str, run: str = "compact"):
        at = open_page("network", run=run)
        at.number_input(key="way-index").set_value(INDEX).run()
        at.button_group(key="by-hand").set_value(view).run()
        assert not at.exception, at.exception
        return at

    return open_


def numbers(text: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+\.\d+", text)]


def keras_file(run) -> dict[str, list[np.ndarray]]:
    """The variables of a shipped network's layers in float64, by the layers' names."""
    with zipfile.ZipFile(run.model_path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        return {
            group["vars"].attrs["name"]: [np.array(v, float) for v in group["vars"].values()]
            for group in file["layers"].values()
        }


def tables(at) -> dict[str, dict[str, str]]:
    """The tables of a frame with two columns, by their headings."""
    frames = [table.value for table in at.table]
    return {
        frame.columns[0]: dict(zip(frame.iloc[:, 0], frame.iloc[:, 1], strict=True))
        for frame in frames
        if frame.shape[1] == 2
    }


def assert_sum(shown: dict[str, str], products: np.ndarray, bias: float) -> None:
    parts = [products[products > 0].sum(), products[products < 0].sum(), bias]
    written = [shown["Products above 0"], shown["Products below 0"], shown["Bias"]]
    for text, part in zip(written, parts, strict=True):
        assert numbers(text) == [pytest.approx(part, abs=6e-4)]
    assert numbers(shown["Together"])[-1] == pytest.approx(sum(parts), abs=6e-4)
    assert adds_up(shown["Together"])


def assert_normalized(
    shown: dict[str, str], variables: list[np.ndarray], value: float, unit: int
) -> None:
    """The rows of batch normalization are the formula with the unit's own four variables."""
    gamma, beta, mean, variance = (float(array[unit]) for array in variables)
    alone = {"Mean": mean, "Variance": variance, "Epsilon": 0.001, "Gamma": gamma, "Beta": beta}
    for name, one in alone.items():
        assert numbers(shown[name]) == [pytest.approx(one, abs=6e-4, rel=6e-4)], name
    halves = [text for name, text in shown.items() if name not in alone]
    by_hand = (value - mean) / math.sqrt(variance + 0.001)
    assert numbers(halves[0])[-1] == pytest.approx(by_hand, abs=6e-4)
    assert numbers(halves[0])[0] == pytest.approx(value, abs=6e-4)
    assert numbers(halves[1])[-1] == pytest.approx(gamma * by_hand + beta, abs=6e-4)


def test_every_frame_of_the_forward_pass_checks_with_the_keras_file(by_hand, digits):
    at = by_hand(forward_by_hand.TITLE)
    variables = keras_file(store.get("compact"))
    outputs = digits.x_test[INDEX].ravel() / 255
    level = digits.x_test[INDEX].max()
    assert any(f"{level} ÷ 255 = {level / 255:.3f}" in m.value for m in at.markdown)
    hidden, names = 3, [f"hand-unit-{n}" for n in range(3)]
    for layer, name in enumerate([*names, "hand-output"], 1):
        at.button(key="hand-next").click().run()
        assert f"Step {layer + 1} of {hidden + 3}" in " ".join(m.value for m in at.markdown)
        unit = at.selectbox(key=name).value
        kernel, bias = variables[f"dense_{layer}" if layer <= hidden else "probabilities"]
        products = outputs * kernel[:, unit]
        shown = tables(at)
        assert_sum(shown["Weighted sum"], products, bias[unit])
        if layer > 1:
            *listed, others = shown["Unit"].items()
            for place, text in listed:
                assert numbers(text)[-1] == pytest.approx(products[int(place)], abs=6e-4)
            rest = products.sum() - sum(products[int(place)] for place, _ in listed)
            assert numbers(others[1]) == [pytest.approx(rest, abs=6e-4)]
        z = outputs @ kernel + bias
        best = int(z.argmax())
        if layer <= hidden:
            normalization = variables[f"normalization_{layer}"]
            assert_normalized(shown["Batch normalization"], normalization, z[unit], unit)
            gamma, beta, mean, variance = normalization
            y = gamma * (z - mean) / np.sqrt(variance + 0.001) + beta
            outputs = np.array([x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in y])
            best = int(outputs.argmax())
            before, after = numbers(shown["Activation function"]["GELU"])
            assert after == pytest.approx(outputs[unit], abs=6e-4)
            assert before == pytest.approx(y[unit], abs=6e-4)
        assert unit == best  # the most active one is shown first
        option = next(o for o in at.selectbox(key=name).options if numbers(o))
        assert numbers(option)[-1] == pytest.approx(
            max(outputs if layer <= hidden else z), abs=6e-4
        )
    at.button(key="hand-next").click().run()
    assert at.button(key="hand-next").disabled
    temperature = temperature_scaling.load(store.get("compact")).temperature
    powers = np.exp((z - z.max()) / temperature)
    rows = at.table[len(at.table) - 1].value
    columns = {
        "Logit": (z, 6e-4),
        "÷ temperature": (z / temperature, 6e-4),
        "less the largest": ((z - z.max()) / temperature, 6e-4),
        "e to that power": (powers, 1e-5),
        "Probability": (powers / powers.sum(), 1e-5),
    }
    for column, (values, close) in columns.items():
        for value, text in zip(values, rows[column], strict=True):
            assert text == "< 0.000001" or numbers(text) == [pytest.approx(value, abs=close)]
    said = next(m.value for m in at.markdown if "Sum of the powers" in m.value)
    assert numbers(said)[0] == pytest.approx(powers.sum(), abs=1e-5)
    assert numbers(said)[-1] == pytest.approx(1 / powers.sum(), abs=1e-5)
    for _ in range(hidden + 2):
        at.button(key="hand-back").click().run()
    assert at.button(key="hand-back").disabled
    assert "784 pixels" in " ".join(m.value for m in at.markdown)


def test_normalization_after_the_activation_function_is_shown_after_it(by_hand, digits):
    at = by_hand(forward_by_hand.TITLE, "early-stopping")
    at.button(key="hand-next").click().run()
    variables, shown = keras_file(store.get("early-stopping")), tables(at)
    assert list(shown)[-3:] == [
        "Weighted sum",
        "Activation function",
        "Batch normalization",
    ]
    unit, (kernel, bias) = at.selectbox(key="hand-unit-0").value, variables["dense_1"]
    products = digits.x_test[INDEX].ravel() / 255 * kernel[:, unit]
    assert_sum(shown["Weighted sum"], products, bias[unit])
    relu = max(0, products.sum() + bias[unit])
    assert numbers(shown["Activation function"]["ReLU"])[-1] == pytest.approx(relu, abs=6e-4)
    assert_normalized(shown["Batch normalization"], variables["normalization_1"], relu, unit)


def test_without_a_keras_file_the_folded_sum_is_shown_and_said(network, open_page):
    run = network({}, layers=(Layer(1, normalization="before"),))
    np.savez(
        run.weights_path,
        activations=["relu"],
        kernel_0=np.full((784, 1), 0.01, np.float32),
        bias_0=np.float32([0.5]),
        kernel_1=np.ones((1, 10), np.float32),
        bias_1=np.zeros(10, np.float32),
    )
    at = open_page("network", run=run.id)
    at.button_group(key="by-hand").set_value(forward_by_hand.TITLE).run()
    at.button(key="hand-next").click().run()
    assert list(tables(at))[-2:] == ["Weighted sum", "Activation function"]
    assert any("no other weights" in caption.value for caption in at.caption)
    run.model_path.write_bytes(b"damaged")
    at.run()
    assert not at.exception
    assert any("folded weights are shown" in warning.value for warning in at.warning)
    assert list(tables(at))[-2:] == ["Weighted sum", "Activation function"]


def one_step(
    classifier: Classifier, image: np.ndarray, target: int, rate: float
) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
    """Each layer's numbers, biases included, with how one step of gradient descent moves them, by
    the chain rule in float64; and the loss after it."""
    layers = [np.vstack([w, b]).astype(float) for w, b in
              zip(classifier.kernels, classifier.biases, strict=True)]  # fmt: skip

    def forward(layers):
        inputs, sums = [np.append(image.ravel() / 255, 1)], []
        for layer in layers:
            sums.append(inputs[-1] @ layer)
            inputs.append(np.append(sums[-1] * ndtr(sums[-1]), 1))
        return inputs, sums

    inputs, sums = forward(layers)
    delta, steps = softmax(sums[-1]) - np.eye(10)[target], []
    for number in reversed(range(len(layers))):
        steps.insert(0, -rate * np.outer(inputs[number], delta))
        if number:
            z = sums[number - 1]
            slope = ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
            delta = (layers[number] @ delta)[:-1] * slope
    _, sums = forward([layer + step for layer, step in zip(layers, steps, strict=True)])
    return list(zip(layers, steps, strict=True)), -log_softmax(sums[-1])[target]


def test_a_gradient_step_shows_p_minus_y_and_leaves_the_network_as_it_is(by_hand, digits):
    file = store.get("compact").weights_path
    before = file.read_bytes()
    at = by_hand(gradient_step.TITLE)
    p = Classifier.load(file).probabilities(digits.x_test[INDEX][None])[0].astype(float)
    second = int(np.argsort(p)[-2])
    assert p.argmax() == digits.y_test[INDEX]  # so something wrong is taught
    assert at.selectbox(key=f"teach-{second}").value == second
    target = int((second + 1) % 10)
    at.selectbox(key=f"teach-{second}").set_value(target).run()
    table = next(t.value for t in at.table if "p − y" in t.value)
    for digit, text in enumerate(table["p − y"]):
        assert numbers(text) == [pytest.approx(p[digit] - (digit == target), abs=6e-4)]
    said = " ".join(m.value for m in at.markdown)
    assert f"−ln p = **{-math.log(p[target]):.3f}**" in said
    at.select_slider(key="step-rate").set_value(0.01).run()
    steps, after = one_step(Classifier.load(file), digits.x_test[INDEX], target, 0.01)
    moved = next(t.value for t in at.table if "Length of the step" in t.value)
    for row, (weights, step) in enumerate(steps):
        assert moved["Weights"][row] == f"{weights.size:,}"
        for column, value in (
            ("Length of the step", np.linalg.norm(step)),
            ("Of the weights' length", 100 * np.linalg.norm(step) / np.linalg.norm(weights)),
            ("Largest change", abs(step).max()),
        ):
            text = moved[column][row].removesuffix("%")
            assert float(text) == pytest.approx(value, rel=6e-3), column
    assert any(f"After one step, loss {after:.3f}" in c.value for c in at.caption)
    networks = [Classifier.load(file)]
    for _ in range(gradient_step.STEPS):
        layers, _ = one_step(networks[-1], digits.x_test[INDEX], target, 0.01)
        moved_layers = [(weights + step).astype(np.float32) for weights, step in layers]
        kernels, biases = zip(*((w[:-1], w[-1]) for w in moved_layers), strict=True)
        networks.append(Classifier(kernels, biases, networks[0].activation_names))
    probabilities = [network.probabilities(digits.x_test[INDEX][None])[0] for network in networks]
    bars = [e.proto.body for e in at.get("html") if "Probability of each digit" in e.proto.body]
    for html, expected in zip(bars[-2:], probabilities, strict=False):  # before, and after one step
        assert re.findall(r"<span>([^<]*%)</span>", html) == [
            escape(percent(share)) for share in expected.tolist()
        ]
    said = " ".join(m.value for m in at.markdown)
    flips = [p.argmax() == target for p in probabilities].index(True)
    assert f"After **{count(flips, 'step')}** the network predicts {target}." in said
    first, last = (n.accuracy(digits.x_test, digits.y_test) for n in (networks[0], networks[-1]))
    assert f"went from {accuracy_text(first)} to {accuracy_text(last)}" in said
    at.select_slider(key="step-rate").set_value(1.0).run()
    assert "overshoot" in " ".join(m.value for m in at.markdown)
    at.select_slider(key="step-rate").set_value(1e-6).run()
    assert "overshoot" not in " ".join(m.value for m in at.markdown)
    assert file.read_bytes() == before


def test_another_digit_is_another_and_stays(open_page, digits):
    at = open_page("network", run="compact")
    first = at.number_input(key="way-index").value
    assert at.run().number_input(key="way-index").value == first
    chosen = set()
    for _ in range(3):
        at.button(key="another-digit").click().run()
        chosen.add(at.number_input(key="way-index").value)
    assert chosen != {first}
