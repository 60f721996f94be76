"""Two networks on the same digits: which errors one fixes and which it adds (McNemar's test)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from mnist_core.config.formatting import count
from mnist_core.evaluation.metrics import Evaluation, EvaluationError


class Comparison(NamedTuple):
    """Where two networks differ on the same digits, with McNemar's exact test."""

    fixed: NDArray[np.int64]  # indices that the first misclassified and the second did not
    added: NDArray[np.int64]  # indices that the second misclassified and the first did not
    p_value: float  # probability of a division at least this uneven if both were equally good

    @property
    def chance(self) -> str:
        """The p-value in words: "3.5%"."""
        if self.p_value < 1e-4:
            return "less than 0.01%"
        return f"{float(f'{100 * self.p_value:.2g}'):g}%"

    def in_words(self, thing: str = "digit") -> str:
        """What McNemar's test says, for people who have never heard of it.

        Args:
            thing: What the images show.
        """
        fixed, added = self.fixed.size, self.added.size
        differ = fixed + added
        if not differ:
            return f"Both networks classify exactly the same {thing}s correctly."
        if self.p_value < 0.01:
            conclusion = "That is so rare that chance hardly explains the difference."
        elif self.p_value < 0.05:
            conclusion = "That is rare, so chance is possible but an unlikely explanation."
        else:
            conclusion = "That is common, so the difference may well be chance."
        coins = "a coin" if differ == 1 else count(differ, "coin")
        return (
            f"The networks differ on {count(differ, thing)}. If both "
            f"were equally good, which of them is right about each would be like tossing {coins}. "
            f"A result at least as uneven as {max(fixed, added):,} to {min(fixed, added):,} "
            f"would come up in {self.chance} of such cases. {conclusion}"
        )


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Which errors of the first network the second one fixes, and which it adds.

    The p-value is that of McNemar's test (1947) in its exact, binomial form.

    Raises:
        EvaluationError: The two are evaluations of different digits.
    """
    if not np.array_equal(first.labels, second.labels):
        raise EvaluationError("The two evaluations are of different digits; evaluate both again.")
    fixed = np.flatnonzero(~first.correct & second.correct)
    added = np.flatnonzero(first.correct & ~second.correct)
    # Twice the chance of so few heads or fewer: with a fair coin, both tails are equal.
    tails = 2 * bdtr(min(fixed.size, added.size), fixed.size + added.size, 0.5)
    p_value = min(float(tails), 1.0)
    return Comparison(fixed, added, p_value)
