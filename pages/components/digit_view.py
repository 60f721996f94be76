"""One digit in full: what the network said, why, when it learned it, and what resembles it.

It opens over the page; `?index=` in the address is the digit's place in its set.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import explanation, figures, results
from mnist_core.datasets import Dataset
from mnist_core.evaluation import Evaluation
from mnist_core.inference import Classifier, WeightsError
from mnist_core.results import Part
from mnist_core.runs import Run
from pages.components import layout, prediction
from pages.components.answers import Answers, other_networks
from pages.components.digit_grid import data_uri, digit_strip
from pages.components.doubts import doubted

SIDE = 252  # px of the large picture: nine for each of the digit's
NEIGHBOURS = 6
MOST_NETWORKS = 12
FOR, AGAINST = (217, 72, 15), (37, 99, 235)  # orange for the answer, blue for the other digit
SET_NAMES = {"test": "Test", "validation": "Training", "train": "Training"}


def open_digit(index: int) -> None:
    """Show the digit at this place of its set when the page runs next."""
    st.query_params["index"] = str(index)


def close_digit() -> None:
    """Show no digit."""
    st.query_params.pop("index", None)


def show_chosen_digit(answers: Answers, order: NDArray[np.int64]) -> None:
    """Open the digit that the address names, if it names one.

    Args:
        answers: The digits and what the network said of them.
        order: Positions among which "next" and "previous" lead.
    """
    asked = st.query_params.get("index")
    if asked is None:
        return
    if _position(answers.part, asked) is None:
        st.warning(
            f"The address asks for the digit No. {asked[:20]}, which is not among these.",
            icon=":material/link_off:",
        )
        close_digit()
        return
    _dialog(answers, order)


def _position(part: Part, asked: str) -> int | None:
    return part.position(int(asked)) if asked.isdecimal() and len(asked) < 9 else None


@st.dialog("One digit", width="medium", on_dismiss=close_digit)
def _dialog(answers: Answers, order: NDArray[np.int64]) -> None:
    part = answers.part
    position = _position(part, st.query_params.get("index", ""))
    if position is None:
        return
    image, label = part.images(np.array([position]))[0], int(part.labels[position])
    probabilities = answers.result.probabilities[position]
    answer = int(probabilities.argmax())
    # Against the label where the answer is wrong, else against the second choice.
    rival = label if answer != label else int(np.argsort(probabilities)[-2])
    with st.container(key="digit-view"):
        _show_steps(part, order, position)
        _show_answer(part, answers.result, position, image)
        if int(part.indices[position]) in doubted(answers):
            st.info(
                "**The label is doubtful**: asked together, the networks say another digit.",
                icon=":material/help:",
            )
            st.page_link("pages/doubtful_labels.py", label="Judge it", icon=":material/gavel:")
        _show_pixels(answers.classifier, image, answer, rival)
        _show_epochs(answers.run, image, label, answer)
        own = None if part.name == "test" else int(part.indices[position])
        _show_neighbours(
            answers, image, own, (rival, answer) if rival == label else (answer, rival)
        )
        _show_other_networks(answers.run, image, label)


def _show_steps(part: Part, order: NDArray[np.int64], position: int) -> None:
    found = np.flatnonzero(order == position)
    if not found.size:
        return
    place = int(found[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            target = place + step
            inside = 0 <= target < order.size
            st.button(
                label,
                key=f"{label.lower()}-digit",
                shortcut=key,
                disabled=not inside,
                on_click=open_digit,
                args=(int(part.indices[order[target]]) if inside else 0,),
            )
        st.markdown(f"{place + 1:,} of {order.size:,}")


def _show_answer(part: Part, result: Evaluation, position: int, image: NDArray[np.uint8]) -> None:
    label, answer = int(result.labels[position]), int(result.predicted[position])
    picture, bars = st.columns([2, 3], gap="medium")
    with picture:
        _picture(image, f"Handwritten {label}")
        st.caption(f"{SET_NAMES[part.name]} image No. {int(part.indices[position]):,}")
    with bars:
        said = "rightly" if label == answer else "wrongly"
        st.markdown(
            f"A **{label}**, {said} called **{answer}** with "
            f"**{result.confidence[position]:.1%}**; loss {result.losses[position]:.3f}"
        )
        prediction.probability_bars(result.probabilities[position], key="digit-probabilities")


def _show_pixels(classifier: Classifier, image: NDArray[np.uint8], answer: int, rival: int) -> None:
    parts = explanation.gradient_times_input(classifier, image, answer, rival)
    picture, words = st.columns([2, 3], gap="medium")
    with picture:
        _picture(pixel_colours(parts, image), "Which pixels spoke for the answer")
    with words:
        logits = classifier.logits(image[None])[0]
        st.markdown(
            f"**Which pixels spoke for {answer}, which for {rival}?** Orange ink made {answer} "
            f"more likely, blue ink {rival}; the stronger the colour, the more. Grey ink hardly "
            "mattered."
        )
        st.caption(
            f"Method: gradient × input, on the difference of the two logits "
            f"({logits[answer]:.2f} − {logits[rival]:.2f} = {logits[answer] - logits[rival]:.2f}). "
            "It tells what the ink did, not what missing ink would have done."
        )


def pixel_colours(parts: NDArray[np.float32], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour each pixel's part: orange where positive, blue where negative, grey where none.

    Args:
        parts: (28, 28), of any scale.
        image: (28, 28) uint8, the digit, which shows faintly through.

    Returns:
        (28, 28, 4) uint8, red, green, blue and opacity; paper is transparent.
    """
    # The strongest hundredth of the pixels shares the full colour.
    strength = np.clip(np.abs(parts) / max(float(np.quantile(np.abs(parts), 0.99)), 1e-12), 0, 1)
    opacity = strength + (1 - strength) * 0.45 * image / 255
    share = np.divide(strength, opacity, out=np.zeros_like(strength), where=opacity > 0)[..., None]
    colour = np.where(parts[..., None] > 0, FOR, AGAINST) * share + 128 * (1 - share)
    return np.rint(np.dstack([colour, 255 * opacity])).astype(np.uint8)


def _show_epochs(run: Run, image: NDArray[np.uint8], label: int, answer: int) -> None:
    epochs, answers = results.over_epochs(run, image)
    if len(epochs) < 2:
        return
    st.markdown("**When did it learn or unlearn it?**")
    st.plotly_chart(
        figures.probabilities_over_epochs(epochs, answers, label, answer),
        key="digit-over-epochs",
        config={"displayModeBar": False},
    )


def _show_neighbours(
    answers: Answers, image: NDArray[np.uint8], own: int | None, digits: tuple[int, int]
) -> None:
    data, classifier = answers.data, answers.classifier
    features = explanation.last_hidden(classifier, image[None])[0]
    st.markdown(
        "**Most similar training images**",
        help="By distance in the network's last hidden layer: what it holds to be alike.",
    )
    columns = st.columns(2, gap="medium")
    for column, digit in zip(columns, digits, strict=True):
        candidates = np.flatnonzero(data.y_train == digit)
        known = _features_of(classifier, data, data.name, *answers.weights, digit)
        nearest, distances = explanation.nearest(known, features, NEIGHBOURS + 1)
        places = [
            (int(candidates[n]), float(d))
            for n, d in zip(nearest, distances, strict=True)
            if candidates[n] != own
        ][:NEIGHBOURS]
        with column:
            if not places:
                st.caption(f"There is no {digit} to compare with.")
                continue
            st.caption(f"Among the {digit}s, nearest at distance {places[0][1]:.2f}")
            digit_strip(
                data.x_train[[place for place, _ in places]],
                [f"A {digit}, training image No. {p:,}, distance {d:.2f}" for p, d in places],
            )


def _show_other_networks(run: Run, image: NDArray[np.uint8], label: int) -> None:
    others = other_networks(run)[:MOST_NETWORKS]
    if not others:
        return
    st.markdown("**What other networks say**")
    rows, names = [], layout.distinct_names(others)
    for other in others:
        try:
            said = layout.classifier(other).probabilities(image[None])[0]
        except (WeightsError, OSError):
            st.caption(f"The weights of {layout.plain(other.name)} cannot be read.")
            continue
        answer = int(said.argmax())
        rows.append(
            {
                "Network": names[other.id],
                "Answer": f"{answer} ✓" if answer == label else str(answer),
                "How sure": float(said[answer]),
                f"For {label}, the label": float(said[label]),
            }
        )
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={"How sure": share, f"For {label}, the label": share},
    )


def _picture(image: NDArray[np.uint8], alt: str) -> None:
    st.html(
        f'<img src="{data_uri(image)}" alt="{alt}" style="width:100%;max-width:{SIDE}px;'
        'aspect-ratio:1;image-rendering:pixelated;border-radius:4px;display:block">'
    )


# A digit's 6,000 training images take some 0.1 s; 30 entries are three networks' ten digits.
@st.cache_resource(show_spinner=False, max_entries=30)
def _features_of(
    _network: Classifier, _data: Dataset, data_name: str, path: str, modified: int, digit: int
) -> NDArray[np.float32]:
    return explanation.last_hidden(_network, _data.x_train[_data.y_train == digit])
