"""What is known to go wrong with a configuration, and why: for people, before they train it."""

from __future__ import annotations

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.config.sizes import INPUTS

TRAINING_DIGITS = 60_000
_ADAPTIVE = ("adam", "adamw", "rmsprop")


def advice(config: TrainingConfig) -> tuple[str, ...]:
    """Warnings, each a sentence with its reason; none for a configuration without known faults."""
    return (*_on_learning_rate(config), *_on_layers(config), *_on_course(config))


def _on_learning_rate(config: TrainingConfig) -> list[str]:
    rate = config.optimizer.learning_rate
    normalized = all(layer.normalization != "none" for layer in config.layers)
    if config.optimizer.name in _ADAPTIVE:
        highest = 0.05 if normalized else 0.01
        if rate > highest:
            return [
                f"A learning rate of {rate:g} is high for this optimiser (usual: 0.0003 to 0.003): "
                "it moves every weight by about that much at each batch, whatever the gradient, so "
                "weights overshoot and many units die."
            ]
        if rate < 1e-5:
            return [f"A learning rate of {rate:g} is so low that the network hardly changes."]
        return []
    momentum = config.optimizer.momentum
    step = rate / (1 - momentum)
    if step > (10 if normalized else 2):
        return [
            f"A learning rate of {rate:g} with momentum {momentum:g} makes steps of up to "
            f"{step:.2g} times the gradient: SGD then overshoots and the loss is likely to grow "
            "beyond all bounds. Try 0.01 to 0.1."
        ]
    if step < 1e-3:
        return [f"SGD with a learning rate of {rate:g} hardly moves. Try 0.01 to 0.1."]
    return []


def _on_layers(config: TrainingConfig) -> list[str]:
    found, layers = [], config.layers
    sigmoids = sum(la.activation == "sigmoid" and la.normalization == "none" for la in layers)
    if sigmoids >= 3:
        found.append(
            f"{sigmoids} sigmoid layers without normalisation: each passes back at most a quarter "
            "of the gradient, so the first layers learn very slowly. Normalise, or take ReLU."
        )
    for number, layer in enumerate(layers, 1):
        if layer.dropout > 0.6:
            found.append(
                f"Layer {number} drops {layer.dropout:.0%} of its outputs: too few are left to "
                "learn from. 20 to 50% is usual."
            )
        if layer.units < 10:
            found.append(
                f"Layer {number} has {layer.units} units, fewer than there are digits: what tells "
                "them apart does not fit through."
            )
        if layer.normalization != "none" and config.batch_size < 8:
            found.append(
                f"Batch normalisation in layer {number} takes mean and variance from "
                f"{config.batch_size} digits: too few to be more than noise."
            )
    widest = max(layer.units for layer in layers)
    if parameter_count(config)[0] > 5_000_000:
        found.append(
            f"With {parameter_count(config)[0]:,} parameters ({widest:,} units in the widest "
            f"layer, for {INPUTS} inputs) an epoch takes ten times as long as with 500,000."
        )
    return found


def _on_course(config: TrainingConfig) -> list[str]:
    found = []
    batches = TRAINING_DIGITS * (1 - config.validation_split) / config.batch_size
    if batches < 30:
        found.append(
            f"Batches of {config.batch_size} make only {batches:.0f} updates an epoch: the network "
            "learns little from each pass. 32 to 512 is usual."
        )
    patience = config.early_stopping.patience if config.early_stopping else 0
    schedule = config.schedule
    if patience and schedule.name == "plateau" and patience <= schedule.plateau_patience:
        found.append(
            f"Early stopping after {patience} epochs comes before the learning rate can fall "
            f"(after {schedule.plateau_patience}), so it never does."
        )
    if patience and schedule.name == "one_cycle" and patience < config.epochs:
        found.append(
            "Early stopping can end a one-cycle schedule before its learning rate has fallen, "
            "which is where it gains most. Switch it off (patience 0)."
        )
    return found
