"""Seconds an epoch of the preset `early-stopping`: this app, plain Keras `fit`, and PyTorch.

    python -m tests.benchmarks.epoch [rounds]

Same network, batch size, optimizer and digits. The three take turns,
each for a part of an epoch, so that other load slows all of them alike. PyTorch takes part if it is
installed here, or in the environment whose Python TORCH_PYTHON names.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

DIGITS, BATCH = 54_000, 128
PART = 60  # batches of a turn
BATCHES = -(-DIGITS // BATCH)
TORCH = "--torch"  # runs as a server of turns, as PyTorch and TensorFlow do not share threads well


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Training digits; without MNIST, those of the offline sample, repeated."""
    from mnist_core.digits.datasets import mnist

    data = mnist.load(offline=True)
    times = -(-DIGITS // len(data.y_train))
    images, labels = np.tile(data.x_train, (times, 1, 1)), np.tile(data.y_train, times)
    return images[:DIGITS], labels[:DIGITS]


def ours() -> Callable[[], None]:
    from mnist_core.config.presets import PRESETS
    from mnist_core.network import keras_model
    from mnist_core.training import optimizers, train_step, trainer

    config = PRESETS["early-stopping"]
    images, labels = digits()
    model, optimizer = keras_model.build_model(config), optimizers.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    train = train_step.Steps(model, optimizer, images, labels, config)
    order = np.arange(DIGITS, dtype=np.int32)[: PART * BATCH].reshape(PART, BATCH)
    count = min(trainer.MAX_BATCHES_PER_CALL, PART)

    def turn() -> None:
        for first in range(0, PART, count):
            batches = order[first : first + count]
            train(batches, np.full(len(batches), 1e-3, np.float32))[0].numpy()

    return turn


def plain_keras() -> Callable[[], None]:
    import keras

    from mnist_core.config.presets import PRESETS
    from mnist_core.network import keras_model

    images, labels = digits()
    inputs = images[: PART * BATCH].reshape(-1, 784).astype(np.float32) / 255
    model = keras_model.build_model(PRESETS["early-stopping"])
    model.compile(
        keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return lambda: model.fit(inputs, labels[: PART * BATCH], BATCH, verbose=0)


def pytorch(path: str) -> Callable[[], None]:
    import torch
    from torch import nn

    torch.set_flush_denormal(True)  # as TensorFlow does
    with np.load(path, allow_pickle=False) as file:
        images, labels = file["images"], file["labels"]
    x = torch.from_numpy(images.reshape(-1, 784).astype(np.float32) / 255)
    y = torch.from_numpy(labels.astype(np.int64))
    norm = dict(eps=1e-3, momentum=0.01)
    model = nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.BatchNorm1d(512, **norm), nn.Dropout(0.3),
        nn.Linear(512, 256), nn.ReLU(), nn.BatchNorm1d(256, **norm), nn.Dropout(0.3),
        nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    loss_of = nn.CrossEntropyLoss()

    def turn() -> None:
        order = torch.randperm(DIGITS)
        for first in range(0, PART * BATCH, BATCH):
            chosen = order[first : first + BATCH]
            optimizer.zero_grad()
            loss_of(model(x[chosen]), y[chosen]).backward()
            optimizer.step()

    return turn


def timed(turn: Callable[[], None]) -> tuple[float, float]:
    """Wall-clock and processor seconds of a turn."""
    clock, processor = time.perf_counter(), time.process_time()
    turn()
    return time.perf_counter() - clock, time.process_time() - processor


def serve_torch(path: str) -> None:
    turn = pytorch(path)
    for _ in sys.stdin:
        print(*timed(turn), flush=True)


def torch_turn(directory: str) -> Callable[[], tuple[float, float]] | None:
    """A function that lets a PyTorch process take a turn; None if there is no PyTorch."""
    python = os.environ.get("TORCH_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        return None
    path = os.path.join(directory, "digits.npz")
    images, labels = digits()
    np.savez(path, images=images, labels=labels)
    command = [python, "-m", "tests.benchmarks.epoch", TORCH, path]
    # Waiting threads that spin would cost PyTorch most of its time on a busy machine.
    passive = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=passive
    )

    def turn() -> tuple[float, float]:
        process.stdin.write("\n")
        process.stdin.flush()
        clock, processor = process.stdout.readline().split()
        return float(clock), float(processor)

    return turn


def main(rounds: int) -> None:
    mine, keras = ours(), plain_keras()
    contestants = {"this app": lambda: timed(mine), "Keras fit": lambda: timed(keras)}
    with tempfile.TemporaryDirectory() as directory:
        if (torch := torch_turn(directory)) is not None:
            contestants["PyTorch"] = torch
        else:
            print("PyTorch is not installed: it is left out.")
        taken = {name: [] for name in contestants}
        for number in range(rounds + 2):  # the first two warm up
            for name, turn in contestants.items():
                measured = turn()
                if number >= 2:
                    taken[name].append(measured)
    for name, pairs in taken.items():
        clock, processor = (
            statistics.median(values) * BATCHES / PART for values in zip(*pairs, strict=True)
        )
        print(f"{name:9}: {clock:5.2f} s an epoch, {processor:5.2f} s of processor time")


if __name__ == "__main__":
    if TORCH in sys.argv:
        serve_torch(sys.argv[-1])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
