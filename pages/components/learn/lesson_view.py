"""One lesson as a sequence of steps, each with an address."""

from __future__ import annotations

from html import escape
from typing import Literal

import streamlit as st

from mnist_core.errors import DigitLabError
from mnist_core.lessons import measuring, template
from mnist_core.lessons.lesson import Lesson
from mnist_core.lessons.measuring import Measured
from mnist_core.runs.run import Run
from pages.components.learn import lesson_runs, progress
from pages.components.learn.lesson_measured import axes_of_sketch, measured
from pages.components.learn.links import lead_on
from pages.components.learn.outcome_view import show_measured, show_prediction
from pages.components.learn.progress import Progress
from pages.components.learn.setup_view import show_setup
from pages.components.learn.to_top import to_top_if_new
from pages.components.learn.trainings_view import show_trainings
from pages.components.shell import address, dataset
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.charts.sketch import sketch

STEPS = {
    "question": "Question",
    "predict": "Predict",
    "run": "Run",
    "outcome": "Compare",
    "check": "Check",
}


def show_lesson(lesson: Lesson) -> None:
    """Show the step that the address asks for, or the last one before it that may be shown: nobody
    sees the outcome before making a prediction."""
    mine = progress.of(lesson.id)
    step = _possible(lesson, mine, address.chosen("step"))
    to_top_if_new(f"{lesson.id} {step}")
    st.title(plain(lesson.header.title))
    _step_bar(step)
    runs = lesson_runs.of_lesson(lesson)
    {
        "question": _question,
        "predict": _predict,
        "run": _run,
        "outcome": _outcome,
        "check": _check,
    }[step](lesson, mine, runs)


def _possible(lesson: Lesson, mine: Progress, asked: str) -> str:
    if asked in ("run", "outcome", "check") and not mine.committed:
        return "predict"
    if asked in ("outcome", "check") and lesson.header.training and not lesson_runs.ended(lesson):
        return "run"
    return asked if asked in STEPS else "question"


def _step_bar(step: str) -> None:
    names = list(STEPS)
    items = "".join(
        f'<li class="{"past" if names.index(name) < names.index(step) else ""}"'
        f"{' aria-current=step' if name == step else ''}>{words}</li>"
        for name, words in STEPS.items()
    )
    st.html(f'<ol class="lesson-steps" aria-label="Steps of the lesson">{items}</ol>')


def _go(step: str) -> None:
    address.put(step=step)


def _next(label: str, step: str, disabled: bool = False) -> None:
    st.button(
        label,
        icon=":material/arrow_forward:",
        type="primary",
        key=f"to-{step}",
        on_click=_go,
        args=(step,),
        disabled=disabled,
    )


def _measured(lesson: Lesson, runs: dict[str, Run]) -> Measured:
    """The outcome of the set-up; if it can't be measured, the page says why and ends here."""
    try:
        if lesson.header.training:
            return measuring.of_training(lesson.header.training, runs)
        return measured(lesson, dataset.get())
    except (DigitLabError, OSError) as error:
        st.error(f"This lesson can't be run here. {plain(str(error))}", icon=":material/error:")
        st.stop()


def _question(lesson: Lesson, mine: Progress, runs: dict[str, Run]) -> None:
    st.html(f'<p class="lesson-question">{escape(lesson.header.question)}</p>')
    explained(lesson.sections["Question"])
    explained(lesson.sections["Set-up"])
    show_setup(lesson, None if lesson.header.training else _measured(lesson, runs))
    _next("Predict what happens", "predict")


def _predict(lesson: Lesson, mine: Progress, runs: dict[str, Run]) -> None:
    header = lesson.header
    lesson_runs.prepare(lesson)
    if header.unit or header.confidence or header.shift:
        show_setup(lesson, _measured(lesson, runs))
    if header.choose:
        texts = [choice.text for choice in header.choose.choices]
        _ask(header.choose.ask, texts, mine, "choice", disabled=mine.committed)
    elif header.sketch:
        axes = axes_of_sketch(lesson)

        def draw(values: list[float]) -> None:
            mine.sketch = values

        explained(f"**{header.sketch.ask}**")
        if not mine.committed:
            st.caption(
                "Draw across the chart with a finger or the mouse. With the keyboard: ← and → "
                "choose a place, ↑ and ↓ move the curve there."
            )
        known = axes.checked(mine.sketch) if mine.sketch else None
        sketch(axes, known, "lesson-sketch", None if mine.committed else draw)
    if mine.committed:
        st.caption("You have committed to this prediction.")
        _next("Go on", "run")
        _begin_again(lesson)
        return
    st.button(
        "That is my prediction",
        icon=":material/lock:",
        type="primary",
        key="commit",
        on_click=_commit,
        args=(mine,),
        disabled=not mine.predicted,
    )


def _ask(
    question: str,
    texts: list[str],
    mine: Progress,
    field: Literal["choice", "answer"],
    disabled: bool = False,
) -> None:
    """Ask a question with these answers; `field` of the progress keeps the number of the one that
    is chosen."""
    key = f"lesson-{field}"
    chosen = getattr(mine, field)
    # What the browser kept may be of an earlier version of the lesson, with more answers.
    st.session_state[key] = chosen if (chosen or 0) < len(texts) else None
    st.radio(
        question,
        range(len(texts)),
        format_func=lambda place: plain(texts[place]),
        index=None,
        key=key,
        on_change=lambda: setattr(mine, field, st.session_state[key]),
        disabled=disabled,
    )


def _commit(mine: Progress) -> None:
    if mine.predicted:
        mine.committed = True
        _go("run")


def _run(lesson: Lesson, mine: Progress, runs: dict[str, Run]) -> None:
    if not lesson.header.training:
        explained(f"{_stands(lesson, mine)} Now ask the network.")
        _next("Run it", "outcome")
        return
    if not runs and not st.session_state.get(f"lesson-begun-{lesson.id}"):
        count = len(lesson.header.training.runs)
        explained(
            f"{_stands(lesson, mine)} {count} networks will now be trained on this computer; that "
            "takes about a minute, or longer if it is busy."
        )
        st.button(
            "Run it",
            icon=":material/play_arrow:",
            type="primary",
            key="run-lesson",
            on_click=st.session_state.__setitem__,
            args=(f"lesson-begun-{lesson.id}", True),
        )
        return
    show_trainings(lesson)
    if lesson_runs.ended(lesson):
        _next("Compare with your prediction", "outcome")


def _stands(lesson: Lesson, mine: Progress) -> str:
    """What was predicted, in Markdown."""
    if not lesson.header.choose or mine.choice is None:
        return "You have sketched your curve."
    return f"You predict: **{plain(lesson.header.choose.choices[mine.choice].text)}**."


def _outcome(lesson: Lesson, mine: Progress, runs: dict[str, Run]) -> None:
    found = _measured(lesson, runs)
    if lesson.header.sketch and mine.sketch:
        found = measuring.with_sketch(found, lesson.header.sketch.curve, mine.sketch)
    if any(run.status().dataset == "sample" for run in runs.values()):
        st.caption("MNIST was not available: these networks learned from the small offline sample.")
    show_prediction(lesson, mine, found)
    show_measured(lesson, found, runs)
    st.header("What happened, and why", anchor=False)
    explained(template.fill(lesson.sections["Explanation"], found.figures))
    _next("One question to check", "check")
    _begin_again(lesson)


def _begin_again(lesson: Lesson) -> None:
    st.button(
        "Begin this lesson again",
        icon=":material/replay:",
        type="tertiary",
        key="begin-again",
        on_click=_forget,
        args=(lesson,),
        help="Forgets your prediction, and deletes the lesson's trainings.",
    )


def _forget(lesson: Lesson) -> None:
    progress.forget(lesson.id)
    st.session_state.pop(f"lesson-begun-{lesson.id}", None)
    lesson_runs.clear(lesson)
    _go("question")


def _check(lesson: Lesson, mine: Progress, runs: dict[str, Run]) -> None:
    check = lesson.header.check
    texts = [answer.text for answer in check.answers]
    _ask(check.question, texts, mine, "answer")
    if mine.answer is None:
        return
    if mine.answer == check.right - 1:
        st.success(f"Right. {plain(check.because)}", icon=":material/check_circle:")
    else:
        st.info(
            f"Not quite. The right answer is “{plain(texts[check.right - 1].rstrip('.'))}”. "
            f"{plain(check.because)}",
            icon=":material/lightbulb:",
        )
    st.header("Where to go on", anchor=False)
    for number, link in enumerate(lesson.header.next):
        lead_on(link, f"lead-on-{number}")
    _begin_again(lesson)
