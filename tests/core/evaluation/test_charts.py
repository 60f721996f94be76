import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from mnist_core.evaluation import charts
from mnist_core.evaluation.internals.loss_landscape import LossLandscape
from mnist_core.evaluation.metrics import Reliability, wilson_interval


def test_class_distribution_gives_shares_and_keeps_the_counts():
    train, test = np.arange(1, 11), np.full(10, 5)
    first, second = charts.class_distribution({"Training": train, "Test": test}).data
    assert first.y.sum() == pytest.approx(1)
    assert first.y[9] == pytest.approx(10 / 55)
    assert first.customdata[9] == [10, "18.2%", "9"]
    assert (second.name, second.y[0]) == ("Test", 0.1)
    letters = charts.class_distribution({"Training": np.array([1, 3])}, ["A", "<b>"], "Class")
    assert letters.layout.xaxis.ticktext == ("A", "&lt;b&gt;")
    assert letters.data[0].y.tolist() == [0.25, 0.75]


def test_reliability_bars_stand_over_their_bins_and_leave_out_empty_ones():
    calibration = Reliability(
        edges=np.linspace(0, 1, 6),
        counts=np.array([0, 0, 4, 0, 96]),
        confidence=np.array([np.nan, np.nan, 0.5, np.nan, 0.97]),
        accuracy=np.array([np.nan, np.nan, 0.25, np.nan, 1.0]),
        error=0.0388,
    )
    bars, ideal = charts.reliability_diagram(calibration, chosen=4).data
    assert bars.x == pytest.approx([0.5, 0.9])
    assert bars.y == pytest.approx([0.25, 1])
    assert json.loads(bars.to_json())["customdata"] == [
        [2, 4, "50.0%", "25.00%"],
        [4, 96, "97.0%", "100.00%"],
    ]
    assert bars.marker.opacity[0] < 0.5 < bars.marker.opacity[1] == 1
    low, high = wilson_interval(np.array([1]), np.array([4]))
    assert bars.y[0] - bars.error_y.arrayminus[0] == pytest.approx(low[0])
    assert bars.y[0] + bars.error_y.array[0] == pytest.approx(high[0])
    assert ideal.x == ideal.y == (0, 1)


def test_the_histogram_counts_correct_predictions_and_errors_apart():
    place = np.array([3, 5, 5, 9, 9])
    correct = np.array([False, True, False, True, True])
    right, wrong = charts.confidence_histogram(place, correct, 10, chosen=(1, 5)).data
    assert list(right.y) == [0, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert list(wrong.y) == [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    assert [right.customdata[9][1], right.customdata[0][1]] == ["90% to 100%", "0% to 10%"]
    assert max(right.marker.opacity) < 0.5  # pale
    assert [place for place, of in enumerate(wrong.marker.opacity) if of == 1] == [5]


def test_the_line_over_coverage_keeps_its_ends_when_thinned():
    coverage = np.arange(1, 5001) / 5000
    accuracy = np.linspace(1, 0.97, 5000)
    figure = charts.accuracy_by_coverage(coverage, accuracy, chosen=0.9)
    (line,) = figure.data
    assert len(line.x) == 500
    assert (line.x[0], line.x[-1], line.y[-1]) == (coverage[0], 1, 0.97)
    assert line.customdata[-1] == ["100.0%", "97.00%"]
    assert figure.layout.shapes[0].x0 == 0.9
    assert figure.layout.yaxis.range[0] < 0.97


def test_figures_take_the_colours_of_the_page():
    figure = charts.class_distribution({})
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None


def test_stress_curves_have_a_line_for_each_network_and_escape_its_name():
    accuracy = np.linspace(1, 0.5, 6)
    figure = charts.stress_curves({"<b>a": accuracy, "b": accuracy / 2}, list("abcdef"), 3)
    assert [line.name for line in figure.data] == ["&lt;b&gt;a", "b"]
    assert list(figure.data[1].y) == (accuracy / 2).tolist()
    assert list(figure.data[1].customdata[3]) == [3, "d", "35.00%"]
    assert len({line.line.color for line in figure.data}) == 2


def test_the_loss_is_a_colour_for_each_point_and_the_path_names_its_epochs():
    losses = np.geomspace(0.01, 10, 25).reshape(5, 5)
    ends = np.linspace(-1, 1, 5)
    path = np.array([[-0.5, 0.5], [0.2, 0.1], [0.0, 0.0]])
    landscape = LossLandscape(
        np.array([2, 9]), path, np.array([2.5, 0.04, 0.03]), np.array([0.8, 0.15]), ends, ends * 2,
        losses, 500,
    )  # fmt: skip
    figure = charts.loss_contours(landscape)
    points, scale, _, line = figure.data
    np.testing.assert_allclose(points.customdata, losses.ravel())
    assert list(scale.marker.colorbar.ticktext) == ["0.01", "0.0562", "0.316", "1.78", "10"]
    assert (points.x[1], points.y[5]) == (ends[1], 2 * ends[1])
    (picture,) = figure.layout.images
    assert (picture.x, picture.y, picture.sizex, picture.sizey) == (-1, 2, 2, 4)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.source.split(",")[1]))))
    first, last = slice(None, 9), slice(-9, None)
    left_low, right_low, left_high, right_high = (
        pixels[corner].sum(axis=-1).max()  # lines are darker
        for corner in ((last, first), (last, last), (first, first), (first, last))
    )
    assert left_low < right_low < left_high < right_high
    colours = len(np.unique(pixels.reshape(-1, 3), axis=0))  # with those of the lines
    assert charts.BANDS <= colours <= 2 * charts.BANDS
    assert [list(point) for point in line.customdata] == [
        ["epoch 2", "2.5"], ["epoch 9", "0.04"], ["final", "0.03"],
    ]  # fmt: skip
    assert list(zip(line.x, line.y, strict=True)) == [tuple(point) for point in path]
