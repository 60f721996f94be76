"""Known weaknesses of a configuration and the reasons for them, to be shown before it is
trained."""

from __future__ import annotations

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.config.formatting import percent
from mnist_core.config.sizes import INPUTS, TRAINING_DIGITS

_ADAPTIVE = ("adam", "adamw", "rmsprop")


def warnings_for(config: TrainingConfig) -> tuple[str, ...]:
    """Known faults, each with its reason, a sentence each; empty if none is known."""
    return (*_on_learning_rate(config), *_on_layers(config), *_on_schedule(config))


def _on_learning_rate(config: TrainingConfig) -> list[str]:
    rate = config.optimizer.learning_rate
    normalized = all(layer.normalization != "none" for layer in config.layers)
    if config.optimizer.name in _ADAPTIVE:
        highest = 0.05 if normalized else 0.01
        if rate > highest:
            return [
                f"A learning rate of {rate:g} is high for this optimizer (usual: 0.0003 to 0.003). "
                "Each batch moves every weight by about that much, however small the gradient is, "
                "so weights overshoot and many units get stuck at zero."
            ]
        if rate < 1e-5:
            return [f"A learning rate of {rate:g} is so low that the network hardly learns."]
        return []
    momentum = config.optimizer.momentum
    step = rate / (1 - momentum)
    if step > (10 if normalized else 2):
        return [
            f"A learning rate of {rate:g} with momentum {momentum:g} makes steps of up to "
            f"{step:.2g} times the gradient. SGD then overshoots, and the loss is likely to grow "
            "without limit. Try 0.01 to 0.1."
        ]
    if step < 1e-3:
        return [f"SGD with a learning rate of {rate:g} hardly learns. Try 0.01 to 0.1."]
    return []


def _on_layers(config: TrainingConfig) -> list[str]:
    messages, layers = [], config.layers
    sigmoids = sum(la.activation == "sigmoid" and la.normalization == "none" for la in layers)
    if sigmoids >= 3:
        messages.append(
            f"{sigmoids} sigmoid layers have no normalization. Each passes back at most a quarter "
            "of the gradient, so the first layers learn very slowly. Normalize, or use ReLU."
        )
    classes = len(config.class_names)
    for number, layer in enumerate(layers, 1):
        if layer.dropout > 0.6:
            messages.append(
                f"Layer {number} drops {percent(layer.dropout, 0)} of its outputs, which leaves "
                "too few to learn from. 20 to 50% is usual."
            )
        if layer.units < classes:
            messages.append(
                f"Layer {number} has {layer.units} units, fewer than the {classes} classes that "
                "it has to keep apart."
            )
        if layer.normalization != "none" and config.batch_size < 8:
            messages.append(
                f"Batch normalization in layer {number} computes mean and variance from batches of "
                f"{config.batch_size}. Of so few digits they are mostly noise."
            )
    widest = max(layer.units for layer in layers)
    if parameter_count(config)[0] > 5_000_000:
        messages.append(
            f"The network has {parameter_count(config)[0]:,} parameters ({widest:,} units in its "
            f"widest layer, for {INPUTS} inputs). An epoch takes ten times as long as with 500,000."
        )
    return messages


def _on_schedule(config: TrainingConfig) -> list[str]:
    messages = []
    batches = TRAINING_DIGITS * (1 - config.validation_split) / config.batch_size
    if batches < 30:
        messages.append(
            f"Batches of {config.batch_size} make only {batches:.0f} updates per epoch, so the "
            "network learns little from each. 32 to 512 is usual."
        )
    patience = config.early_stopping.patience if config.early_stopping else 0
    schedule = config.schedule
    if patience and schedule.name == "plateau" and patience <= schedule.plateau_patience:
        messages.append(
            f"Early stopping ends the training after {patience} epochs without progress, before "
            f"the learning rate can fall (after {schedule.plateau_patience})."
        )
    if patience and schedule.name == "one_cycle" and patience < config.epochs:
        messages.append(
            "Early stopping can end a one-cycle schedule before its learning rate has fallen, "
            "and it gains most after that. Switch early stopping off (patience 0)."
        )
    return messages
