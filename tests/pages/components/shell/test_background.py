"""Work in a thread, on pages made for the tests."""

import threading
import time

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.evaluation.cached_predictions import Split
from pages.components.shell import background
from pages.components.shell.background import forget, result_if_done, result_of

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
    from tests.pages.components.shell.test_background import CALLS

    def work(report):
        CALLS.append("work")
        report(0.5)
        time.sleep(0.4)  # longer than it takes to show progress
        return "done"

    for _ in range(2):
        st.write(result_of(("answer",), work, "Thinking"))


def page_that_follows_what_is_done() -> None:
    import streamlit as st

    from pages.components.shell import address, background

    st.button("Open", on_click=lambda: address.put(index="3"))
    st.button("Close", on_click=address.drop, args=("index",))
    task = background._Task("done", lambda report: None)
    task.thread.join()
    background._follow(task, "Thinking")


def page_that_fails_once() -> None:
    import streamlit as st

    from pages.components.shell.background import result_of
    from tests.pages.components.shell.test_background import CALLS

    def work(report):
        CALLS.append("work")
        if len(CALLS) == 1:
            raise ValueError("not now")
        return "now"

    try:
        st.write(result_of(("failing",), work, "Trying"))
    except ValueError as error:
        st.error(str(error))


def test_work_is_done_once_for_all_callers():
    at = AppTest.from_function(page_of_two, default_timeout=20).run()
    assert [element.value for element in at.markdown] == ["done", "done"]
    AppTest.from_function(page_of_two, default_timeout=20).run()
    assert CALLS == ["work"]


def test_a_page_does_not_run_anew_with_an_address_that_a_click_has_changed(monkeypatch):
    monkeypatch.setattr(st, "rerun", lambda: CALLS.append("rerun"))
    at = AppTest.from_function(page_that_follows_what_is_done, default_timeout=20)

    def reruns(index: str | None) -> bool:
        """Whether it does so if the browser's address has this index."""
        CALLS.clear()
        at.query_params.clear()
        if index:
            at.query_params["index"] = index
        at.run()
        return CALLS == ["rerun"]

    at.run().button[0].click().run()
    assert reruns("3")
    assert not reruns(None)  # sent before the browser heard of the digit
    at.query_params["index"] = "3"
    at.button[1].click().run()
    assert reruns(None)
    assert not reruns("3")  # would show the digit again
    assert reruns("4")


def test_an_error_is_raised_on_the_page_and_the_next_call_tries_again():
    at = AppTest.from_function(page_that_fails_once, default_timeout=20).run()
    assert at.error[0].value == "not now"
    at.run()
    assert at.markdown[0].value == "now"
    assert CALLS == ["work", "work"]


def done(key: tuple, work) -> object:
    """The result once the thread has ended, asked for without waiting."""
    while any(thread.name == key[0] for thread in threading.enumerate()):
        time.sleep(0.01)
    return result_if_done(key, work)


def test_a_caller_that_does_not_wait_gets_none_until_the_work_is_done():
    may_end = threading.Event()

    def work(report):
        CALLS.append("work")
        may_end.wait(10)
        return 7

    assert result_if_done(("patient",), work) is None
    assert result_if_done(("patient",), work) is None
    may_end.set()
    assert done(("patient",), work) == 7
    assert result_of(("patient",), work, "Counting") == 7
    assert CALLS == ["work"]


def test_an_error_is_raised_for_a_caller_that_does_not_wait_too():
    may_end = threading.Event()

    def work(report):
        may_end.wait(10)
        CALLS.append("work")
        if len(CALLS) == 1:
            raise ValueError("not now")
        return "now"

    assert result_if_done(("failing later",), work) is None
    may_end.set()
    with pytest.raises(ValueError, match="not now"):
        done(("failing later",), work)
    assert result_of(("failing later",), work, "Trying") == "now"


def test_forgotten_work_is_done_again():
    def work(report):
        CALLS.append("work")
        return len(CALLS)

    assert result_of(("again",), work, "Counting") == 1
    assert result_of(("another",), work, "Counting") == 2
    forget(("again",))
    assert result_of(("again",), work, "Counting") == 3
    assert result_of(("another",), work, "Counting") == 2


@pytest.mark.parametrize(
    ("megabytes", "asked", "done"),
    [(3.2, "abcadacbd", "abcdbd"), (0, "abcdefghijaklab", "abcdefghijklb")],  # at least 1 each
)
def test_the_results_used_last_are_remembered_up_to_some_bytes(monkeypatch, megabytes, asked, done):
    monkeypatch.setattr(background, "MAX_BYTES", 10_000_000)
    for name in asked:

        def work(report, name=name):
            CALLS.append(name)
            return name, [Split("test", np.zeros(int(125_000 * megabytes)), *[np.zeros(0)] * 2)]

        result_of(("kept", name), work, "Counting")
    assert "".join(CALLS) == done


def test_work_reports_its_progress_and_what_it_is_doing(monkeypatch):
    shown = []

    class Place:
        def progress(self, share, text):
            shown.append((share, text))

        def container(self, key):
            assert key.startswith("awaited-")  # as frame.css has it
            return self

        def empty(self):
            return self

    monkeypatch.setattr(background, "PATIENCE", 0)
    monkeypatch.setattr(background.st, "empty", Place)

    def work(report):
        time.sleep(0.3)
        report(0.25)
        time.sleep(0.3)
        report(1.7, "Almost ready")
        time.sleep(0.3)

    result_of(("told",), work, "Working")
    assert list(dict.fromkeys(shown)) == [
        (0.0, "Working"),
        (0.25, "Working"),
        (1.0, "Almost ready"),
    ]
