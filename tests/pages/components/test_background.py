"""Work in the background, on a page of its own."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

CALLS: list[str] = []


@pytest.fixture(autouse=True)
def fresh():
    CALLS.clear()
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def page_of_two() -> None:
    import time

    import streamlit as st

    from pages.components.shell.background import result_of
    from tests.pages.components.test_background import CALLS

    def work(report):
        CALLS.append("work")
        report(0.5)
        time.sleep(0.4)  # longer than it takes to show progress
        return "done"

    for _ in range(2):
        st.write(result_of(("answer",), work, "Thinking"))


def page_that_fails_once() -> None:
    import streamlit as st

    from pages.components.shell.background import result_of
    from tests.pages.components.test_background import CALLS

    def work(report):
        CALLS.append("work")
        if len(CALLS) == 1:
            raise ValueError("not now")
        return "now"

    try:
        st.write(result_of(("failing",), work, "Trying"))
    except ValueError as error:
        st.error(str(error))


def test_work_is_done_once_for_all_who_ask():
    at = AppTest.from_function(page_of_two, default_timeout=20).run()
    assert [element.value for element in at.markdown] == ["done", "done"]
    AppTest.from_function(page_of_two, default_timeout=20).run()
    assert CALLS == ["work"]


def test_an_error_is_raised_on_the_page_and_the_next_call_tries_again():
    at = AppTest.from_function(page_that_fails_once, default_timeout=20).run()
    assert at.error[0].value == "not now"
    at.run()
    assert at.markdown[0].value == "now"
    assert CALLS == ["work", "work"]
