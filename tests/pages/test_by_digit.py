import re

import numpy as np
import pytest
from scipy.stats import binomtest

from mnist_core.evaluation.metrics import AccuracyByDigit, ReportRow, wilson_interval
from pages.components.analysis.errors.by_digit import accuracy_html, report_html


def accuracy_of(right, support) -> AccuracyByDigit:
    with np.errstate(invalid="ignore"):
        return AccuracyByDigit(right / support, *wilson_interval(right, support), support)


def test_bars_carry_their_interval_and_leave_out_absent_digits():
    support = np.array([1000] * 9 + [0])
    right = np.array([980] * 8 + [900, 0])
    html = accuracy_html(accuracy_of(right, support))
    assert re.findall(r'data-index="(\d)"', html) == list("012345678")
    interval = binomtest(900, 1000).proportion_ci(method="wilson")
    assert (
        f"8: 90.00% of 1,000 correct\n95% interval {interval.low:.2%} to {interval.high:.2%}"
        in (html)
    )
    # The lowest end, 87.98 %, stands a little above the axis' start, 86 %.
    assert '<div class="axis"><span>86%</span><span>100%</span>' in html
    widths = [float(width) for width in re.findall(r'<i style="width:([\d.]+)%', html)]
    assert widths == pytest.approx([100 * (0.98 - 0.86) / 0.14] * 8 + [100 * 0.04 / 0.14], abs=0.01)
    left, end = re.findall(r"left:([\d.]+)%;width:calc\(([\d.]+)%", html)[8]
    assert float(left) == pytest.approx(100 * (interval.low - 0.86) / 0.14, abs=0.01)
    assert float(end) == pytest.approx(100 * (interval.high - 0.86) / 0.14, abs=0.01)


def test_the_axis_starts_at_zero_for_a_network_that_knows_nothing():
    html = accuracy_html(accuracy_of(np.zeros(10, int), np.full(10, 5)))
    assert "<span>0%</span><span>100%</span>" in html


ROWS = (
    *(ReportRow(str(digit), 0.9 + digit / 100, 0.99 - digit / 100, 0.9, 100) for digit in range(9)),
    ReportRow("9", float("nan"), 0.5, 0.4, 1234),
    ReportRow("macro mean", 0.91, 0.92, 0.93, 2134),
    ReportRow("weighted mean", 0.94, 0.95, 0.96, 2134),
)


def table(order: str) -> list[list[str]]:
    html = report_html(ROWS, order)
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub("<[^>]+>", "", cell) for cell in row.split("</td>")[:-1]] for row in rows[1:]]


def test_the_report_has_a_line_for_each_digit_and_the_means():
    rows = table("name")
    assert [row[0] for row in rows] == [*"0123456789", "Macro mean", "Weighted mean"]
    assert rows[2] == ["2", "0.9200", "0.9700", "0.9000", "100"]
    assert rows[9] == ["9", "–", "0.5000", "0.4000", "1,234"]


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [("precision", "0", "9"), ("-precision", "8", "9"), ("recall", "9", "0"), ("-name", "9", "0")],
)
def test_the_report_is_sorted_with_what_is_unknown_and_the_means_last(order, first, last):
    names = [row[0] for row in table(order)]
    assert (names[0], names[9]) == (first, last)
    assert names[10:] == ["Macro mean", "Weighted mean"]


def test_the_sorted_column_is_reported_to_screen_readers():
    html = report_html(ROWS, "-f1")
    assert re.findall(r'aria-sort="(\w+)"', html) == ["none", "none", "none", "descending", "none"]
