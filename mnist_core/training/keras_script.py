"""A training as a Keras script that needs nothing from this project, to read, run and change."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence

from mnist_core.config.config import (
    END_DIVISOR,
    LEAKY_RELU_SLOPE,
    MIXED,
    NOT_DECAYED,
    START_DIVISOR,
    WARM_UP,
    Layer,
    TrainingConfig,
)
from mnist_core.config.sizes import INPUTS
from mnist_core.runs.history import EventRow
from mnist_core.training import augmentation

_HEAD = '''"""{title}

Trains the same network in the same way: the initial weights, the validation split and the order of
the digits are the same. Dropout, augmentation and rounding differ, so the accuracy differs by
chance.

    pip install tensorflow
    python {file} {data}
"""

{future}import math
import sys

import keras
import numpy as np

SEED = {seed}
EPOCHS = {epochs}
BATCH_SIZE = {batch_size}
LEARNING_RATE = {learning_rate!r}
VALIDATION_SPLIT = {validation_split!r}


def load_digits():
    if len(sys.argv) < 2:
        return keras.datasets.mnist.load_data()
    with np.load(sys.argv[1], allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])


def split(labels):
    """Indices for training and validation; both have the same proportions of all classes."""
    order = np.random.default_rng(SEED).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    chosen = np.diff(np.floor(np.arange(len(labels) + 1) * VALIDATION_SPLIT + 0.5)) > 0
    return np.sort(order[~chosen]), np.sort(order[chosen])


def prepared(images, labels):
    inputs = images.reshape(len(images), {inputs}).astype("float32") / 255
    return inputs, keras.utils.to_categorical(labels, {classes})

'''

_BATCHES = '''
class Batches(keras.utils.PyDataset):
    """The training digits in batches, in a new order in every epoch."""

    def __init__(self, inputs, targets, indices):
        super().__init__()
        self.inputs, self.targets, self.indices = inputs, targets, indices
        self.epoch = 0
        self.on_epoch_end()

    def on_epoch_end(self):
        self.epoch += 1
        self.order = np.random.default_rng((SEED, self.epoch)).permutation(self.indices)

    def __len__(self):
        return math.ceil(len(self.order) / BATCH_SIZE)

    def __getitem__(self, number):
        chosen = self.order[number * BATCH_SIZE : (number + 1) * BATCH_SIZE]
        {getting}

'''

_BY_HAND = """
# Learning rates that were set by hand, each with the number of batches before it.
BY_HAND = {changes!r}
"""

_CHANGED_BY_HAND = '''
class ChangedByHand(keras.callbacks.Callback):
    """Sets the learning rates that were set by hand."""

    def __init__(self):
        super().__init__()
        self.step = 0

    def on_train_batch_begin(self, batch, logs=None):
        for step, rate in BY_HAND:
            if step == self.step:
                self.model.optimizer.learning_rate = rate
        self.step += 1

'''

_FOLLOWING = """
        for step, rate in BY_HAND:  # the schedule goes on from there
            if step == self.step:
                self.factor = rate / max(self.rate(share), 1e-12)
                self.ceiling = max(rate, LEARNING_RATE)"""

_SCHEDULE = '''
class Schedule(keras.callbacks.Callback):
    """{what}"""

    def __init__(self, steps):
        super().__init__()
        self.step, self.last = 0, max(1, steps - 1)
        self.factor, self.ceiling = 1.0, math.inf

    def on_train_batch_begin(self, batch, logs=None):
        share = min(1.0, self.step / self.last){following}
        rate = self.factor * self.rate(share)
        self.model.optimizer.learning_rate = min(rate, self.ceiling)
        self.step += 1

    def rate(self, share):
        def between(start, end, share):
            return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

        {rate}

'''

_RATES = {
    "cosine": (
        "The learning rate falls as half a cosine.",
        ["return between(LEARNING_RATE, {lowest!r}, share)"],
    ),
    "one_cycle": (
        f"The learning rate rises for {100 * WARM_UP:.0f} % of the training and then falls "
        "(one cycle).",
        [
            f"if share < {WARM_UP}:",
            f"    start = LEARNING_RATE / {START_DIVISOR}",
            f"    return between(start, LEARNING_RATE, share / {WARM_UP})",
            f"end = LEARNING_RATE / {END_DIVISOR}",
            f"return between(LEARNING_RATE, end, (share - {WARM_UP}) / {1 - WARM_UP})",
        ],
    ),
}

_TAIL = """
(x_train, y_train), (x_test, y_test) = load_digits()
train_indices, validation_indices = split(y_train)
inputs, targets = prepared(x_train, y_train)
batches = Batches(inputs, targets, train_indices)

keras.utils.set_random_seed(SEED)
model = keras.Sequential(
    [
        {layers}
    ]
)
optimizer = {optimizer}
model.compile(
    optimizer=optimizer,
    loss=keras.losses.CategoricalCrossentropy({smoothing}),
    metrics=["accuracy"],
)
model.summary()
model.fit(
    batches,
    epochs=EPOCHS,
    shuffle=False,  # Batches does it
    validation_data=(inputs[validation_indices], targets[validation_indices]),
    callbacks=[{callbacks}],
    verbose=2,
)
loss, accuracy = model.evaluate(*prepared(x_test, y_test), verbose=0)
print(f"Test accuracy: {{accuracy:.4f}}")
model.save("model.keras")
"""


def keras_script(
    config: TrainingConfig,
    name: str,
    run_id: str,
    events: Sequence[EventRow] = (),
    continued_at: int = 0,
) -> str:
    """Source code of a Python script that repeats a training.

    It needs only TensorFlow (which brings Keras and NumPy). Learning rates that were set by hand
    are set again. It leaves out added drawings, a teacher, a network that the run started from and
    a stop by hand, and says so.

    Args:
        config: The run's configuration.
        name: The run's name, for the first line.
        run_id: The run's id; the script is meant to be saved as `<run_id>.py`.
        events: The history's event rows.
        continued_at: The epoch after which the run continued another one; 0 if it did not.
    """
    by_hand = [(e.step, e.learning_rate) for e in events if e.learning_rate is not None]
    parts = [_head(config, run_id, _title(config, name, events, continued_at))]
    if config.augmentation.enabled:
        parts.append(_augmentation(config))
    if by_hand:
        parts.append(_BY_HAND.format(changes=by_hand))
    parts.append(_BATCHES.format(getting=_lines(_getting(config), 8)))
    if config.schedule.name in _RATES:
        parts.append(_schedule(config, bool(by_hand)))
    elif by_hand:
        parts.append(_CHANGED_BY_HAND)
    parts.append(_tail(config, bool(by_hand)))
    return "".join(parts)


def _title(config: TrainingConfig, name: str, events: Sequence[EventRow], continued_at: int) -> str:
    """The script's docstring: which run it repeats, and what it leaves out."""
    paragraphs = [json.dumps(f"Keras script of the run {name}", ensure_ascii=True)[1:-1]]
    if config.drawings:
        paragraphs.append(
            "The run was also trained on drawings; this script trains on MNIST's digits alone."
        )
    if config.distillation:
        paragraphs.append(
            "The run also learned from a teacher network; this script learns from the labels alone."
        )
    if config.base:
        paragraphs.append(
            f"The run started from the network {config.base}; this script starts from new "
            "weights, and sees all training digits in every epoch."
        )
    if any(event.event == "stop" for event in events):
        paragraphs.append(
            "The run was stopped by hand at least once; this script trains until its planned end."
        )
    if continued_at and config.schedule.name in _RATES:
        paragraphs.append(
            f"The run continued another one after epoch {continued_at}, for which the "
            "schedule of the learning rate\nwas stretched; this script has the stretched one "
            "from the beginning."
        )
    return "\n\n".join(paragraphs)


def _head(config: TrainingConfig, run_id: str, title: str) -> str:
    """Imports, hyperparameters, and loading and splitting the digits."""
    return _HEAD.format(
        title=title,
        # Annotations of the augmentation's functions name types that the script doesn't import.
        future="from __future__ import annotations\n\n" if config.augmentation.enabled else "",
        file=f"{run_id}.py",
        inputs=INPUTS,
        classes=len(config.class_names),
        data="images.npz      the data set, as the Data page gives it"
        if config.data
        else "[path of an mnist.npz]      without a path, Keras downloads MNIST",
        seed=config.seed,
        epochs=config.epochs,
        batch_size=config.batch_size,
        learning_rate=config.optimizer.learning_rate,
        validation_split=config.validation_split,
    )


def _schedule(config: TrainingConfig, by_hand: bool) -> str:
    """The callback that sets the learning rate after every batch."""
    what, rate = _RATES[config.schedule.name]
    lowest = min(config.schedule.minimum_learning_rate, config.optimizer.learning_rate)
    lines = _lines([line.format(lowest=lowest) for line in rate], 8)
    return _SCHEDULE.format(what=what, rate=lines, following=_FOLLOWING if by_hand else "")


def _tail(config: TrainingConfig, by_hand: bool) -> str:
    """The model, its training and its evaluation."""
    smoothing = config.regularization.label_smoothing
    return _TAIL.format(
        layers=_lines(_layers(config), 8),
        optimizer=_optimizer(config),
        smoothing=f"label_smoothing={smoothing!r}" if smoothing else "",
        callbacks=_callbacks(config, by_hand),
    )


def _getting(config: TrainingConfig) -> list[str]:
    """Lines that return the images and targets of a batch with the indices `chosen`."""
    lines = ["inputs, targets = self.inputs[chosen], self.targets[chosen]"]
    if config.augmentation.enabled or config.regularization.mixup:
        lines.append("random = np.random.default_rng((SEED, self.epoch, number))")
    if config.augmentation.enabled:
        lines += [
            "shape = (len(chosen), RANDOM_NUMBERS)",
            'numbers = random.uniform(-1, 1, shape).astype("float32")',
            "inputs = augment(inputs, numbers, STRENGTHS)",
        ]
    if config.regularization.mixup:
        lines += [
            f"share = random.uniform(0, {config.regularization.mixup!r}, (len(chosen), 1))",
            f"share *= random.random((len(chosen), 1)) < {MIXED!r}  # the others stay as they are",
            "return tuple((1 - share) * x + share * np.roll(x, 1, 0) for x in (inputs, targets))",
        ]
    else:
        lines.append("return inputs, targets")
    return lines


def _layers(config: TrainingConfig) -> list[str]:
    lines = [f"keras.Input(({INPUTS},)),"]
    for layer in config.layers:
        lines.append(f"keras.layers.Dense({layer.units}),")
        activation = _activation(layer)
        normalization = "keras.layers.BatchNormalization(),"
        lines += {
            "none": [activation],
            "before": [normalization, activation],
            "after": [activation, normalization],
        }[layer.normalization]
        if layer.dropout:
            lines.append(f"keras.layers.Dropout({layer.dropout!r}),")
    return [*lines, f'keras.layers.Dense({len(config.class_names)}, activation="softmax"),']


def _activation(layer: Layer) -> str:
    if layer.activation == "leaky_relu":
        return f"keras.layers.LeakyReLU(negative_slope={LEAKY_RELU_SLOPE!r}),"
    return f'keras.layers.Activation("{layer.activation}"),'


def _optimizer(config: TrainingConfig) -> str:
    wanted = config.optimizer
    return {
        "adam": "keras.optimizers.Adam(LEARNING_RATE)",
        "adamw": f"keras.optimizers.AdamW(LEARNING_RATE, weight_decay={wanted.weight_decay!r})\n"
        f"optimizer.exclude_from_weight_decay(var_names={list(NOT_DECAYED)!r})",
        "sgd": f"keras.optimizers.SGD(LEARNING_RATE, momentum={wanted.momentum!r})",
        "rmsprop": "keras.optimizers.RMSprop(LEARNING_RATE)",
    }[wanted.name]


def _callbacks(config: TrainingConfig, by_hand: bool) -> str:
    found, schedule = [], config.schedule
    if schedule.name in _RATES:
        found.append("Schedule(EPOCHS * len(batches))")
    elif by_hand:
        found.append("ChangedByHand()")
    if schedule.name == "plateau":
        found.append(
            f"keras.callbacks.ReduceLROnPlateau(factor={schedule.plateau_factor!r}, "
            f"patience={schedule.plateau_patience}, min_lr={schedule.minimum_learning_rate!r})"
        )
    if config.early_stopping:
        found.append(
            f"keras.callbacks.EarlyStopping(patience={config.early_stopping.patience}, "
            "restore_best_weights=True)"
        )
    return "".join(f"\n        {one}," for one in found) + ("\n    " if found else "")


def _augmentation(config: TrainingConfig) -> str:
    """The source of `augmentation`'s functions, with the constants that they use."""
    constants = (
        f"INPUTS = {INPUTS}\n"
        f"_SIDE, _SPACING, _SMOOTHNESS = {augmentation._SIDE}, {augmentation._SPACING}, "
        f"{augmentation._SMOOTHNESS}\n"
        "_NODES = np.arange(-_SPACING, _SIDE + _SPACING + 1, _SPACING)\n"
        f"_SHARPENING, _ELASTIC = {augmentation._SHARPENING}, {augmentation._ELASTIC}\n"
        "RANDOM_NUMBERS = _ELASTIC + 2 * len(_NODES) ** 2\n"
        f"STRENGTHS = SimpleNamespace(**{config.augmentation.to_dict()!r})\n"
    )
    functions = (
        augmentation.augment, augmentation._basis, augmentation._coordinates,
        augmentation._sampled, augmentation._sharpened, augmentation._thickened,
    )  # fmt: skip
    source = "\n\n".join(inspect.getsource(function) for function in functions)
    imports = "from functools import cache\nfrom types import SimpleNamespace\n"
    return f"\n{imports}\n{constants}\n\n{source}\n"


def _lines(lines: list[str], indent: int) -> str:
    return f"\n{' ' * indent}".join(lines)
