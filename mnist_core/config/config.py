"""The configuration of a training: a frozen, validated description with a JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mnist_core.config.fields import Checked, Length, Matching, OneOf, Range
from mnist_core.config.pen import THINNEST_PEN
from mnist_core.config.sizes import DIGIT_NAMES, INPUTS, MAX_CLASSES, TRAINING_DIGITS

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid")
NORMALIZATIONS = ("none", "before", "after")
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SCHEDULES = ("constant", "plateau", "cosine", "one_cycle")
PRECISIONS = ("float32", "bfloat16")
NOT_DECAYED = ("bias", "gamma", "beta")
"""Variables that AdamW's weight decay leaves alone. The champion once lost a third of its units
because the scales (gamma) of their batch normalization decayed to zero."""
LEAKY_RELU_SLOPE = 0.3  # the default of keras.layers.LeakyReLU
WARM_UP, START_DIVISOR, END_DIVISOR = 0.3, 25, 250_000
"""The one-cycle schedule, with fastai's numbers: the share of the training in which the learning
rate rises, and what the configured rate is divided by at the beginning and at the end."""
MIXED = 0.5  # fraction of the digits that others are blended into, where `mixup` is on
MAX_LAYERS = 6


@dataclass(frozen=True)
class Layer(Checked):
    """One hidden layer: dense, then activation, normalization and dropout.

    Attributes:
        units: Neurons, 1–4096.
        activation: One of `ACTIVATIONS`.
        normalization: Batch normalization "before" or "after" the activation, or "none".
        dropout: Fraction of the outputs dropped in training, 0–0.9.
    """

    units: Annotated[int, Range(1, 4096)] = 128
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "relu"
    normalization: Annotated[str, OneOf(NORMALIZATIONS)] = "none"
    dropout: Annotated[float, Range(0.0, 0.9)] = 0.0


@dataclass(frozen=True)
class Optimizer(Checked):
    """How gradients change the weights.

    Attributes:
        name: One of `OPTIMIZERS`.
        learning_rate: 1e-6–10; the peak of the one-cycle schedule, the start of the others.
        momentum: 0–0.999; used by "sgd" alone.
        weight_decay: 0–1; used by "adamw" alone (see `NOT_DECAYED`).
    """

    name: Annotated[str, OneOf(OPTIMIZERS)] = "adam"
    learning_rate: Annotated[float, Range(1e-6, 10.0)] = 1e-3
    momentum: Annotated[float, Range(0.0, 0.999)] = 0.9
    weight_decay: Annotated[float, Range(0.0, 1.0)] = 0.004


@dataclass(frozen=True)
class Schedule(Checked):
    """How the learning rate changes while training.

    Attributes:
        name: One of `SCHEDULES`. With "plateau" the rate is multiplied by `plateau_factor`
            after `plateau_patience` epochs without a lower validation loss.
        plateau_factor: 0.01–0.99.
        plateau_patience: 1–100 epochs.
        minimum_learning_rate: 0–1; where "plateau" and "cosine" end.
    """

    name: Annotated[str, OneOf(SCHEDULES)] = "constant"
    plateau_factor: Annotated[float, Range(0.01, 0.99)] = 0.5
    plateau_patience: Annotated[int, Range(1, 100)] = 3
    minimum_learning_rate: Annotated[float, Range(0.0, 1.0)] = 1e-6


@dataclass(frozen=True)
class EarlyStopping(Checked):
    """Training ends when the validation loss stops falling, and the best weights are restored.

    Attributes:
        patience: 1–1000 epochs without a lower validation loss.
    """

    patience: Annotated[int, Range(1, 1000)]


@dataclass(frozen=True)
class Regularization(Checked):
    """Softer targets, against overconfidence; 0 switches either off.

    Attributes:
        label_smoothing: Fraction of the target spread evenly over all classes, 0–0.5
            (Szegedy et al. 2016).
        mixup: Half of the training digits (`MIXED`) are blended with another digit, which makes up
            at most this fraction of image and target, 0–0.5 (Zhang et al. 2018).
    """

    label_smoothing: Annotated[float, Range(0.0, 0.5)] = 0.0
    mixup: Annotated[float, Range(0.0, 0.5)] = 0.0


@dataclass(frozen=True)
class Augmentation(Checked):
    """How strongly each training digit is augmented, at random and differently each time. 0
    switches a kind of augmentation off.

    Attributes:
        rotation: Up to this many degrees either way, 0–45.
        scale: Width and height each grow or shrink by up to this fraction, 0–0.5.
        shear: Rows move sideways by up to this fraction of their height, 0–0.5.
        shift: Up to this many pixels across and down, 0–8.
        elastic: Root mean square of the pixels' displacement, which varies smoothly over the image,
            in pixels, 0–3.
        thickness: Strokes grow or shrink by up to this fraction of a pixel on each side, 0–1.
    """

    rotation: Annotated[float, Range(0.0, 45.0)] = 0.0
    scale: Annotated[float, Range(0.0, 0.5)] = 0.0
    shear: Annotated[float, Range(0.0, 0.5)] = 0.0
    shift: Annotated[float, Range(0.0, 8.0)] = 0.0
    elastic: Annotated[float, Range(0.0, 3.0)] = 0.0
    thickness: Annotated[float, Range(0.0, 1.0)] = 0.0

    @property
    def enabled(self) -> bool:
        """Whether there is any augmentation."""
        return self != Augmentation()


@dataclass(frozen=True)
class Distillation(Checked):
    """A convolutional network, the teacher, is trained first, on the same digits; this network
    then learns from its probabilities (Hinton, Vinyals & Dean 2015).

    Attributes:
        epochs: Epochs of the teacher's training, 1–1000.
        share: Weight of the teacher's probabilities in the target, 0–1; the label's is the rest.
        temperature: What the logits of both networks are divided by before they are compared,
            1–100; the higher, the more the unlikely classes count.
    """

    epochs: Annotated[int, Range(1, 1000)]
    share: Annotated[float, Range(0.0, 1.0)] = 0.7
    temperature: Annotated[float, Range(1.0, 100.0)] = 1.0


@dataclass(frozen=True)
class AddedDrawings(Checked):
    """Drawings, of a UNIPEN file or a visitor's own, that are added to the training digits.

    Attributes:
        sha256: SHA-256 of the drawings' file, 64 hexadecimal digits.
        copies: How many times each drawing occurs in an epoch, each time redrawn with another pen,
            1–1000.
        thickest_pen: Width of the thickest of these pens in pixels of the image, from 1.6 (that of
            the thinnest) to 8.
        writers_held_out: How many writers' drawings are kept from training altogether, 0–1000.
    """

    sha256: Annotated[str, Matching("[0-9a-f]{64}", "64 hexadecimal digits")]
    copies: Annotated[int, Range(1, 1000)] = 1
    thickest_pen: Annotated[float, Range(THINNEST_PEN, 8.0)] = 3.2
    writers_held_out: Annotated[int, Range(0, 1000)] = 0


@dataclass(frozen=True)
class ClassName(Checked):
    """What one class of a data set is called."""

    name: Annotated[str, Matching(r"\S|\S[^\n]{0,18}\S", "a line of 1–20 characters")]


@dataclass(frozen=True)
class OwnData(Checked):
    """An imported data set; a network trained on it has one output for each of its classes.

    Attributes:
        id: The data set's id, see `digits.own_data`.
        name: Its name on screen.
        classes: Its 2–26 classes, in the order of the labels and of the network's outputs.
    """

    id: Annotated[str, Matching("own-[0-9a-f]{12}", "own- and 12 hexadecimal digits")]
    name: Annotated[str, Matching("[^\n]{1,60}", "a line of 1–60 characters")]
    classes: Annotated[tuple[ClassName, ...], Length(2, MAX_CLASSES, "classes")]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(one.name for one in self.classes)


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """A multilayer perceptron of 1–6 hidden layers and how it is trained.

    Attributes:
        layers: The hidden layers, from the input on.
        optimizer, schedule: See `Optimizer` and `Schedule`.
        early_stopping: None: train all epochs and keep the last weights.
        regularization, augmentation: None by default; absent from the JSON if all of it is off.
        distillation: None: no teacher.
        drawings: None: MNIST's digits alone.
        data: None: MNIST, or the offline sample in its place.
        batch_size: Digits per batch, 1–8192.
        epochs: The most epochs to train, 1–1000.
        validation_split: Fraction of the training set kept for validation, 0.01–0.5.
        data_echoing: For how many epochs in a row each augmented digit is used, 1–100 (Choi et al.
            2019). Reuse saves augmenting it and asking the teacher again.
        digits_per_epoch: Training digits per epoch, 0–60,000, drawn again for each epoch; if the
            training set is smaller, some are repeated. 0: each digit once.
        base: Id of the run or shipped network whose weights it starts from; empty: fresh weights.
        precision: Precision of the matrix products in training, "float32" or "bfloat16" (the
            weights stay float32; Micikevicius et al. 2018). "bfloat16" halves the time on
            processors with AMX and lengthens it on those without bfloat16.
        seed: Seed of the initial weights, the validation split, the order of digits, dropout and
            augmentation.

    Raises:
        ConfigError: On creation, listing every wrong field.
    """

    layers: Annotated[tuple[Layer, ...], Length(1, MAX_LAYERS, "hidden layers")] = (Layer(),)
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    early_stopping: EarlyStopping | None = None
    regularization: Regularization = Regularization()
    augmentation: Augmentation = Augmentation()
    distillation: Distillation | None = None
    drawings: AddedDrawings | None = None
    data: OwnData | None = None
    batch_size: Annotated[int, Range(1, 8192)] = 128
    epochs: Annotated[int, Range(1, 1000)] = 12
    validation_split: Annotated[float, Range(0.01, 0.5)] = 0.1
    data_echoing: Annotated[int, Range(1, 100)] = 1
    digits_per_epoch: Annotated[int, Range(0, TRAINING_DIGITS)] = 0
    base: Annotated[str, Matching("[a-z0-9-]{0,100}", "the id of a run or none")] = ""
    precision: Annotated[str, OneOf(PRECISIONS)] = "float32"
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the network's outputs, in their order."""
        return self.data.names if self.data else DIGIT_NAMES

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without unused groups; `from_dict` is its inverse."""
        unused = [
            group
            for group, nothing in (
                ("regularization", Regularization()),
                ("augmentation", Augmentation()),
            )
            if getattr(self, group) == nothing
        ]
        return {key: value for key, value in super().to_dict().items() if key not in unused}


def parameter_count(config: TrainingConfig) -> tuple[int, int]:
    """The numbers of all and of trainable parameters, as Keras counts them: batch normalization has
    four per unit, of which the moving mean and variance are not trained."""
    total = fixed = 0
    inputs = INPUTS
    for layer in config.layers:
        total += (inputs + 1) * layer.units
        if layer.normalization != "none":
            total += 4 * layer.units
            fixed += 2 * layer.units
        inputs = layer.units
    total += (inputs + 1) * len(config.class_names)
    return total, total - fixed
