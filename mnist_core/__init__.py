"""Digit Lab's library: data, networks, training, inference, evaluation. It knows no interface."""

__version__ = "1.0.0"
