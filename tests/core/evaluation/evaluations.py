"""Evaluations for tests, written down digit by digit."""

import numpy as np

from mnist_core.evaluation.metrics import Evaluation


def evaluation(pairs, confidence=0.9) -> Evaluation:
    """An evaluation made from (true, predicted) or (true, predicted, confidence). The remaining
    probability goes to the true digit of an error, otherwise to the next digit."""
    labels, rows = [], []
    for true, predicted, *sure in pairs:
        sure = sure[0] if sure else confidence
        row = np.zeros(10)
        row[predicted] = sure
        row[true if true != predicted else (true + 1) % 10] += 1 - sure
        labels.append(true)
        rows.append(row)
    return Evaluation(np.array(labels), np.array(rows))


# Both 0s correct; one 1 correct, one predicted as 7; three 7s correct, one as 1; both 9s as 4.
PAIRS = [(0, 0), (0, 0), (1, 1), (1, 7), (7, 7), (7, 7), (7, 7), (7, 1), (9, 4), (9, 4)]
