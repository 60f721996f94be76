"""Durations and other people's texts as a page shows them."""

import pytest

from pages.components.shell.text import WORD_JOINER, duration, plain, roughly


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


def test_what_others_wrote_stands_in_markdown_as_it_is():
    assert plain("a*b* [x](http://y) $z$ :red[w] <b>") == (
        r"a\*b\* \[x\]\(http\:" + WORD_JOINER + r"\/\/y\) \$z\$ \:red\[w\] \<b\>"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "a few seconds"),
        (38, "40 seconds"),
        (70, "a minute"),
        (100, "2 minutes"),
        (5000, "83 minutes"),
        (9000, "2.5 hours"),
        (40_000, "11 hours"),
    ],
)
def test_an_expected_time_is_told_roughly(seconds, text):
    assert roughly(seconds) == text
