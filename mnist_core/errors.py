"""The common base of the project's errors."""


class DigitLabError(Exception):
    """Something that a person can put right; the message says what.

    Each room has errors of its own, which also have one of Python's standard errors as a base
    (`ConfigError` is a `ValueError`). The command line prints the message of any of them and
    ends with exit code 2.
    """
