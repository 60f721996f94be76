"""Whether a sum as the page writes it is right."""

import re


def adds_up(text: str) -> bool:
    """Whether a written sum holds: exactly where it says "=", nearly where it says "≈"."""
    left, sign, right = re.fullmatch(r"(.+) ([=≈]) (.+)", text).groups()
    terms = re.findall(r"([−+]? ?)([\d.]+)", left)
    added = sum((-1 if "−" in before else 1) * round(float(n) * 1000) for before, n in terms)
    off = abs(added - round(float(right.replace("−", "-")) * 1000))
    return off == 0 if sign == "=" else 0 < off <= 2
