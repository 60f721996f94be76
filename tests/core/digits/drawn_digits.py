"""Digits as strokes for tests, pictures of them on paper, and how alike two images are."""

import numpy as np
from PIL import Image, ImageDraw

SEVEN = [np.array([[20.0, 20], [80, 20], [40, 120]])]
FIVE = [np.array([[80.0, 20], [30, 20]]), np.array([[30.0, 30], [28, 60], [75, 80], [25, 118]])]
OPEN_FOUR = [np.array([[40.0, 20], [20, 70], [70, 70]]), np.array([[76.0, 25], [74, 120]])]


def moved(strokes, scale, x, y):
    return [stroke * scale + (x, y) for stroke in strokes]


def picture(strokes, pen=10, size=(280, 280), paper=255, ink=20):
    """Strokes on paper as a grey image."""
    image = Image.new("L", size, paper)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line([tuple(point) for point in stroke.tolist()], ink, pen, joint="curve")
    return image


def centre_of_mass(image):
    mass, pixel = image.astype(float), np.arange(28) + 0.5
    return np.array([mass.sum(axis=0) @ pixel, mass.sum(axis=1) @ pixel]) / mass.sum()


def box_sides(image):
    return [np.ptp(image.any(axis=axis).nonzero()[0]) + 1 for axis in (0, 1)]


def likeness(one, other):
    return np.corrcoef(one.image.ravel(), other.image.ravel())[0, 1]


def likeness_when_shifted(one, other):
    """The likeness where one of them may be shifted by a pixel: centres of mass are rounded."""
    shifts = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    moved_ones = [np.roll(one.image, shift, (0, 1)).ravel() for shift in shifts]
    return max(np.corrcoef(image, other.image.ravel())[0, 1] for image in moved_ones)
