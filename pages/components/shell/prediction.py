"""How sure an answer may be: calibrated, "not sure", "not a digit", and the figures behind."""

from __future__ import annotations

import logging

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import predict
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.metrics import EvaluationError
from mnist_core.evaluation.ood_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW, Calibration
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.predict import Verdict
from mnist_core.runs.run import Run
from pages.components.shell.background import result_if_done

logger = logging.getLogger(__name__)


def answer(
    classifier: Classifier, image: NDArray[np.uint8], temperature: float
) -> tuple[NDArray[np.float32], Verdict]:
    """Calibrated probabilities, (10,), and what may be said of them, for a (28, 28) image."""
    return predict.answer(classifier, image, temperature, detector())


def temperature(run: Run) -> float:
    """The network's temperature; 1 until it is known."""
    found = _calibration(run)
    return found.temperature if found else 1.0


@st.cache_resource(show_spinner=False)
def detector() -> OODDetector:
    """What tells digits from other drawings, the same for all networks."""
    return OODDetector.load()


def explain(run: Run) -> None:
    """The figures that make the answer honest, in a popover."""
    found, report = _calibration(run), detector().report
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


def _calibration(run: Run) -> Calibration | None:
    """The one that is kept, else one computed in the background; None until that is done."""
    key = (str(run.directory), run.weights_path.stat().st_mtime_ns)
    kept = _kept(*key, run)
    return kept or result_if_done(("calibration", *key), lambda report: _calibrate(run))


@st.cache_resource(show_spinner=False, max_entries=64)
def _kept(directory: str, modified: int, _run: Run) -> Calibration | None:
    return temperature_scaling.load(_run)


def _calibrate(run: Run) -> Calibration | None:
    try:
        return temperature_scaling.calibrate(run)
    except (OSError, WeightsError, EvaluationError):
        if run.weights_path.exists():  # and was not deleted meanwhile
            logger.exception("%s could not be calibrated", run.directory)
        return None
