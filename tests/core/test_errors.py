"""One base for all errors of the library."""

import importlib
import inspect
import pkgutil

import mnist_core
from mnist_core.errors import DigitLabError


def own_errors():
    """Every exception class that a module of the library defines."""
    for module in pkgutil.walk_packages(mnist_core.__path__, "mnist_core."):
        if not module.name.endswith("__main__"):
            for _, kind in inspect.getmembers(
                importlib.import_module(module.name), inspect.isclass
            ):
                if issubclass(kind, BaseException) and kind.__module__ == module.name:
                    yield kind


def test_every_error_has_the_common_base_and_says_what_it_is():
    found = set(own_errors()) - {DigitLabError}
    assert len(found) >= 19
    for kind in found:
        assert issubclass(kind, DigitLabError), kind
        assert kind.__doc__, kind
