"""Ready-made training configurations by name."""

from __future__ import annotations

from mnist_core.config.config import (
    Augmentation,
    EarlyStopping,
    Layer,
    Optimizer,
    Regularization,
    Schedule,
    TrainingConfig,
)
from mnist_core.errors import DigitLabError


class UnknownPresetError(DigitLabError, ValueError):
    """There is no preset of a name; the message lists those that there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}.")


PRESETS: dict[str, TrainingConfig] = {
    "early-stopping": TrainingConfig(
        layers=(
            Layer(512, "relu", "after", 0.3),
            Layer(256, "relu", "after", 0.3),
            Layer(128, "relu", "none", 0.2),
        ),
        optimizer=Optimizer("adam", 1e-3),
        schedule=Schedule(
            "plateau",
            plateau_factor=0.5,
            plateau_patience=3,
            minimum_learning_rate=1e-6,
        ),
        early_stopping=EarlyStopping(patience=5),
        epochs=30,
        validation_split=0.1,
    ),
    "leaky-relu": TrainingConfig(
        layers=(
            Layer(512, "leaky_relu", "before"),
            Layer(256, "leaky_relu", "before", 0.2),
            Layer(128, "leaky_relu", "before", 0.1),
        ),
        epochs=12,
        validation_split=0.15,
    ),
    # The shortest training to 98.43 % of the test digits.
    "speedrun": TrainingConfig(
        layers=(Layer(512, "relu", "before"), Layer(128, "relu", "before")),
        optimizer=Optimizer("adam", 0.01),
        schedule=Schedule("one_cycle"),
        regularization=Regularization(label_smoothing=0.05),
        batch_size=256,
        epochs=3,
        validation_split=0.05,
    ),
    "champion": TrainingConfig(
        layers=(Layer(1024, "gelu", "before"),) * 3,
        optimizer=Optimizer("adamw", 3e-3, weight_decay=0.05),
        schedule=Schedule("one_cycle"),
        augmentation=Augmentation(
            rotation=12.0, scale=0.14, shear=0.14, shift=1.0, elastic=0.9, thickness=0.5
        ),
        batch_size=512,
        epochs=500,
        validation_split=0.03,
    ),
    "compact": TrainingConfig(
        layers=(Layer(96, "gelu", "before"),) * 3,
        optimizer=Optimizer("adam", 4e-3),
        schedule=Schedule("one_cycle"),
        augmentation=Augmentation(
            rotation=8.0, scale=0.08, shear=0.08, shift=0.5, elastic=0.5, thickness=0.3
        ),
        batch_size=256,
        epochs=160,
        validation_split=0.03,
    ),
}

DESCRIPTIONS: dict[str, str] = {
    "early-stopping": "Three layers with dropout; ends by itself when it no longer improves.",
    "leaky-relu": "Three layers with LeakyReLU and batch normalization, constant learning rate.",
    "speedrun": "The learning rate rises and falls within few epochs: the quickest good network.",
    "champion": "Three wide layers and varied digits: the most accurate, and hours of training.",
    "compact": "Three small layers and varied digits: few parameters, many epochs.",
}
"""What each preset is, in a sentence."""

# What presets set for a teacher and for drawings. Both have to be asked for separately, as a
# teacher takes hours and drawings need a file.
TEACHERS: dict[str, dict[str, float]] = {"champion": {"share": 0.95, "temperature": 6.0}}
DRAWINGS: dict[str, dict[str, float]] = {
    "champion": {"copies": 4, "thickest_pen": 4.4, "writers_held_out": 5},
    "compact": {"copies": 4, "writers_held_out": 5},
}
