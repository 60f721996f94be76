"""What a training run is: a frozen, validated description, its presets and its JSON form."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from mnist_core.config.sizes import CLASSES, INPUTS

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid")
NORMALIZATIONS = ("none", "before", "after")
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
NOT_DECAYED = ("bias", "gamma", "beta")
"""Variables that adamw's weight decay leaves alone: a normalisation's factor that decays takes its
unit along, and so a third of the champion's units once were lost."""
SCHEDULES = ("constant", "plateau", "cosine", "one_cycle")
LEAKY_RELU_SLOPE = 0.3  # the default of keras.layers.LeakyReLU
MIXED = 0.5  # share of the digits that others are blended into, where ``mixup`` is on
THINNEST_PEN = 1.6  # pixels of the image

# field: (type, lowest, highest); both ends are allowed.
AUGMENTATION_RANGES: dict[str, tuple[type, float, float]] = {
    "rotation": (float, 0.0, 45.0),
    "scale": (float, 0.0, 0.5),
    "shear": (float, 0.0, 0.5),
    "shift": (float, 0.0, 8.0),
    "elastic": (float, 0.0, 3.0),
    "thickness": (float, 0.0, 1.0),
}
LAYER_RANGES: dict[str, tuple[type, float, float]] = {
    "units": (int, 1, 4096),
    "dropout": (float, 0.0, 0.9),
}
RANGES: dict[str, tuple[type, float, float]] = {
    "learning_rate": (float, 1e-6, 10.0),
    "momentum": (float, 0.0, 0.999),
    "weight_decay": (float, 0.0, 1.0),
    "plateau_factor": (float, 0.01, 0.99),
    "plateau_patience": (int, 1, 100),
    "minimum_learning_rate": (float, 0.0, 1.0),
    "batch_size": (int, 1, 8192),
    "epochs": (int, 1, 1000),
    "validation_split": (float, 0.01, 0.5),
    "early_stopping_patience": (int, 0, 1000),
    "label_smoothing": (float, 0.0, 0.5),
    "mixup": (float, 0.0, 0.5),
    "data_echoing": (int, 1, 100),
    "digits_per_epoch": (int, 0, 60_000),
    "teacher_epochs": (int, 0, 1000),
    "teacher_share": (float, 0.0, 1.0),
    "teacher_temperature": (float, 1.0, 100.0),
    "drawing_copies": (int, 1, 1000),
    "drawing_pen": (float, THINNEST_PEN, 8.0),
    "drawing_holdout": (float, 0.0, 0.9),
    "writers_held_out": (int, 0, 1000),
    "seed": (int, 0, 2**31 - 1),
}
PRECISIONS = ("float32", "bfloat16")
CHOICES = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "precision": PRECISIONS}
LAYER_CHOICES = {"activation": ACTIVATIONS, "normalization": NORMALIZATIONS}
MAX_LAYERS = 6


class ConfigError(ValueError):
    """Some fields of a configuration are wrong.

    Attributes:
        problems: field name (for layers ``layers[0].units``) → what was expected and what came.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))


@dataclass(frozen=True)
class Layer:
    """One hidden layer: dense, then activation, normalisation and dropout.

    Attributes:
        units: neurons, 1–4096.
        activation: one of ``ACTIVATIONS``.
        normalization: batch normalisation "before" or "after" the activation, or "none".
        dropout: share of outputs dropped in training, 0–0.9.
    """

    units: int = 128
    activation: str = "relu"
    normalization: str = "none"
    dropout: float = 0.0


@dataclass(frozen=True)
class Augmentation:
    """How far each training digit is distorted at random, anew every time; 0 leaves it out.

    Attributes:
        rotation: by up to so many degrees either way, 0–45.
        scale: width and height, each by up to this share, larger or smaller, 0–0.5.
        shear: rows move sideways by up to this share of their height, 0–0.5.
        shift: by up to so many pixels across and down, 0–8.
        elastic: pixels move by so many pixels, root mean square, neighbours alike, 0–3.
        thickness: strokes thicken or thin by up to this share of a pixel on each side, 0–1.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0

    @property
    def enabled(self) -> bool:
        """Whether anything is distorted."""
        return self != Augmentation()


@dataclass(frozen=True)
class TrainingConfig:
    """A multilayer perceptron of 1–6 hidden layers and how it is trained.

    Attributes:
        layers: the hidden layers, from the input on.
        optimizer: one of ``OPTIMIZERS``; ``momentum`` is used by sgd, ``weight_decay`` by adamw
            (see ``NOT_DECAYED``).
        learning_rate: 1e-6–10; the peak of the one-cycle and the start of the other schedules.
        schedule: one of ``SCHEDULES``; the three ``plateau`` fields belong to "plateau", where
            the rate is multiplied by ``plateau_factor`` after ``plateau_patience`` epochs
            without a lower validation loss, down to ``minimum_learning_rate``.
        batch_size: 1–8192 digits.
        epochs: 1–1000, at most.
        validation_split: share of the training set kept for validation, 0.01–0.5.
        early_stopping_patience: epochs without a lower validation loss before training ends and
            the best weights are restored; 0 trains all epochs and keeps the last weights.
        seed: of the initial weights, the validation split, the order of digits, dropout and
            distortions.
        augmentation: random distortions of the training digits; by default none.
        label_smoothing: share of the target spread evenly over the ten classes, 0–0.5
            (Szegedy et al. 2016).
        mixup: half of the training digits, ``MIXED``, are blended with another one, which makes up
            to this share of image and target, 0–0.5 (Zhang et al. 2018).
        data_echoing: epochs in a row that see a digit distorted and mixed in the same way, which
            saves making it and asking the teacher anew, 1–100 (Choi et al. 2019).
        base: id of the run or shipped network whose weights it starts from; empty: fresh weights.
        digits_per_epoch: how many training digits come in an epoch, others in each, and where
            there are fewer some of them again, 0–60,000; 0: each once.
        teacher_epochs: of a convolutional network that is trained first, on the same digits, and
            from whose answers this one learns; 0: none.
        teacher_share: of the target that is what the teacher answers, 0–1; the rest is the label.
        teacher_temperature: what the outputs of teacher and network are divided by before the one
            learns from the other, 1–100; the higher, the more the unlikely classes count (Hinton,
            Vinyals & Dean 2015).
        precision: of the matrix products in training, "float32" or "bfloat16" (the weights stay
            float32; Micikevicius et al. 2018). Half the time where the processor has AMX, longer
            where it does not know bfloat16.
        drawings_sha256: of the UNIPEN text whose digits are added to the training digits;
            empty: none, and the next four say nothing.
        drawing_copies: how often each drawing comes in an epoch, redrawn each time with another
            pen, 1–1000.
        drawing_pen: width of the thickest of these pens in pixels of the image, 1.6 (which the
            thinnest has) to 8.
        drawing_holdout: share of the drawings, the last of their file, kept from training,
            0–0.9, whoever drew them.
        writers_held_out: how many writers' drawings are kept from training altogether, 0–1000.

    Raises:
        ConfigError: on creation, listing every wrong field.
    """

    layers: tuple[Layer, ...] = (Layer(),)
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.004
    schedule: str = "constant"
    plateau_factor: float = 0.5
    plateau_patience: int = 3
    minimum_learning_rate: float = 1e-6
    batch_size: int = 128
    epochs: int = 12
    validation_split: float = 0.1
    early_stopping_patience: int = 0
    seed: int = 0
    augmentation: Augmentation = Augmentation()
    label_smoothing: float = 0.0
    mixup: float = 0.0
    data_echoing: int = 1
    base: str = ""
    digits_per_epoch: int = 0
    teacher_epochs: int = 0
    teacher_share: float = 0.7
    teacher_temperature: float = 1.0
    precision: str = "float32"
    drawings_sha256: str = ""
    drawing_copies: int = 1
    drawing_pen: float = 3.2
    drawing_holdout: float = 0.0
    writers_held_out: int = 0

    def __post_init__(self) -> None:
        problems = _problems(self, RANGES, CHOICES)
        if not isinstance(self.augmentation, Augmentation):
            problems["augmentation"] = f"expected an Augmentation, got {self.augmentation!r}"
        else:
            for field, text in _problems(self.augmentation, AUGMENTATION_RANGES, {}).items():
                problems[f"augmentation.{field}"] = text
        if not (isinstance(self.base, str) and re.fullmatch("[a-z0-9-]{0,100}", self.base)):
            problems["base"] = f"expected the id of a run or none, got {self.base!r:.80}"
        digest = self.drawings_sha256
        if not (isinstance(digest, str) and re.fullmatch("([0-9a-f]{64})?", digest)):
            problems["drawings_sha256"] = f"expected 64 hexadecimal digits or none, got {digest!r}"
        if not isinstance(self.layers, tuple) or not 1 <= len(self.layers) <= MAX_LAYERS:
            problems["layers"] = f"expected 1–{MAX_LAYERS} hidden layers, got {_count(self.layers)}"
        else:
            for index, layer in enumerate(self.layers):
                for field, text in _problems(layer, LAYER_RANGES, LAYER_CHOICES).items():
                    problems[f"layers[{index}].{field}"] = text
        if problems:
            raise ConfigError(problems)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; ``from_dict`` is its inverse."""
        return asdict(self) | {"layers": [asdict(layer) for layer in self.layers]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TrainingConfig:
        """The inverse of ``to_dict``; fields left out take their defaults.

        Raises:
            ConfigError: for unknown fields and wrong values, all at once.
        """
        if not isinstance(data, dict):
            raise ConfigError({"config": f"expected an object of fields, got {data!r}"})
        problems = _unknown(data, cls)
        values = {key: value for key, value in data.items() if key not in problems}
        if isinstance(values.get("layers"), (list, tuple)):
            layers = []
            for index, layer in enumerate(values["layers"]):
                if not isinstance(layer, dict):
                    problems[f"layers[{index}]"] = f"expected an object of fields, got {layer!r}"
                    continue
                unknown = _unknown(layer, Layer)
                problems |= {f"layers[{index}].{key}": text for key, text in unknown.items()}
                layers.append(Layer(**{k: v for k, v in layer.items() if k not in unknown}))
            values["layers"] = tuple(layers)
        if isinstance(values.get("augmentation"), dict):
            unknown = _unknown(values["augmentation"], Augmentation)
            problems |= {f"augmentation.{key}": text for key, text in unknown.items()}
            known = {k: v for k, v in values["augmentation"].items() if k not in unknown}
            values["augmentation"] = Augmentation(**known)
        try:
            config = cls(**values)
        except ConfigError as error:
            raise ConfigError(problems | error.problems) from None
        if problems:
            raise ConfigError(problems)
        return config

    def with_changes(self, **changes: Any) -> TrainingConfig:
        """A copy with some fields changed, validated again."""
        return replace(self, **changes)


def parameter_count(config: TrainingConfig) -> tuple[int, int]:
    """(all, trainable) parameters, as Keras counts them: batch normalisation has four a unit,
    of which the moving mean and variance are not trained."""
    total = fixed = 0
    inputs = INPUTS
    for layer in config.layers:
        total += (inputs + 1) * layer.units
        if layer.normalization != "none":
            total += 4 * layer.units
            fixed += 2 * layer.units
        inputs = layer.units
    total += (inputs + 1) * CLASSES
    return total, total - fixed


def _problems(
    config: object, ranges: dict[str, tuple[type, float, float]], choices: dict[str, tuple]
) -> dict[str, str]:
    found = {}
    for field, (kind, lowest, highest) in ranges.items():
        value = getattr(config, field)
        allowed = (int,) if kind is int else (int, float)
        good = isinstance(value, allowed) and not isinstance(value, bool)
        if not (good and lowest <= value <= highest):
            noun = "a whole number" if kind is int else "a number"
            found[field] = f"expected {noun} from {lowest:g} to {highest:g}, got {value!r}"
    for field, options in choices.items():
        value = getattr(config, field)
        if not (isinstance(value, str) and value in options):
            found[field] = f"expected one of {', '.join(options)}, got {value!r}"
    return found


def _unknown(data: dict[str, Any], kind: type) -> dict[str, str]:
    known = {field.name for field in fields(kind)}
    return {
        str(key): f"unknown field; expected one of {', '.join(sorted(known))}"
        for key in data
        if key not in known
    }


def _count(layers: object) -> object:
    return len(layers) if isinstance(layers, (list, tuple)) else repr(layers)
