"""Digit Lab's library: data, networks, training, inference, evaluation. It knows no interface."""
