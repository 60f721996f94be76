"""Digit Lab's library: data, networks, training, inference and evaluation. It knows no interface."""
