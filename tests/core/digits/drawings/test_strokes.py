"""Curves through the points of a stroke."""

import numpy as np

from mnist_core.digits.drawings.strokes import spline


def test_a_spline_goes_through_its_points_and_is_straight_between_those_of_a_line():
    points = np.array([[0.0, 0.0], [4.0, 1.0], [5.0, 9.0], [2.0, 3.0]])
    curve = spline(points, 5)
    assert curve.shape == (16, 2)
    np.testing.assert_allclose(curve[::5], points)
    # Halfway between the second and the third point, by the weights that Catmull and Rom give.
    halfway = np.array([-1, 9, 9, -1]) @ points / 16
    np.testing.assert_allclose(spline(points, 2)[3], halfway)
    line = spline(np.array([[0.0, 0.0], [6.0, 3.0], [12.0, 6.0]]), 6)
    np.testing.assert_allclose(line, np.stack([np.arange(13.0), np.arange(13.0) / 2], axis=1))


def test_a_closed_spline_has_no_corner_where_it_ends():
    square = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 8.0], [0.0, 8.0], [0.0, 0.0]])
    curve = spline(square, 100, closed=True)
    leaves, arrives = curve[1] - curve[0], curve[-1] - curve[-2]
    np.testing.assert_allclose(
        leaves / np.linalg.norm(leaves), np.array([1, -1]) / 2**0.5, atol=0.05
    )
    np.testing.assert_allclose(leaves, arrives, atol=0.01)
