"""Prints how well pictures by other people are read; see `mnist_core.model_card.external_pictures`.

    python -m tests.benchmarks.strangers [--sources even|odd] [--json]

The environment variable STRANGERS_ZIP names the archive.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from mnist_core.model_card.external_pictures import NETWORK, measure, pictures, table
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store


def print_table(rows: dict[str, dict[str, float]]) -> None:
    print(
        f"{'kind':16}{'pictures':>9}{'right':>9}{'rejected':>9}{'nothing':>9}{'baseline':>9}{'ms':>7}"
    )
    for kind, row in rows.items():
        shares = "".join(
            f"{row[name]:9.1%}" for name in ("right", "rejected", "nothing", "baseline")
        )
        print(f"{kind:16}{row['pictures']:9}{shares}{row['ms']:7.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", choices=["even", "odd"], help="only those with such a number")
    parser.add_argument("--failures", action="store_true", help="name the pictures that fail, too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    if "STRANGERS_ZIP" not in os.environ:
        parser.error("set STRANGERS_ZIP to the archive's path")
    remainders = {"even": (0,), "odd": (1,), None: (0, 1)}[arguments.sources]
    chosen = [
        picture
        for picture in pictures(Path(os.environ["STRANGERS_ZIP"]))
        if picture.source % 2 in remainders
    ]
    results = measure(Predictor.load(store.get(NETWORK)), chosen)
    failures = [(r.picture.file, r.outcome) for r in results if r.outcome != "right"]
    if arguments.json:
        named = {"failures": failures} if arguments.failures else {}
        print(json.dumps({"kinds": table(results), **named}, indent=2))
        return
    print_table(table(results))
    if arguments.failures:
        print("\n".join(f"{said:8} {file}" for file, said in failures))


if __name__ == "__main__":
    main()
