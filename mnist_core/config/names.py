"""Display names of hyperparameters and their values, the same on every page and in the report."""

from __future__ import annotations

from typing import Any

from mnist_core.config.config import TrainingConfig

NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "none": "no normalization",
    "before": "before activation",
    "after": "after activation",
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "constant": "constant",
    "plateau": "halve on plateau",
    "cosine": "cosine",
    "one_cycle": "one-cycle",
    "early-stopping": "Early stopping",
    "leaky-relu": "LeakyReLU",
    "speedrun": "Speedrun",
    "champion": "Champion",
    "compact": "Compact",
}
LABELS = {
    "preset": "Preset",
    "units": "Units per layer",
    "activation": "Activation",
    "dropout": "Dropout",
    "layers": "Hidden layers",
    "augmentation": "Data augmentation",
    "epochs": "Maximum epochs",
    "learning_rate": "Learning rate",
    "optimizer": "Optimizer",
    "schedule": "Learning-rate schedule",
    "batch_size": "Batch size",
    "early_stopping_patience": "Early-stopping patience (epochs)",
    "validation_split": "Validation split",
    "label_smoothing": "Label smoothing",
    "seed": "Seed",
    "momentum": "Momentum",
    "weight_decay": "Weight decay",
}
USED_BY = {"momentum": "sgd", "weight_decay": "adamw"}  # all others: by every optimizer


def name_of(value: str) -> str:
    """The display name of a hyperparameter's value that is a word, or of a preset."""
    return NAMES.get(value, value)


def title_of(hyperparameter: str) -> str:
    """A hyperparameter's display name."""
    return LABELS.get(hyperparameter, hyperparameter.replace("_", " ").capitalize())


def value_text(value: Any) -> str:
    """A hyperparameter's value as it is displayed."""
    return f"{value:g}" if isinstance(value, int | float) else name_of(str(value))


def is_used(hyperparameter: str, config: TrainingConfig) -> bool:
    """Whether a training with this configuration depends on a hyperparameter."""
    if hyperparameter in ("plateau_factor", "plateau_patience"):
        return config.schedule.name == "plateau"
    if hyperparameter == "minimum_learning_rate":
        return config.schedule.name in ("plateau", "cosine")
    if hyperparameter in ("teacher_share", "teacher_temperature"):
        return config.distillation is not None
    return USED_BY.get(hyperparameter, config.optimizer.name) == config.optimizer.name
