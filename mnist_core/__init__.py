"""Digit Lab: train networks on MNIST and see what they predict.

`import mnist_core` offers what `__all__` lists; it is loaded when first used, so that importing
a module of the library costs no more than that module.
"""

from typing import TYPE_CHECKING, Any

__version__ = "1.0.0"

if TYPE_CHECKING:
    from mnist_core.config.config import TrainingConfig
    from mnist_core.config.presets import PRESETS
    from mnist_core.library import evaluate, load_data, plot, probabilities, train

__all__ = ["PRESETS", "TrainingConfig", "evaluate", "load_data", "plot", "probabilities", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mnist_core import library

    return getattr(library, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
