"""The benchmark of drawings, on one of them."""

import numpy as np
import pytest

from tests.benchmarks.drawing import VARIANTS, placed, read

SEVEN = [np.array([[0.0, 0], [120, 0], [50, 160]])]


@pytest.mark.parametrize(("name", "size", "place", "brush"), VARIANTS)
def test_strokes_and_their_picture_are_read_alike(name, size, place, brush):
    lines = placed(SEVEN, size, place, brush)
    drawn, photographed = (read(lines, brush, upload).astype(float) for upload in (False, True))
    assert drawn.any()
    assert np.corrcoef(drawn.ravel(), photographed.ravel())[0, 1] > 0.6
