import json

import numpy as np
import pytest

from mnist_core import figures
from mnist_core.evaluation import AccuracyByDigit, Calibration, wilson_interval


@pytest.fixture
def counts() -> np.ndarray:
    """100 of each digit; 9 is called 4 twenty times, and nothing is ever called 0 but 0."""
    counts = np.eye(10, dtype=int) * 100
    counts[9, [9, 4]] = 80, 20
    counts[3, [3, 5]] = 95, 5
    return counts


def test_confusion_matrix_shows_every_count_once(counts):
    errors, right, *_ = figures.confusion_matrix(counts).data
    shown = np.nansum([errors.z, right.z], axis=0)
    np.testing.assert_array_equal(shown, counts)
    assert errors.text[9][4] == "20"
    assert errors.text[4][9] == errors.text[0][0] == right.text[9][4] == ""
    assert errors.zmax == 20  # a scale of their own, or the errors could not be told apart


def test_confusion_matrix_in_per_cent_of_rows_and_columns(counts):
    by_row = figures.confusion_matrix(counts, "true").data[0]
    by_column = figures.confusion_matrix(counts, "predicted").data[0]
    assert by_row.z[9, 4] == pytest.approx(20)
    assert by_column.z[9, 4] == pytest.approx(100 * 20 / 120)
    assert by_column.text[9][4] == "16.7"


def test_the_diagonal_can_be_hidden(counts):
    shown, _, targets = figures.confusion_matrix(counts, hide_diagonal=True).data
    assert np.isnan(np.diag(shown.z)).all()
    assert len(targets.x) == 100


def test_each_cell_has_a_marker_that_tells_true_and_predicted(counts):
    targets = figures.confusion_matrix(counts).data[-1]
    assert targets.type == "scatter"
    assert targets.marker.opacity == 0
    # What the browser gets: lists, for an array's rows would arrive there as objects.
    cells = json.loads(targets.to_json())["customdata"]
    assert {tuple(cell) for cell in cells} == {(t, p) for t in range(10) for p in range(10)}
    np.testing.assert_array_equal(cells, np.column_stack([targets.y, targets.x]))
    assert targets.hovertext[94].startswith("<b>9 called 4: 20</b><br>20.0% of all 9s")


def test_rows_and_columns_have_their_digits_beside_them_to_click(counts):
    heads = json.loads(figures.confusion_matrix(counts).data[-2].to_json())
    assert heads["customdata"] == [[t, None] for t in range(10)] + [[None, p] for p in range(10)]
    assert heads["text"] == [*"0123456789"] * 2
    assert heads["hovertext"][9] == "<b>All 9s</b><br>20 of 100 called something else"
    assert heads["hovertext"][14] == "<b>All called 4</b><br>20 of 120 wrongly"


def test_the_difference_of_two_matrices_is_signed_and_coloured_by_better_or_worse(counts):
    second = counts.copy()
    second[9, [9, 4]] = 90, 10  # ten mended
    second[3, [3, 8]] = 92, 3  # three broken
    figure = figures.confusion_difference(counts, second, ("A & B", "C"))
    worse, better = figure.data[:2]
    assert (better.text[9][9], better.text[9][4]) == ("+10", "−10")
    assert (worse.text[3][3], worse.text[3][8]) == ("−3", "+3")
    assert np.count_nonzero(~np.isnan(better.z)) == np.count_nonzero(~np.isnan(worse.z)) == 2
    assert worse.zmax == better.zmax == 10  # one scale, so that the strengths can be compared
    assert "<b>9 called 4: −10</b><br>A &amp; B: 20<br>C: 10" in figure.data[-1].hovertext
    hidden = figures.confusion_difference(counts, second, ("A", "B"), hide_diagonal=True)
    assert np.isnan(np.diag(hidden.data[0].z)).all()
    assert np.isnan(np.diag(hidden.data[1].z)).all()


def test_the_difference_of_equals_is_empty(counts):
    for layer in figures.confusion_difference(counts, counts, ("A", "B")).data[:2]:
        assert np.isnan(layer.z).all()
        assert layer.zmax > 0


@pytest.mark.parametrize(
    ("cell", "rectangle"),
    [
        ({"true": 9, "predicted": 4}, (3.5, 4.5, 8.5, 9.5)),
        ({"true": 9}, (-0.5, 9.5, 8.5, 9.5)),
        ({"predicted": 0}, (-0.5, 0.5, -0.5, 9.5)),
    ],
)
def test_the_chosen_cell_row_or_column_is_outlined(counts, cell, rectangle):
    (shape,) = figures.confusion_matrix(counts, **cell).layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == rectangle


def test_no_cell_is_outlined_unasked(counts):
    assert figures.confusion_matrix(counts).layout.shapes == ()


def test_a_matrix_without_errors_can_be_drawn():
    errors, right, *_ = figures.confusion_matrix(np.eye(10, dtype=int)).data
    assert np.isnan(errors.z).all()
    assert errors.zmax > 0
    assert right.z[0, 0] == 1


def test_class_distribution_gives_shares_and_keeps_the_counts():
    train, test = np.arange(1, 11), np.full(10, 5)
    first, second = figures.class_distribution({"Training": train, "Test": test}).data
    assert first.y.sum() == pytest.approx(1)
    assert first.y[9] == pytest.approx(10 / 55)
    assert first.customdata.tolist() == train.tolist()
    assert (second.name, second.y[0]) == ("Test", 0.1)


def test_accuracy_bars_carry_their_interval_and_leave_out_absent_digits():
    support = np.array([1000] * 9 + [0])
    right = np.array([980] * 8 + [900, 0])
    with np.errstate(invalid="ignore"):
        accuracy = AccuracyByDigit(right / support, *wilson_interval(right, support), support)
    figure = figures.accuracy_by_digit(accuracy)
    (bars,) = figure.data
    assert bars.x.tolist() == list(range(9))
    tops = bars.base + bars.y
    np.testing.assert_allclose(tops, accuracy.accuracy[:9])
    low = tops - bars.error_y.arrayminus
    high = tops + bars.error_y.array
    np.testing.assert_allclose(low, accuracy.low[:9])
    np.testing.assert_allclose(high, accuracy.high[:9])
    start = figure.layout.yaxis.range[0]
    assert 0 < start < low.min()
    assert f"starts at {start:.0%}" in figure.layout.yaxis.title.text


def test_accuracy_axis_starts_at_zero_for_a_network_that_knows_nothing():
    none = np.zeros(10, int)
    support = np.full(10, 5)
    accuracy = AccuracyByDigit(none / support, *wilson_interval(none, support), support)
    axis = figures.accuracy_by_digit(accuracy).layout.yaxis
    assert axis.range[0] == 0
    assert axis.title.text == "Called right"


def test_probability_bars_mark_the_answer_and_an_error():
    probabilities = np.full(10, 0.02)
    probabilities[4] = 0.82
    colours = figures.probability_bars(probabilities).data[0].marker.color
    assert [i for i, colour in enumerate(colours) if colour != colours[0]] == [4]
    right, wrong = (
        figures.probability_bars(probabilities, true=true).data[0].marker.color for true in (4, 9)
    )
    assert right[4] != wrong[4]
    assert wrong[9] == right[4]


def test_lines_over_the_epochs_are_of_the_true_digit_and_the_answer_or_the_strongest_rival():
    answers = np.full((3, 10), 0.01)
    answers[:, 4] = 0.9, 0.5, 0.1
    answers[:, 9] = 0.02, 0.4, 0.8
    for predicted in (4, 9):
        true, other = figures.probabilities_over_epochs([1, 2, 3], answers, 9, predicted).data
        np.testing.assert_allclose(true.y, [0.02, 0.4, 0.8])
        np.testing.assert_allclose(other.y, [0.9, 0.5, 0.1])
        assert (true.name, other.name) == ("9, the true digit", "4")


def test_reliability_bars_stand_over_their_bins_and_leave_out_empty_ones():
    calibration = Calibration(
        edges=np.linspace(0, 1, 6),
        count=np.array([0, 0, 4, 0, 96]),
        confidence=np.array([np.nan, np.nan, 0.5, np.nan, 0.97]),
        accuracy=np.array([np.nan, np.nan, 0.25, np.nan, 1.0]),
        error=0.0388,
    )
    bars, ideal = figures.reliability_diagram(calibration, chosen=4).data
    assert bars.x == pytest.approx([0.5, 0.9])
    assert bars.y == pytest.approx([0.25, 1])
    assert json.loads(bars.to_json())["customdata"] == [[2, 4, 0.5], [4, 96, 0.97]]
    assert bars.marker.line.width == (0, 3)
    low, high = wilson_interval(np.array([1]), np.array([4]))
    assert bars.y[0] - bars.error_y.arrayminus[0] == pytest.approx(low[0])
    assert bars.y[0] + bars.error_y.array[0] == pytest.approx(high[0])
    assert ideal.x == ideal.y == (0, 1)


def test_the_histogram_counts_right_and_wrong_answers_apart():
    confidence = np.array([0.31, 0.52, 0.53, 0.99, 1.0])
    correct = np.array([False, True, False, True, True])
    right, wrong = figures.confidence_histogram(confidence, correct, bins=10).data
    assert right.y.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert wrong.y.tolist() == [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]


def test_the_line_over_coverage_keeps_its_ends_when_thinned():
    coverage = np.arange(1, 5001) / 5000
    accuracy = np.linspace(1, 0.97, 5000)
    figure = figures.accuracy_by_coverage(coverage, accuracy, chosen=0.9)
    (line,) = figure.data
    assert len(line.x) == 500
    assert (line.x[0], line.x[-1], line.y[-1]) == (coverage[0], 1, 0.97)
    assert figure.layout.shapes[0].x0 == 0.9
    assert figure.layout.yaxis.range[0] < 0.97


def test_figures_take_the_colours_of_the_page(counts):
    for figure in (figures.confusion_matrix(counts), figures.probability_bars(np.full(10, 0.1))):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None
