"""The Learn page: the list, a lesson's steps, its trainings, and what pupils do not see."""

import json
import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.digits.datasets import mnist
from mnist_core.lessons import glossary, reading
from mnist_core.runs import ownership, store
from mnist_core.runs.history import EpochRow, to_line
from pages.components.learn import lesson_runs, progress
from pages.components.shell import terms
from pages.components.shell.state import LEARNED, RUN_COLOURS, TEACHER, VISITOR
from pages.components.shell.visitor_key import COOKIE


@pytest.fixture
def small(monkeypatch, sample):
    """The offline sample in place of MNIST, for the networks that ship."""
    monkeypatch.setattr(mnist, "load", lambda *args, **kwargs: sample)
    st.cache_resource.clear()


@pytest.fixture
def in_class(monkeypatch) -> str:
    """A class's pupil: the name of the visitor."""
    from streamlit import context

    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setenv("DIGITLAB_TEACHER_KEY", "a long secret")
    monkeypatch.setattr(type(context), "cookies", property(lambda _: {COOKIE: "a" * 32}))
    return ownership.visitor_of("a" * 32)


def shown(app: AppTest) -> str:
    """What the page says, HTML included."""
    said = [e.value for e in (*app.markdown, *app.caption, *app.title, *app.info, *app.warning)]
    return "\n".join(said + [e.proto.body for e in app.get("html")])


def step(app: AppTest) -> str:
    """The name of the step that is shown."""
    (bar,) = (e.proto.body for e in app.get("html") if e.proto.body.startswith("<ol"))
    return bar.split("aria-current=step>")[1].split("<")[0]


def click(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception, app.exception


def end(run, accuracy: float) -> None:
    """Have a run end after one epoch with this validation accuracy."""
    row = EpochRow(1, 1, 0.5, accuracy, 0.6, accuracy, 0.1, 1.0)
    run.history_path.write_text(to_line(row), "utf-8")
    run.set_status(state="done", dataset="sample")


def test_the_list_has_all_lessons_with_their_time(open_page):
    app = open_page("learn")
    labels = [button.label for button in app.button if button.key.startswith("open-")]
    assert len(labels) == 8
    assert labels[0] == "**1\\. What the network sees** · 6 min"
    click(app, "open-4-overfitting")
    assert app.query_params["lesson"] == "4-overfitting"
    assert app.title[0].value == "Learning by heart"
    click(app, "all-lessons")
    assert "lesson" not in app.query_params
    assert not app.warning


def test_the_glossary_has_all_terms_and_a_link_marks_one(open_page):
    app = open_page("learn")
    click(app, "glossary")
    assert app.query_params["term"] == "all"
    (found,) = (e.proto.body for e in app.get("html") if 'class="glossary' in e.proto.body)
    names = re.findall("<dt>(.*?)</dt><dd>.+?</dd>", found)
    assert names == sorted(names, key=str.lower)
    assert set(names) == {term.name for term in glossary.by_form().values()}
    app = open_page("learn", term="loss")
    (marked,) = (e.proto.body for e in app.get("html") if '"glossary asked"' in e.proto.body)
    assert f"<dt>loss</dt><dd>{glossary.by_form()['loss'].meaning}</dd>" in marked
    click(app, "all-lessons")
    assert "term" not in app.query_params
    assert open_page("learn", term="nonsense").warning


def test_a_lesson_that_does_not_exist_is_reported(open_page):
    app = open_page("learn", lesson="9-nothing")
    assert "does not exist here" in app.warning[0].value
    assert app.title[0].value == "Learn"


@pytest.mark.usefixtures("small")
def test_nobody_sees_the_outcome_without_a_prediction(open_page):
    app = open_page("learn", lesson="1-centring", step="outcome")
    assert step(app) == "Predict"
    assert "“7”" not in shown(app)
    assert app.button(key="commit").disabled
    app.radio(key="lesson-choice").set_value(2).run()
    click(app, "commit")
    assert step(app) == "Run"
    click(app, "to-outcome")
    assert step(app) == "Compare"
    said = shown(app)
    assert "a small offline sample" in app.warning[0].value  # whose figures these are
    assert "<dt>You predicted</dt><dd>Another digit, and it is sure of it</dd>" in said
    assert "In the middle, the network says 7" in said
    assert "{" not in said.split("In the middle")[1].split("</div>")[0]
    click(app, "to-check")
    app.radio(key="lesson-answer").set_value(0).run()
    assert app.info[0].value.startswith("Not quite. The right answer is “The app moves it")
    assert ".”." not in app.info[0].value
    app.radio(key="lesson-answer").set_value(1).run()
    assert app.success[0].value.startswith("Right.")
    click(app, "all-lessons")
    assert app.button(key="open-1-centring").label.endswith("· done")
    click(app, "open-1-centring")
    click(app, "to-predict")
    assert app.radio(key="lesson-choice").disabled
    click(app, "begin-again")
    assert step(app) == "Question"
    assert not app.session_state[LEARNED]["1-centring"].predicted


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("lesson_id", ["2-units", "6-certainty", "7-labels", "8-size"])
def test_a_lesson_runs_on_the_networks_that_ship(open_page, lesson_id):
    app = open_page("learn", lesson=lesson_id)
    click(app, "to-predict")
    app.radio(key="lesson-choice").set_value(0).run()
    click(app, "commit")
    click(app, "to-outcome")
    assert step(app) == "Compare"
    assert "What happened, and why" in [header.value for header in app.header]
    weights = any("weights as a picture" in element.proto.body for element in app.get("html"))
    assert weights == (lesson_id == "2-units")  # its explanation speaks of them


def test_in_a_class_a_lesson_starts_as_many_runs_as_a_pupil_may_have(
    open_page, launched, in_class, monkeypatch
):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "2")
    app = open_page("learn", lesson="3-learning-rate", step="predict")
    app.radio(key="lesson-choice").set_value(1).run()
    click(app, "commit")
    assert not launched  # nothing is trained before it is asked for
    click(app, "run-lesson")
    marks = [run.description.lesson for run in launched]
    assert marks == ["3-learning-rate/low", "3-learning-rate/right"]
    assert {run.visitor for run in launched} == {in_class}
    assert all(run.name.endswith("· lesson") for run in launched)
    assert not app.warning
    end(launched[0], 0.3)
    app.run()
    assert len(launched) == 3
    end(launched[1], 0.9)
    app.query_params["step"] = "outcome"
    app.run()
    assert step(app) == "Run"  # one still goes on
    end(launched[2], 0.1)
    app.run()
    assert step(app) == "Compare"
    said = shown(app)
    assert "<dt>What happened</dt><dd>Learning rate 0.05</dd>" in said
    assert "these networks learned from the small offline sample" in said
    assert "<dt>✓ You predicted it</dt>" in said
    assert "gets 90.00% of the" in said

    again = open_page("learn", lesson="3-learning-rate")  # after a reload
    again.session_state[LEARNED] = app.session_state[LEARNED]
    again.query_params["step"] = "outcome"
    again.run()
    assert step(again) == "Compare"
    click(again, "begin-again")
    assert store.list_runs() == []


def test_a_lesson_that_is_begun_again_is_trained_again(open_page, launched):
    app = open_page("learn", lesson="5-normalization", step="predict")
    for count in (2, 3):  # the limit is 3 runs at a time, and the first two are being stopped
        app.radio(key="lesson-choice").set_value(3).run()
        click(app, "commit")
        click(app, "run-lesson")
        assert len(launched) == count
        app.query_params["step"] = "predict"
        app.run()
        click(app, "begin-again")
        assert all(run.control().stop for run in launched)
        click(app, "to-predict")


def test_the_explanation_says_so_where_the_outcome_goes_the_other_way(open_page, launched):
    app = open_page("learn", lesson="3-learning-rate", step="predict")
    app.radio(key="lesson-choice").set_value(1).run()
    click(app, "commit")
    click(app, "run-lesson")
    for run, accuracy in zip(launched, (0.8, 0.7, 0.9), strict=True):
        end(run, accuracy)
    app.query_params["step"] = "outcome"
    app.run()
    said = shown(app)
    assert "<dt>What happened</dt><dd>Learning rate 5: large steps" in said
    assert "✗ It came out differently" in said
    assert "the large steps did no harm this time" in said
    assert "they were not too small" in said
    given = app.session_state[RUN_COLOURS]
    assert [given[run.id] for run in launched] == [0, 1, 2]  # as after a reload


def test_other_runs_that_fill_the_limit_are_reported(open_page, launched, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    app = open_page("learn", lesson="5-normalization", step="predict")
    app.radio(key="lesson-choice").set_value(3).run()
    click(app, "commit")
    config = store.list_pretrained()[0].config
    store.create(config, "Another", visitor=app.session_state[VISITOR])
    click(app, "run-lesson")
    assert not launched
    assert "You already have 1 run; the limit is 1" in app.warning[0].value.replace("\\", "")


def test_a_run_of_another_visitor_is_no_run_of_mine(open_page, launched, in_class):
    lesson = next(one for one in reading.all_lessons().lessons if one.id == "5-normalization")
    for planned in lesson.header.training.runs:
        mark = f"{lesson.id}/{planned.key}"
        end(store.create(planned.training, "Theirs", visitor="b" * 16, lesson=mark), 0.9)
    app = open_page("learn", lesson=lesson.id, step="predict")
    app.radio(key="lesson-choice").set_value(3).run()
    click(app, "commit")
    click(app, "run-lesson")
    assert len(launched) == 2
    app.session_state[VISITOR] = in_class
    assert lesson_runs.NAME_ENDING in launched[0].name


def test_pupils_of_a_class_do_not_see_the_teacher_s_notes(open_page, in_class):
    app = open_page("learn", lesson="1-centring", step="notes")
    assert "Misconceptions" not in shown(app)
    assert "who signs in on the Teacher page" in app.info[0].value
    app.session_state[TEACHER] = True
    app.run()
    assert "Misconceptions" in shown(app)
    sheet = open_page("learn", lesson="1-centring", step="worksheet")
    assert "write down what it said" in shown(sheet)
    assert "Misconceptions" not in shown(sheet)


def test_one_person_opens_the_notes(open_page):
    assert "Misconceptions" in shown(open_page("learn", lesson="1-centring", step="notes"))


@pytest.mark.parametrize(("mode", "told"), [("personal", True), ("class", False)])
def test_a_faulty_file_is_reported_to_who_can_mend_it(
    open_page, tmp_path, monkeypatch, request, mode, told
):
    if mode == "class":
        request.getfixturevalue("in_class")
    (tmp_path / "own.md").write_text("+++\ntitle = 1\n+++\n", "utf-8")
    monkeypatch.setenv("DIGITLAB_LESSONS", str(tmp_path))
    app = open_page("learn")
    assert len([b for b in app.button if b.key.startswith("open-")]) == 8
    assert ("own\\.md\\, line 2\\:" in shown(app)) == told


def test_what_the_browser_kept_is_checked():
    def of_kept(text: str) -> dict:
        app = AppTest.from_function(_taken, kwargs={"text": text}).run()
        assert not app.exception, app.exception
        return app.session_state[LEARNED]

    good = {"choice": 1, "committed": True, "answer": 0, "sketch": None}
    kept = of_kept(
        json.dumps({"1-a": good, "../x": good, "2-b": {"choice": "1", "committed": True}})
    )
    assert kept["1-a"] == progress.Progress(1, None, True, 0)
    assert kept["2-b"] == progress.Progress()
    assert kept.keys() == {"1-a", "2-b"}
    drawn = of_kept('{"a": {"sketch": [1, 2.5], "committed": true}, "b": {"sketch": ["x"]}}')
    assert drawn["a"] == progress.Progress(sketch=[1, 2.5], committed=True)
    assert drawn["b"] == progress.Progress()
    for text in ("", "[", "[1]", '{"a": 1}', "[" * 60_000):
        assert not any(one.predicted for one in of_kept(text).values())


def _taken(text: str) -> None:
    from pages.components.learn import progress

    progress.of("other")
    progress._take(text)
    progress.forget("other")


def test_a_term_is_explained_once_in_a_text_and_with_the_glossary_s_words():
    found = terms.html("The loss and the loss; [loss](https://a.b) and `loss`, <b>x</b>.")
    assert found.count('class="term"') == 1
    assert glossary.by_form()["loss"].meaning in found
    assert "&lt;b&gt;" in found
    assert '<a href="https://a.b">loss</a>' in found
    longest = terms.html("Its validation loss rose.")
    assert ">validation loss</button>" in longest
    assert "<script" not in terms.html("<script>alert(1)</script> ![x](http://a.b/c.png)")
    assert "<img" not in terms.html("![x](http://a.b/c.png)")
    assert 'href="javascript' not in terms.html("[x](javascript:alert(1))")
