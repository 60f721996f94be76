"""Words and figures as people write them."""

import pytest

from pages.components.shell.text import article, count, duration, percent, plain


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
    assert percent(1.0, 2, counted=True) == "100.00%"
    assert percent(59_998 / 60_000, 2, counted=True) == "> 99.99%"


def test_a_number_of_things():
    assert [count(n, "epoch") for n in (0, 1, 1200)] == ["0 epochs", "1 epoch", "1,200 epochs"]
    assert [count(n, "loss", "losses") for n in (1, 2)] == ["1 loss", "2 losses"]


@pytest.mark.parametrize("what", ["an 8", "a 1", "a 0", "an epoch", "a run", "an 11", "an 80"])
def test_the_article_is_the_spoken_one(what):
    assert article(what.split()[1]) == what


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.4, "12 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (59.6, "1 min 0 s")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_what_others_wrote_stands_in_markdown_as_it_is():
    assert plain("a*b* [x](http://y) $z$ :red[w] <b>") == (
        r"a\*b\* \[x\]\(http\:\/\/y\) \$z\$ \:red\[w\] \<b\>"
    )
