"""Sizes of images and classes, each defined here and nowhere else."""

IMAGE_SIDE = 28
"""Width and height of the network's input, in pixels."""
INK_SIDE = 20
"""The longer side of a digit within the image, in pixels."""
INPUTS = IMAGE_SIDE * IMAGE_SIDE
"""Pixels of an image, each an input of the network."""
CLASSES = 10
"""Digits, each an output of the network."""
