"""The form that makes a training configuration: a preset, then every setting of it."""

from __future__ import annotations

import streamlit as st

from mnist_core.config import (
    ACTIVATIONS,
    LAYER_RANGES,
    MAX_LAYERS,
    NORMALIZATIONS,
    OPTIMIZERS,
    PRESETS,
    RANGES,
    SCHEDULES,
    Layer,
    TrainingConfig,
    parameter_count,
)

NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "none": "no normalisation",
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
    "early-stopping": "ReLU with early stopping",
    "leaky-relu": "LeakyReLU, 12 epochs",
}
SETTINGS = (
    "optimizer", "learning_rate", "schedule", "momentum", "weight_decay", "batch_size", "epochs",
    "validation_split", "early_stopping_patience", "seed",
)  # fmt: skip


def name_of(option: str) -> str:
    """An option of the configuration as people write it."""
    return NAMES.get(option, option)


def training_form() -> tuple[str, TrainingConfig]:
    """Show the form; returns the preset's name and the configuration as it stands."""
    if "preset" not in st.session_state:
        preset, config = st.session_state.get("training-setup", ("early-stopping", None))
        _fill(config or PRESETS[preset])
        st.session_state["preset"] = preset
    preset = st.selectbox(
        "Preset",
        list(PRESETS),
        key="preset",
        format_func=name_of,
        on_change=lambda: _fill(PRESETS[st.session_state["preset"]]),
        help="A network and a recipe to start from. Every setting can be changed below.",
    )
    with st.expander("Network", icon=":material/account_tree:"):
        layers = _layers()
    with st.expander("Training", icon=":material/tune:"):
        settings = _settings()
    unseen = {
        field: getattr(PRESETS[preset], field)
        for field in ("plateau_factor", "plateau_patience", "minimum_learning_rate")
    }
    config = TrainingConfig(layers=layers, **settings, **unseen)
    st.session_state["training-setup"] = (preset, config)  # survives a change of page
    return preset, config


def show_architecture(config: TrainingConfig) -> None:
    """The network layer by layer, with shapes and parameter counts."""
    total, trainable = parameter_count(config)
    widths = " → ".join(str(width) for width in (784, *(la.units for la in config.layers), 10))
    st.markdown(f"**{widths}**  \n{total:,} parameters, {trainable:,} of them trained")
    rows, inputs = [("Input", "28 × 28 = 784", "")], 784
    for layer in config.layers:
        normalization = ("BatchNorm", str(layer.units), f"{4 * layer.units:,}")
        rows.append(("Dense", str(layer.units), f"{(inputs + 1) * layer.units:,}"))
        rows += [normalization] if layer.normalization == "before" else []
        rows.append((name_of(layer.activation), str(layer.units), ""))
        rows += [normalization] if layer.normalization == "after" else []
        rows += [(f"Dropout {layer.dropout:g}", str(layer.units), "")] if layer.dropout else []
        inputs = layer.units
    rows.append(("Dense + softmax", "10", f"{(inputs + 1) * 10:,}"))
    with st.expander("Architecture", icon=":material/layers:"):
        st.table({name: column for name, column in zip(
            ("Layer", "Output", "Parameters"), zip(*rows, strict=True), strict=True)})  # fmt: skip


def _fill(config: TrainingConfig) -> None:
    """Put a configuration into the form's widgets."""
    st.session_state["layer-count"] = len(config.layers)
    for i in range(MAX_LAYERS):
        layer = config.layers[i] if i < len(config.layers) else Layer()
        for field in ("units", "activation", "normalization", "dropout"):
            st.session_state[f"layer-{i}-{field}"] = getattr(layer, field)
    for field in SETTINGS:
        st.session_state[field] = getattr(config, field)


def _layers() -> tuple[Layer, ...]:
    count = st.number_input("Hidden layers", 1, MAX_LAYERS, key="layer-count")
    layers = []
    for i in range(count):
        st.caption(f"Hidden layer {i + 1}")
        columns = st.columns(4)
        layers.append(
            Layer(
                columns[0].number_input(
                    "Units", *LAYER_RANGES["units"][1:], key=f"layer-{i}-units"
                ),
                columns[1].selectbox(
                    "Activation", ACTIVATIONS, key=f"layer-{i}-activation", format_func=name_of
                ),
                columns[2].selectbox(
                    "Batch normalisation",
                    NORMALIZATIONS,
                    key=f"layer-{i}-normalization",
                    format_func=name_of,
                ),
                columns[3].number_input(
                    "Dropout", *LAYER_RANGES["dropout"][1:], step=0.05, key=f"layer-{i}-dropout"
                ),
            )
        )
    return tuple(layers)


def _settings() -> dict[str, object]:
    left, right = st.columns(2)
    optimizer = left.selectbox("Optimiser", OPTIMIZERS, key="optimizer", format_func=name_of)
    schedule = right.selectbox(
        "Learning-rate schedule", SCHEDULES, key="schedule", format_func=name_of
    )
    values = {"optimizer": optimizer, "schedule": schedule}

    def number(place, field: str, label: str, step: float, **options) -> None:
        values[field] = place.number_input(
            label, *RANGES[field][1:], step=step, key=field, **options
        )

    number(left, "learning_rate", "Learning rate", 1e-4, format="%.2e")
    if optimizer == "sgd":
        number(right, "momentum", "Momentum", 0.05)
    if optimizer == "adamw":
        number(right, "weight_decay", "Weight decay", 0.001, format="%.4f")
    number(left, "batch_size", "Batch size", 32)
    number(right, "epochs", "Epochs, at most", 1)
    number(left, "validation_split", "Share kept for validation", 0.05)
    number(
        right,
        "early_stopping_patience",
        "Early-stopping patience, in epochs",
        1,
        help="Training ends after so many epochs without a lower validation loss, and the best "
        "weights are restored. 0: train all epochs.",
    )
    number(left, "seed", "Seed", 1)
    return values
