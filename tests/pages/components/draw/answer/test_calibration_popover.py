"""How sure is that? The figures are those that were measured."""

from streamlit.testing.v1 import AppTest

from pages.components.shell import networks


def page():
    from mnist_core.runs import store
    from pages.components.draw.answer import calibration_popover

    calibration_popover.explain(store.get("compact"))


def test_a_kind_of_which_one_is_accepted_is_not_said_to_be_rejected_to_the_last():
    shares = networks.detector().report["non_digits"]
    assert 0.995 < shares["words"] < 1 == shares["printed words"]
    at = AppTest.from_function(page, default_timeout=20).run()
    lines = at.markdown[-1].value.splitlines()
    assert "- words: 99.8%" in lines
    assert "- printed words: 100%" in lines
