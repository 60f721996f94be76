"""The trainings of a lesson: ordinary runs in the queue, with an owner and limits. Their
config.json names the lesson."""

from __future__ import annotations

from contextlib import suppress

from mnist_core.config.settings import SettingError
from mnist_core.jobs import launcher, run_permissions, standby_control
from mnist_core.jobs.limits import RefusedError, TooManyRunsError
from mnist_core.lessons.lesson import Lesson
from mnist_core.runs import store
from mnist_core.runs.run import NAME_LENGTH, Run, RunActiveError, RunNotFoundError
from pages.components.shell.error_toast import error_in_words
from pages.components.shell.visitor import visitor

NAME_ENDING = " · lesson"  # ends the runs' names, so that they stand out among others


def of_lesson(lesson: Lesson) -> dict[str, Run]:
    """The visitor's trainings of a lesson so far by key, in the lesson's order; the newest of each.
    A training that was stopped or interrupted does not count: it is started again."""
    planned = {run.key: run.training for run in _planned(lesson)}
    found: dict[str, Run] = {}
    for run in _theirs(lesson):
        key = _key(run)
        if key not in found and planned.get(key) == run.config and not _stopped_early(run):
            found[key] = run
    return {key: found[key] for key in planned if key in found}


def ended(lesson: Lesson) -> bool:
    """Whether all trainings of a lesson have been started and have ended."""
    runs = of_lesson(lesson)
    return len(runs) == len(_planned(lesson)) and not any(
        run.status().active for run in runs.values()
    )


def start_missing(lesson: Lesson) -> str:
    """Start the trainings that are still missing, as many as the visitor may have at a time.

    Returns:
        Why one can't be started, in Markdown; empty if all are, or if the rest will follow when
        those under way have ended.
    """
    runs = of_lesson(lesson)
    for planned in _planned(lesson):
        if planned.key in runs:
            continue
        name = f"{planned.label[: NAME_LENGTH - len(NAME_ENDING)]}{NAME_ENDING}"
        mark = f"{lesson.id}/{planned.key}"
        try:
            runs[planned.key] = launcher.start(
                planned.training, name, visitor=visitor(), lesson=mark
            )
        except TooManyRunsError as error:
            going = any(run.status().active for run in runs.values())
            return "" if going else error_in_words(error)
        except (RefusedError, SettingError, OSError) as error:
            return error_in_words(error)
    return ""


def clear(lesson: Lesson) -> None:
    """Delete the visitor's trainings of a lesson, those of earlier attempts too. Trainings under
    way are stopped, and deleted the next time."""
    for run in _theirs(lesson):
        with suppress(RunNotFoundError):
            try:
                run_permissions.delete(run, visitor())
            except RunActiveError:
                run_permissions.stop(run, visitor())


def prepare(lesson: Lesson) -> None:
    """Let the standby process get ready for the lesson's first training."""
    if planned := _planned(lesson):
        standby_control.prepare(planned[0].training)


def _planned(lesson: Lesson) -> tuple:
    return lesson.header.training.runs if lesson.header.training else ()


def _theirs(lesson: Lesson) -> list[Run]:
    """The visitor's runs that belong to this lesson, newest first."""
    mine = (run for run in store.list_runs() if run.visitor == visitor())
    return [run for run in mine if (run.description.lesson or "").split("/")[0] == lesson.id]


def _stopped_early(run: Run) -> bool:
    return run.control().stop or run.status().state in ("stopped", "interrupted", "damaged")


def _key(run: Run) -> str:
    return (run.description.lesson or "").partition("/")[2]
