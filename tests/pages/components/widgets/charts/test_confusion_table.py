import re

import numpy as np
import pytest

from pages.components.widgets.charts.confusion_table import _cell, counts_html, difference_html

CELL = re.compile(
    r'<td style="--s:(\d+)%"><button type="button" data-index="(\d+)" class="([^"]*)" '
    r'aria-label="([^"]*)">([^<]*)</button></td>'
)


@pytest.fixture
def counts() -> np.ndarray:
    """100 of each digit; 9 is predicted as 4 twenty times, 3 as 5 five times."""
    counts = np.eye(10, dtype=int) * 100
    counts[9, [9, 4]] = 80, 20
    counts[3, [3, 5]] = 95, 5
    return counts


def cells(html: str) -> dict[tuple[int, int], tuple[str, str, str, int]]:
    """Text, class, words and strength by true and predicted digit."""
    found = {
        _cell(int(index)): (text, kind, words, int(strength))
        for strength, index, kind, words, text in CELL.findall(html)
    }
    assert list(found) == list(np.ndindex(10, 10))  # row by row, as they are seen
    return found


def test_every_count_is_shown_in_its_cell_and_none_is_empty(counts):
    shown = cells(counts_html(counts))
    texts = [[int(shown[t, p][0] or 0) for p in range(10)] for t in range(10)]
    np.testing.assert_array_equal(texts, counts)
    assert shown[9, 4][:2] == ("20", "wrong")
    assert shown[0, 0][:2] == ("100", "right")
    assert shown[4, 9][:2] == ("", "")
    # Errors have a scale of their own, or they could not be told apart.
    assert (shown[9, 4][3], shown[3, 5][3], shown[9, 9][3]) == (100, 25, 80)
    assert shown[9, 4][2] == "9 predicted as 4: 20\n20.0% of all 9s\n16.7% of all predicted as 4"


def test_numbers_are_per_cent_of_rows_or_columns(counts):
    assert cells(counts_html(counts, "true"))[9, 4][0] == "20.0"
    assert cells(counts_html(counts, "predicted"))[9, 4][0] == "16.7"  # 20 of 120


def test_the_diagonal_can_be_hidden_and_still_be_clicked(counts):
    shown = cells(counts_html(counts, errors_only=True))
    assert {shown[d, d][:2] for d in range(10)} == {("", "")}
    assert shown[9, 4][0] == "20"


def test_rows_and_columns_have_their_digits_beside_them_to_click(counts):
    heads = re.findall(
        r'<th scope="(\w+)"><button[^>]* data-index="(\d+)"[^>]* aria-label="([^"]*)">(\d)<',
        counts_html(counts),
    )
    columns, rows = heads[:10], heads[10:]
    assert [(head[0], _cell(int(head[1])), head[3]) for head in columns] == [
        ("col", (None, d), str(d)) for d in range(10)
    ]
    assert [(head[0], _cell(int(head[1])), head[3]) for head in rows] == [
        ("row", (d, None), str(d)) for d in range(10)
    ]
    assert rows[9][2] == "All 9s\n20 of 100 misclassified"
    assert columns[4][2] == "All predicted as 4\n20 of 120 misclassified"


def test_the_difference_is_signed_and_coloured_by_better_or_worse(counts):
    second = counts.copy()
    second[9, [9, 4]] = 90, 10  # ten mended
    second[3, [3, 8]] = 92, 3  # three broken
    shown = cells(difference_html(counts, second, ("A & B", "C")))
    assert (shown[9, 9][:2], shown[9, 4][:2]) == (("+10", "right"), ("−10", "right"))
    assert (shown[3, 3][:2], shown[3, 8][:2]) == (("−3", "wrong"), ("+3", "wrong"))
    assert sum(bool(text) for text, *_ in shown.values()) == 4
    assert (shown[9, 4][3], shown[3, 8][3]) == (100, 30)  # one scale, to be compared
    assert shown[9, 4][2] == "9 predicted as 4: −10\nA &amp; B: 20\nC: 10"
    hidden = cells(difference_html(counts, second, ("A", "B"), errors_only=True))
    assert hidden[9, 9][0] == ""
    equal = cells(difference_html(counts, counts, ("A", "B")))
    assert not any(text or strength for text, _, _, strength in equal.values())


@pytest.mark.parametrize(
    ("chosen", "outlined"),
    [
        ((9, 4), {(9, 4)}),
        ((9, None), {(9, p) for p in range(10)}),
        ((None, 0), {(t, 0) for t in range(10)}),
        ((None, None), set()),
    ],
)
def test_the_chosen_cell_row_or_column_is_outlined(counts, chosen, outlined):
    shown = cells(counts_html(counts, chosen=chosen))
    assert {place for place, cell in shown.items() if "chosen" in cell[1]} == outlined


def test_a_matrix_without_errors_can_be_drawn():
    shown = cells(counts_html(np.eye(10, dtype=int)))
    assert shown[0, 0][:2] == ("1", "right")
    assert shown[0, 1][:2] == ("", "")
