"""How sure is that? The figures behind the probabilities, "not sure" and "not a digit"."""

from __future__ import annotations

import streamlit as st

from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW
from mnist_core.runs.run import Run
from pages.components.shell import networks


def explain(run: Run) -> None:
    """A popover about calibration and out-of-distribution detection.

    Args:
        run: The network in use.
    """
    found, report = networks.calibration(run), networks.detector().report
    with st.popover("How sure is that?", icon=":material/balance:", type="tertiary"):
        if found is None:
            st.markdown("This network's probabilities are being calibrated. Come back in a minute.")
        else:
            st.markdown(
                "The probabilities are calibrated (temperature scaling): the network's outputs "
                f"before softmax are divided by a temperature of **{found.temperature:.2f}**, "
                "fitted on its validation digits. On the test digits this changes the expected "
                "calibration error, which is how far the network's confidence is from its "
                f"accuracy, from {found.error_before:.2%} to **{found.error_after:.2%}**."
            )
            if found.unsure is not None:
                st.markdown(
                    f"“Not sure” means that no digit gets {UNSURE_BELOW:.0%}. That is so for "
                    f"**{found.unsure:.2%}** of the test digits; {found.unsure_wrong:.0%} of these "
                    "are misclassified."
                )
        digits, others = report["digits"], report["non_digits"]
        rows = "\n".join(f"- {kind}: {share:.0%}" for kind, share in others.items())
        st.markdown(
            "“Not a digit I know” comes from a second, small network (out-of-distribution "
            "detection). It was trained to tell digits from other drawings, which a program made. "
            f"It rejects **{digits['MNIST']:.2%}** of MNIST's test digits, at most "
            f"{max(digits.values()):.1%} of digits drawn with thin or thick pens, blurred, "
            f"pixelated or faint, and, of drawings that it was not trained on:\n\n{rows}"
        )
