"""Histograms drawn as lines, without a browser."""

import re

import numpy as np

from mnist_core.evaluation.internals.layer_histograms import Histograms
from pages.components.analysis.network.histogram_lines import histogram_lines


def test_lines_have_their_shares_as_heights_and_the_axes_their_ends():
    shares = {"epoch <1>": np.array([0.25, 0.75]), "final": np.array([0.5, 0.5])}
    html = histogram_lines(Histograms(np.array([-1.0, 0, 1]), shares, {}), "Of <weights>")
    # Bins of the same width: their middles lie at a quarter and three; 0.75 is highest.
    assert re.findall('points="(.*?)"', html) == [
        "25.00,66.67 75.00,0.00",
        "25.00,33.33 75.00,33.33",
    ]
    assert re.findall('class="below"[^>]*>(.*?)<', html) == ["−1", "−0.5", "0", "0.5", "1"]
    assert re.findall('class="beside"[^>]*>(.*?)<', html) == ["0.0%", "37.5%", "75.0%"]
    assert re.findall("<title>(.*?)</title>", html) == ["epoch &lt;1&gt;", "final"]
    assert "<weights>" not in html


def test_a_tick_close_to_zero_is_zero():
    shares = {"final": np.array([1.0])}
    html = histogram_lines(Histograms(np.array([-0.296, 0.29]), shares, {}), "")
    values = re.findall('class="below"[^>]*>(.*?)<', html)
    assert values == ["−0.3", "−0.15", "0", "0.14", "0.29"]
