"""Numbers, shares and durations in words."""

import pytest

from mnist_core.config.formatting import (
    accuracy_text,
    article,
    bin_text,
    count,
    duration,
    magnitude,
    percent,
    ratio,
)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (0.5, "50.0%"), (0.9994, "99.9%"), (0.99951, "> 99.9%"), (1.0, "> 99.9%")],
)
def test_no_probability_is_rounded_up_to_certainty(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "places", "text"),
    [
        (0.871, 0, "87%"),
        (0.994, 0, "99%"),
        (0.996, 0, "99.6%"),
        (0.9999, 0, "> 99.9%"),
        (0.99994, 2, "99.99%"),
        (0.99997, 2, "> 99.99%"),
    ],
)
def test_the_places_after_the_point_can_be_chosen(share, places, text):
    assert percent(share, places) == text


def test_a_share_of_a_count_may_be_all():
    assert percent(1.0, counted=True) == "100.0%"
    assert accuracy_text(1.0) == "100.00%"
    assert accuracy_text(59_998 / 60_000) == "> 99.99%"


def test_what_is_no_number_is_a_dash():
    assert percent(float("nan")) == accuracy_text(float("nan")) == "–"
    assert (ratio(float("nan")), ratio(0.98765)) == ("–", "0.9877")


def test_a_number_of_things():
    assert [count(n, "epoch") for n in (0, 1, 1200)] == ["0 epochs", "1 epoch", "1,200 epochs"]
    assert [count(n, "loss", "losses") for n in (1, 2)] == ["1 loss", "2 losses"]


@pytest.mark.parametrize("what", ["an 8", "a 1", "a 0", "an epoch", "a run", "an 11", "an 80"])
def test_the_article_is_the_spoken_one(what):
    assert article(what.split()[1]) == what


def test_a_bin_of_shares_reaches_from_none_to_all():
    assert [bin_text(0, 0.05), bin_text(0.95, 1)] == ["0% to 5%", "95% to 100%"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.03141, "0.0314"), (123.45, "123"), (12345, "1.2 × 10⁴"),
        (1.44e-10, "1.4 × 10⁻¹⁰"), (-2e12, "-2.0 × 10¹²"), (float("inf"), "too large"),
    ],
)  # fmt: skip
def test_a_number_of_any_size_is_written_without_programmers_notation(value, text):
    assert magnitude(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3599, "59 min 59 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_have_the_units_that_fit(seconds, text):
    assert duration(seconds) == text
