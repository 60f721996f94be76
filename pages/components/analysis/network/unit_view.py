"""One unit of a network: what it responds to, and how predictions change without it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.internals import units
from mnist_core.evaluation.internals.forward_pass import number_text
from mnist_core.evaluation.internals.units import Ablation, LayerActivity
from mnist_core.network.inference import Classifier
from mnist_core.runs.run import Run
from pages.components.shell import address, classes, dataset, empty_states, networks
from pages.components.shell.address_parameters import PARAMETERS
from pages.components.shell.background import result_when_done
from pages.components.shell.classes import thing, things
from pages.components.shell.steady import steady
from pages.components.widgets.browser import clickable
from pages.components.widgets.charts import bar_list
from pages.components.widgets.images.digit_grid import digit_strip
from pages.components.widgets.images.weight_tiles import cells, tiles

DIGITS_LOOKED_AT = 5_000  # training digits whose responses are computed
UNITS_IN_A_ROW = 64
UNITS_OFFERED = 5  # units by their activity
MAX_CHANGED = 24  # digits shown that are predicted differently without the unit
WEIGHTS_IN_A_ROW = 32  # weights of a unit in a deeper layer
_CLICKED = "unit-clicked"  # whether one of the most active units was clicked
_SUGGESTED = "unit-suggested"
VIEW = "unit-view"  # key of the container, to which a click on a tile scrolls


def open_unit(layer: int, unit: int) -> None:
    """Show this unit of a hidden layer, both counted from 0; for callbacks."""
    address.put(unit=f"{layer + 1}.{unit}")


def suggest_unit(unit: str) -> None:
    """Have this unit shown, in the form of `?unit=`, where the address names none."""
    st.session_state[_SUGGESTED] = unit


def offer_units(layer: int, values: NDArray[np.floating]) -> bool:
    """A hidden layer's outputs as a picture, each cell a unit that can be clicked, and buttons for
    the most active ones; whether one was clicked.

    Args:
        layer: 0 for the first hidden layer.
        values: (units,), the outputs for one digit.
    """

    def open_clicked(unit: int) -> None:
        open_unit(layer, unit)
        st.session_state[_CLICKED] = True

    buttons = "".join(
        f'<button type="button" data-index="{unit}" title="Unit {unit} of hidden layer '
        f'{layer + 1}, output {number_text(float(values[unit]))}">{unit}</button>'
        for unit in np.argsort(-values, kind="stable")[:UNITS_OFFERED].tolist()
    )
    picture = cells(values, UNITS_IN_A_ROW, f"Activations of hidden layer {layer + 1}")
    html = (
        f'<div data-shows=".st-key-{VIEW}">{picture}'
        '<div class="units-to-click">Click a cell, or one of the most active units: '
        f"{buttons}</div></div>"
    )
    clickable.show(html, open_clicked, f"active-{layer}")
    return bool(st.session_state.pop(_CLICKED, False))


def show_unit(run: Run) -> None:
    """Choose a unit, and show its weights, the digits that it responds to, and what it is for."""
    classifier = networks.classifier(run)
    if not classifier.activation_names:
        st.info(empty_states.NO_HIDDEN_LAYER)
        return
    with st.container(key=VIEW):
        st.subheader("One unit")
        layer, unit = _choose(classifier)
        data = dataset.get(tell=False)
        few = slice(DIGITS_LOOKED_AT)
        activity = result_when_done(
            ("unit activity", *networks.weights_key(run), data.name),
            lambda report: units.activity(classifier, data.x_train[few], data.y_train[few], report),
            "Looking at what the units respond to",
        )
        left, right = st.columns([1, 2], gap="large")
        with left:
            _show_weights(classifier, layer, unit)
        with right:
            if activity:
                _show_responses(activity[layer], unit, data)
        with steady():
            if activity:
                _show_dead(classifier, activity, data)
        off = st.toggle(
            "Switch this unit off",
            key="unit-off",
            help="Its output is set to 0, whatever its inputs. The network itself is not changed.",
        )
        with steady():
            if off:
                _show_without(run, classifier, layer, unit, data)


def _choose(classifier: Classifier) -> tuple[int, int]:
    """The hidden layer and the number of the unit, kept in the address as `?unit=`."""
    widths = [len(bias) for bias in classifier.biases[:-1]]
    usual = f"1.{int(np.argmax(np.linalg.norm(classifier.kernels[0], axis=0)))}"
    asked = address.asked("unit") or st.session_state.get(_SUGGESTED, usual)
    layer, unit = _parts(asked)
    if layer >= len(widths) or unit >= widths[layer]:
        address.note_unknown("unit", ())
        layer, unit = _parts(usual)
    st.session_state["unit-layer"], st.session_state["unit-number"] = layer, unit
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Hidden layer",
            range(len(widths)),
            format_func=lambda layer: str(layer + 1),
            required=True,
            key="unit-layer",
            on_change=_choose_layer,
        )
        st.number_input(
            "Unit", 0, widths[layer] - 1, key="unit-number", on_change=_choose_number, width=160
        )
    return layer, unit


def _parts(asked: str) -> tuple[int, int]:
    """The layer and the unit that the address names, both from 0."""
    if not PARAMETERS["unit"].kind.allows(asked):
        return 0, 0
    layer, unit = asked.split(".")
    return int(layer) - 1, int(unit)


def _choose_layer() -> None:
    open_unit(st.session_state["unit-layer"], 0)


def _choose_number() -> None:
    open_unit(st.session_state["unit-layer"], st.session_state["unit-number"])


def _show_weights(classifier: Classifier, layer: int, unit: int) -> None:
    weights = classifier.kernels[layer][:, unit]
    described = f"Weights of unit {unit} of hidden layer {layer + 1}"
    with st.container(width=252):
        if layer == 0:
            tiles(weights.reshape(1, IMAGE_SIDE, IMAGE_SIDE), 1, described, "unit-weights")
        else:
            columns = min(WEIGHTS_IN_A_ROW, weights.size)
            padded = np.pad(weights, (0, -weights.size % columns))
            tiles(padded.reshape(1, -1, columns), 1, described, "unit-weights")
    which = "one for each pixel" if layer == 0 else f"one for each unit of hidden layer {layer}"
    bias = number_text(float(classifier.biases[layer][unit]))
    st.caption(f"Its {weights.size:,} weights, {which}; bias {bias}.")


def _show_responses(activity: LayerActivity, unit: int, data: Dataset) -> None:
    for title, indices in (("most", activity.most), ("least", activity.least)):
        shown = indices[:, unit]
        st.caption(f"Training {things()} that excite it {title}")
        names = [
            f"{classes.capital_a(int(data.y_train[index]))}, training {thing()} No. {index:,}"
            for index in shown
        ]
        digit_strip(data.x_train[shown], names)
    st.caption(f"How often its output is above 0, by {classes.kind()}")
    active = activity.active[:, unit]
    texts = [percent(share, counted=True) for share in active.tolist()]
    _bars(f"Share of each {classes.kind()}'s images", active, texts, 0)


def _show_dead(classifier: Classifier, activity: list[LayerActivity], data: Dataset) -> None:
    counts = [f"{layer.dead.size:,} of {layer.highest.size:,}" for layer in activity]
    layers = "; ".join(f"hidden layer {n}: {text}" for n, text in enumerate(counts, 1))
    looked = min(DIGITS_LOOKED_AT, data.y_train.size)
    st.caption(
        f"Based on the first {looked:,} training {things()}. Dead units (output never above 0, or "
        f"always the same): {layers}."
    )


def _show_without(run: Run, classifier: Classifier, layer: int, unit: int, data: Dataset) -> None:
    ablation = result_when_done(
        ("without unit", *networks.weights_key(run), data.name, layer, unit),
        lambda report: units.ablate(classifier, data.x_test, layer, unit, report),
        f"Classifying {data.y_test.size:,} test {things()} without it",
    )
    if not ablation:
        return
    st.markdown(in_words(ablation, data.y_test))
    if ablation.changed.size:
        _show_changed(ablation, data)
    st.markdown("**What it pushes each output towards**")
    largest = max(float(np.abs(ablation.logit_effect).max()), 1e-12)
    texts = [number_text(push) for push in ablation.logit_effect.tolist()]
    _bars(f"Push by {classes.kind()}", ablation.logit_effect / largest, texts, 0.5)
    st.caption(
        f"What the unit adds to each logit, on average over the test {things()}, compared with the "
        f"mean of all: blue makes a {classes.kind()} more likely, orange less."
    )


def _show_changed(ablation: Ablation, data: Dataset) -> None:
    changed = ablation.changed[:MAX_CHANGED]
    names = [
        f"{classes.capital_a(int(data.y_test[index]))}, test {thing()} No. {index:,}: predicted as "
        f"{classes.name(ablation.before[index])}, without the unit as "
        f"{classes.name(ablation.after[index])}"
        for index in changed
    ]
    digit_strip(data.x_test[changed], names)
    turned = [
        f"{classes.shown(ablation.before[index])} → {classes.shown(ablation.after[index])}"
        for index in changed
    ]
    more = " …" if ablation.changed.size > changed.size else ""
    st.caption(f"Predicted with the unit → without it: {', '.join(turned)}{more}")


def in_words(ablation: Ablation, labels: NDArray[np.uint8]) -> str:
    """What changes without the unit, in Markdown."""
    before, after = (float((p == labels).mean()) for p in (ablation.before, ablation.after))
    fixed = int(((ablation.before != labels) & (ablation.after == labels)).sum())
    broken = int(((ablation.before == labels) & (ablation.after != labels)).sum())
    accuracy = f"accuracy on the test {things()} {accuracy_text(after)} instead of "
    accuracy += accuracy_text(before)
    if not ablation.changed.size:
        return (
            f"Without it no test {thing()} is predicted differently: {accuracy}. Other units do "
            "its work."
        )
    return (
        f"Without it **{count(ablation.changed.size, f'test {thing()}')}** of {labels.size:,} "
        f"{'is' if ablation.changed.size == 1 else 'are'} predicted differently: {accuracy}. That "
        f"adds {count(broken, 'error')} and fixes {fixed:,}."
    )


def _bars(named: str, values: NDArray[np.floating], texts: list[str], middle: float) -> None:
    """A bar for each digit: to the right of the middle if its value is above 0, else to the left.

    Args:
        named: What the bars are, for screen readers.
        values: (classes,), from -1 to 1; NaN where there is no value.
        texts: The figure beside each bar.
        middle: Where 0 is, 0 (left) to 1 (right).
    """
    lines = []
    for digit, (value, text) in enumerate(zip(np.nan_to_num(values).tolist(), texts, strict=True)):
        length = 100 * abs(value) * max(middle, 1 - middle)
        left = 100 * middle - (length if value < 0 else 0)
        kind = "for" if value >= 0 else "against"
        bar = f'<i class="{kind}" style="left:{left:.1f}%;width:{length:.1f}%"></i>'
        lines.append(bar_list.line(classes.name(digit), bar, text))
    st.html(bar_list.bar_list(lines, named, "unit-bars", f'style="--middle:{middle:.0%}"'))
