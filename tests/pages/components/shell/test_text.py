"""Other people's texts as a page shows them."""

import re
from pathlib import Path

import pytest

from mnist_core.runs import environment
from pages.components.shell.text import WORD_JOINER, plain, roughly


def escaped(text: str) -> str:
    """Markdown of a text in which no letter, digit or space has a meaning of its own."""
    return re.sub(r"([^\w\s…]|_)", r"\\\1", text)


def test_what_others_wrote_stands_in_markdown_as_it_is():
    assert plain("a*b* [x](http://y) $z$ :red[w] <b>") == (
        r"a\*b\* \[x\]\(http\:" + WORD_JOINER + r"\/\/y\) \$z\$ \:red\[w\] \<b\>"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "a few seconds"),
        (38, "about 40 seconds"),
        (70, "about a minute"),
        (100, "about 2 minutes"),
        (5000, "about 83 minutes"),
        (9000, "about 2.5 hours"),
        (40_000, "about 11 hours"),
    ],
)
def test_an_expected_time_is_given_roughly(seconds, text):
    assert roughly(seconds) == text


@pytest.mark.parametrize("mode", ["class", "public", "wrong"])
def test_among_others_no_text_tells_where_the_server_keeps_its_files(
    monkeypatch, runs_directory, mode
):
    lacking = f"{runs_directory}/a-run/weights.npz is no file, {runs_directory} is full"
    assert plain(lacking) == escaped(lacking)
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    assert plain(lacking) == escaped("a-run/weights.npz is no file, … is full")
    kept = environment.MODELS / "pretrained" / "compact" / "model.keras"
    assert plain(f"[Errno 13] Permission denied: '{kept}'") == escaped(
        "[Errno 13] Permission denied: 'models/pretrained/compact/model.keras'"
    )
    assert plain(f"{Path.home()}/x") == "x"
    monkeypatch.setenv("MNIST_NPZ", "/data of school/mnist.npz")
    assert plain("/data of school/mnist.npz is damaged") == escaped("mnist.npz is damaged")
    assert plain("a/b, or 1/2") == escaped("a/b, or 1/2")
