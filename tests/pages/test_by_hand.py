"""By hand, on the Network page: every figure shown is recomputed from the weights."""

import math
import re

import numpy as np
import pytest
from scipy.special import log_softmax, ndtr, softmax

from mnist_core.evaluation.confidence import temperature_scaling
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from pages.components.analysis.network import forward_by_hand, gradient_step
from tests.core.evaluation.internals.test_forward_pass import adds_up

INDEX = 3  # of a test digit


@pytest.fixture
def by_hand(open_page, digits):
    """Opens a view of a test digit on the Network page."""

    def open_(view: str):
        at = open_page("network", run="compact")
        at.number_input(key="way-index").set_value(INDEX).run()
        at.button_group(key="by-hand").set_value(view).run()
        assert not at.exception, at.exception
        return at

    return open_


def numbers(text: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+\.\d+", text)]


def test_every_frame_of_the_forward_pass_checks_with_the_weights(by_hand, digits):
    at = by_hand(forward_by_hand.TITLE)
    classifier = Classifier.load(store.get("compact").weights_path)
    outputs = digits.x_test[INDEX].ravel() / 255
    level = digits.x_test[INDEX].max()
    assert any(f"{level} ÷ 255 = {level / 255:.3f}" in m.value for m in at.markdown)
    hidden, names = len(classifier.kernels) - 1, [f"hand-unit-{n}" for n in range(3)]
    for layer, name in enumerate([*names, "hand-output"]):
        at.button(key="hand-next").click().run()
        assert f"Step {layer + 2} of {hidden + 3}" in " ".join(m.value for m in at.markdown)
        unit = at.selectbox(key=name).value
        products = outputs * classifier.kernels[layer][:, unit].astype(float)
        bias = float(classifier.biases[layer][unit])
        parts = [products[products > 0].sum(), products[products < 0].sum(), bias]
        table = at.table[len(at.table) - 1].value
        shown = dict(zip(table.iloc[:, 0], table["Sum"], strict=True))
        written = [shown["Products above 0"], shown["Products below 0"], shown["Bias"]]
        for text, part in zip(written, parts, strict=True):
            assert numbers(text) == [pytest.approx(part, abs=6e-4)]
        assert numbers(shown["Together"])[-1] == pytest.approx(sum(parts), abs=6e-4)
        assert adds_up(shown["Together"])
        if layer:
            largest = at.table[len(at.table) - 2].value
            *listed, others = zip(largest["Unit"], largest["Input × weight"], strict=True)
            for place, text in listed:
                assert numbers(text)[-1] == pytest.approx(products[int(place)], abs=6e-4)
            rest = products.sum() - sum(products[int(place)] for place, _ in listed)
            assert numbers(others[1]) == [pytest.approx(rest, abs=6e-4)]
        z = outputs @ classifier.kernels[layer].astype(float) + classifier.biases[layer]
        best = int(z.argmax())
        if layer < hidden:
            outputs = np.array([x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in z])
            best = int(outputs.argmax())
            total, value = numbers(shown["GELU"])
            assert value == pytest.approx(outputs[unit], abs=6e-4)
            assert total == pytest.approx(z[unit], abs=6e-4)
        assert unit == best  # the most active one is shown first
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
