"""One unit on the Network page, against the network whose weights from that unit are zero."""

import re

import numpy as np

from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from tests.pages.conftest import clickables


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption])


def html(at) -> str:
    return " ".join(element.proto.body for element in at.get("html"))


def test_a_unit_of_the_address_shows_its_digits_and_what_is_lost_without_it(open_page, digits):
    classifier = Classifier.load(store.get("compact").weights_path)
    at = open_page("network", run="compact", unit="2.7")
    assert at.number_input(key="unit-number").value == 7
    outputs = classifier.activations(digits.x_train)[1][:, 7]
    most, least = np.argmax(outputs), np.argmin(outputs)
    shown = re.findall(r"training digit No\. (\d+)", html(at).replace(",", ""))
    assert str(most) in shown[:20]  # alt and title of ten
    assert str(least) in shown[20:]
    share = 100 * (outputs[digits.y_train == 3] > 0).mean()
    (bars,) = re.findall(r'aria-label="Share of each digit&#x27;s images".*?</div></div>', html(at))
    assert f"{share:.1f}%" in bars

    at.toggle(key="unit-off").set_value(True).run()
    kernels = [kernel.copy() for kernel in classifier.kernels]
    kernels[2][7] = 0
    cut = Classifier(tuple(kernels), classifier.biases, classifier.activation_names)
    before, after = (c.logits(digits.x_test).argmax(axis=1) for c in (classifier, cut))
    accuracy = [f"{100 * (p == digits.y_test).mean():.2f}%" for p in (after, before)]
    assert f"accuracy on the test digits {accuracy[0]} instead of {accuracy[1]}" in texts(at)
    pushes = (classifier.logits(digits.x_test) - cut.logits(digits.x_test)).mean(axis=0)
    pushes -= pushes.mean()
    found = re.findall(r"<span>(−?\d+\.\d{3})</span></div>", html(at).split("Push by digit")[1])
    shown = [float(text.replace("−", "-")) for text in found]
    np.testing.assert_allclose(shown, pushes, atol=2e-3)


def test_layer_number_tiles_and_active_units_choose_the_unit(open_page, digits):
    at = open_page("network", run="compact")
    strongest = Classifier.load(store.get("compact").weights_path).kernels[0]
    assert at.number_input(key="unit-number").value == np.linalg.norm(strongest, axis=0).argmax()
    (tiles,) = (html for html in clickables(at) if "tiles-to-click" in html)
    assert len(re.findall(r'data-index="\d+" title="Unit \d+ of hidden layer 1"', tiles)) == 64
    at.button_group(key="unit-layer").set_value(2).run()
    assert at.query_params["unit"] == "3.0"
    at.number_input(key="unit-number").set_value(95).run()
    assert at.query_params["unit"] == "3.95"
    offered = [html for html in clickables(at) if "the most active units" in html]
    image = digits.x_test[at.number_input(key="way-index").value]
    classifier = Classifier.load(store.get("compact").weights_path)
    for html, (values,) in zip(offered, classifier.activations(image[None]), strict=True):
        units = [int(unit) for unit in re.findall(r'data-index="(\d+)"', html)]
        assert units == np.argsort(-values, kind="stable")[:5].tolist()
        assert f'data-cells="{values.size}"' in html
    assert at.button_group(key="unit-layer").value == 2


def test_a_unit_that_does_not_exist_is_named(open_page, digits):
    at = open_page("network", run="compact", unit="1.96")
    assert "1\\.96" in at.warning[0].value
    at = open_page("network", run="compact", unit="4.0")
    assert "does not exist here" in at.warning[0].value
