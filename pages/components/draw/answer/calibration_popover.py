"""How sure is that? The figures behind the probabilities, "not sure" and "not a digit"."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW
from mnist_core.runs.run import Run
from pages.components.shell import classes, networks
from pages.components.shell.classes import things
from pages.components.shell.terms import explained


def explain(run: Run) -> None:
    """A popover about calibration and out-of-distribution detection.

    Args:
        run: The network in use.
    """
    fitted = networks.calibration(run)
    with st.popover("How sure is that?", icon=":material/balance:", type="tertiary"):
        if problem := networks.not_calibrated(run):
            st.markdown(problem)
        elif fitted is None:
            st.markdown("This network's probabilities are being calibrated. Come back in a minute.")
        else:
            explained(
                "The probabilities are calibrated (temperature scaling): the network's outputs "
                f"before softmax are divided by a temperature of **{fitted.temperature:.2f}**, "
                f"fitted on its validation {things()}. On the test {things()} this changes the "
                "expected calibration error, which is how far the network's confidence is from its "
                f"accuracy, from {percent(fitted.error_before, 2)} to "
                f"**{percent(fitted.error_after, 2)}**."
            )
            if fitted.unsure is not None and fitted.unsure_wrong is not None:
                st.markdown(
                    f"“Not sure” means that no {classes.kind()} gets {percent(UNSURE_BELOW, 0)}. "
                    f"That is so for **{percent(fitted.unsure, 2, counted=True)}** of the test "
                    f"{things()}; "
                    f"{percent(fitted.unsure_wrong, 0, counted=True)} of these are misclassified."
                )
        if not run.config.data:
            _explain_detector()
        st.page_link(
            "pages/calibration.py",
            label="How sure, how right?",
            icon=":material/verified:",
            query_params={"run": run.id},
        )


def _explain_detector() -> None:
    report = networks.detector().report
    digits, others = report["digits"], report["non_digits"]
    rows = "\n".join(
        f"- {kind}: {percent(share, 0, counted=True)}" for kind, share in others.items()
    )
    of_mnist = percent(digits["MNIST"], 2, counted=True)
    at_most = percent(max(digits.values()), counted=True)
    st.markdown(
        "“Not a digit I know” comes from a second, small network (out-of-distribution "
        "detection). It was trained to tell digits from other drawings, which a program made. "
        f"It rejects **{of_mnist}** of MNIST's test digits, at most {at_most} of digits drawn "
        "with thin or thick pens, blurred, pixelated or faint, and, of drawings that it was "
        f"not trained on:\n\n{rows}"
    )
