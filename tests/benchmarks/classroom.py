"""A class at work: pupils who each draw, work through the first lesson, train a network and look at
its errors, all from the same moment on.

    python -m tests.benchmarks.classroom [--pupils 25] [--pause 3]

They go over Streamlit's own protocol (see pupils.py) to one server with the settings of a class;
the training is the one that a class's form begins with. For each step this prints the seconds from
a message until the app has answered it, and those from the click on Train to a network. It fails if
a pupil meets an error. All pupils run in one process on the same machine. Needs MNIST (MNIST_NPZ).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.benchmarks import process
from tests.benchmarks.pupils import STEPS, Pupil, Recording, record_work
from tests.browser.conftest import ROOT, serve, without_mnist
from tests.conftest import ARGUMENTS, NAMES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=25)
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two actions")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        recording = recorded(Path(directory))
        work = Path(directory) / "class"
        work.mkdir()
        os.environ["DIGITLAB_RUNS"] = str(work / "runs")
        with serve(work, ROOT / "serve.py", DIGITLAB_MODE="class") as app:
            pupils = [Pupil(app.url, recording, number) for number in range(options.pupils)]
            begun = time.perf_counter()
            asyncio.run(at_work(pupils, options.pause))
            passed = time.perf_counter() - begun
            memory = process.memory(app.process.pid)
    print(f"{process.machine()}; {options.pupils} pupils, done after {passed:.0f} s\n")
    print("| | times | median | 95 % within | longest |\n|---|---|---|---|---|")
    for step in STEPS:
        took = [seconds for pupil in pupils for seconds in pupil.took[step]]
        print(f"| {step} | {row(took)} |")
    print(f"| until trained | {row([pupil.trained for pupil in pupils if pupil.trained])} |")
    print(f"\nThe server's process: {memory:.0f} MB")
    if errors := [error for pupil in pupils for error in pupil.errors]:
        sys.exit(f"{len(errors)} errors, the first: {errors[0]}")


def recorded(directory: Path) -> Recording:
    """What a browser sends, to a server that trains on the offline sample."""
    sample = {**without_mnist(directory), "DIGITLAB_OFFLINE": "1"}
    with (
        serve(directory, ROOT / "serve.py", DIGITLAB_MODE="class", **sample) as app,
        sync_playwright() as playwright,
    ):
        chromium = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        return record_work(browser, app.url)


async def at_work(pupils: list[Pupil], pause: float) -> None:
    """Let all pupils work at the same time; a session that breaks off counts as an error."""
    ended = await asyncio.gather(*(pupil.work(pause) for pupil in pupils), return_exceptions=True)
    for pupil, error in zip(pupils, ended, strict=True):
        if error is not None:
            pupil.errors.append(f"{type(error).__name__}: {error}")


def row(seconds: list[float]) -> str:
    """The figures of a line of the table."""
    if not seconds:
        return "0 | – | – | –"
    middle, high = np.percentile(seconds, [50, 95])
    return f"{len(seconds)} | {middle:.2f} s | {high:.2f} s | {max(seconds):.2f} s"


if __name__ == "__main__":
    main()
