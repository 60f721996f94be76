"""Two networks on the same digits: what one fixes and what it breaks (McNemar's test)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnist_core.evaluation.metrics import Evaluation, EvaluationError


class Comparison(NamedTuple):
    """Where two networks differ on the same digits, with McNemar's exact test."""

    mended: np.ndarray  # int64 indices that the first called wrong and the second right
    broken: np.ndarray  # int64 indices that the first called right and the second wrong
    p_value: float  # chance of a split at least as uneven if both were equally good

    def in_words(self) -> str:
        """What McNemar's test says, for people who never heard of it."""
        mended, broken = self.mended.size, self.broken.size
        differ = mended + broken
        if not differ:
            return "Both networks are right and wrong on exactly the same digits."
        chance = (
            f"{float(f'{100 * self.p_value:.2g}'):g}%"
            if self.p_value >= 1e-4
            else "less than 0.01%"
        )
        if self.p_value < 0.01:
            so = "That is so rarely that chance hardly explains the difference."
        elif self.p_value < 0.05:
            so = "That is rarely, so chance is an unlikely explanation, but a possible one."
        else:
            so = "That is often, so the difference may well be chance."
        toss = "the toss of a coin" if differ == 1 else f"{differ:,} tosses of a coin"
        return (
            f"If both networks were equally good, whether each of the {differ:,} digits on which "
            f"they differ is mended or broken would be like {toss}. A split at least as "
            f"uneven as {max(mended, broken):,} to {min(mended, broken):,} comes in {chance} of "
            f"such cases. {so}"
        )


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Which digits the second network mends and which it breaks (McNemar 1947, exact form).

    Raises:
        EvaluationError: the two are not of the same digits.
    """
    from scipy.stats import binomtest

    if not np.array_equal(first.labels, second.labels):
        raise EvaluationError("The two evaluations are of different digits; evaluate both anew.")
    mended = np.flatnonzero(~first.correct & second.correct)
    broken = np.flatnonzero(first.correct & ~second.correct)
    differ = mended.size + broken.size
    p_value = float(binomtest(mended.size, differ).pvalue) if differ else 1.0
    return Comparison(mended, broken, p_value)
