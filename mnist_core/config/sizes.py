"""Sizes of MNIST and its images, each defined here and nowhere else."""

IMAGE_SIDE = 28
"""Width and height of an image, in pixels."""
INK_SIDE = 20
"""The longer side of the ink within an image, in pixels."""
MAX_LEVEL = 255
"""Highest level of a pixel: full ink in an image, or white in a picture; 0 is paper, or black."""
INPUTS = IMAGE_SIDE * IMAGE_SIDE
"""Inputs of a network: the pixels of an image."""
CLASSES = 10
"""Outputs of a network that is trained on MNIST: the digits 0 to 9."""
DIGIT_NAMES = tuple("0123456789")
"""Names of these outputs."""
MAX_CLASSES = 26
"""Most outputs of a network that is trained on an imported data set."""
TRAINING_DIGITS = 60_000
"""Digits of MNIST's training set."""
