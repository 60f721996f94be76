"""How sure is that? The figures behind "not sure" and "not a digit", in a popover."""

from __future__ import annotations

import streamlit as st

from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW
from mnist_core.runs.run import Run
from pages.components.shell import networks


def explain(run: Run) -> None:
    """The figures that make the answer honest, in a popover."""
    found, report = networks.calibration(run), networks.detector().report
    with st.popover("How sure is that?", icon=":material/balance:", type="tertiary"):
        if found is None:
            st.markdown("This network's probabilities are not calibrated yet; come back soon.")
        else:
            st.markdown(
                "The probabilities are calibrated: the network's outputs are divided by a "
                f"temperature of **{found.temperature:.2f}**, fitted on its validation digits. "
                "On the test digits the expected calibration error (how far the stated shares "
                f"are from the share that is right) goes from {found.error_before:.2%} to "
                f"**{found.error_after:.2%}**."
            )
            if found.unsure is not None:
                st.markdown(
                    f"“Not sure” is said where no digit gets {UNSURE_BELOW:.0%}: of "
                    f"**{found.unsure:.2%}** of the test digits, and {found.unsure_wrong:.0%} of "
                    "these would have been called wrongly."
                )
        kinds = report["non_digits_rejected"]
        rows = "\n".join(f"- {kind}: {share:.0%}" for kind, share in kinds.items())
        st.markdown(
            "“Not a digit I know” comes from a small network of its own, which learned digits "
            "and drawings made by a program that are none. It refuses "
            f"**{report['digits_rejected']:.2%}** of MNIST's test digits and, of drawings that "
            f"it has not learned from:\n\n{rows}"
        )
