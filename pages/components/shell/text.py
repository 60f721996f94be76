"""The options of a configuration as people write them."""

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
    "speedrun": "Speedrun, 3 epochs",
    "champion": "Champion, many epochs with distortions",
    "compact": "Compact",
}


def name_of(option: str) -> str:
    """An option of the configuration as people write it."""
    return NAMES.get(option, option)
