"""history.jsonl: written, followed while it grows, and read where it is damaged."""

import json
import math

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import history, store
from mnist_core.runs.history import (
    BatchRow,
    EpochRow,
    EventRow,
    HistoryReader,
    HistoryWriter,
    from_line,
    to_line,
)

BATCH = BatchRow(7, 0.5, 2.25, 0.125, 1e-3, 3.5)
EPOCH = EpochRow(1, 14, 2.0, 0.25, 1.5, 0.5, 1e-3, 7.0)
PAUSE = EventRow("pause", 14, 7.5)
FASTER = EventRow("learning_rate", 15, 8.0, 0.01)


def batch(step):
    return BATCH._replace(step=step)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


def written(path, *rows, length=0):
    """Write rows after so many bytes of the file; returns its length then."""
    writer = HistoryWriter(path, length)
    for row in rows:
        writer.write(row)
    length = writer.length()
    writer.close()
    return length


def test_rows_come_back_as_they_were_written(path):
    written(path, BATCH, EPOCH, PAUSE, FASTER)
    assert HistoryReader(path).read() == ([BATCH, EPOCH, PAUSE, FASTER], False)
    kinds = [json.loads(line)["kind"] for line in path.read_text().splitlines()]
    assert kinds == ["batch", "epoch", "event", "event"]
    assert path.read_text().splitlines()[0] == (
        '{"kind": "batch", "step": 7, "epoch": 0.5, "loss": 2.25, "accuracy": 0.125, '
        '"learning_rate": 0.001, "time": 3.5}'
    )


@pytest.mark.parametrize("left", [0.0, 0.5, 1.0])
def test_after_a_power_cut_what_is_left_of_the_file_and_all_new_rows_are_read(path, left):
    length = written(path, BATCH, EPOCH)
    cut = path.read_bytes()
    path.write_bytes(cut[: int(left * len(cut)) - 3 if left else 0])
    there = HistoryReader(path).read()[0]
    written(path, PAUSE, FASTER, length=length)
    assert b"\0" not in path.read_bytes()
    assert HistoryReader(path).read() == ([*there, PAUSE, FASTER], False)


def test_numbers_keep_six_significant_digits(path):
    written(path, BATCH._replace(loss=0.123456789, epoch=123.456789))
    ((row,), _) = HistoryReader(path).read()
    assert (row.loss, row.epoch) == (0.123457, 123.457)


def test_rows_of_batches_wait_a_tenth_of_a_second_and_others_do_not(path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(history.time, "monotonic", lambda: now)
    writer = HistoryWriter(path, 0)
    seen = lambda: len(path.read_text().splitlines())  # noqa: E731
    writer.write(batch(1))
    assert seen() == 1
    writer.write(batch(2))
    assert seen() == 1
    now += 0.11
    writer.write(batch(3))
    assert seen() == 3
    writer.write(batch(4))
    writer.write(EPOCH)
    assert seen() == 5
    writer.write(batch(6))
    writer.write(PAUSE)
    assert seen() == 7
    writer.close()


def test_a_file_that_is_not_there_yet_has_no_rows(path):
    reader = HistoryReader(path)
    assert reader.read() == ([], False)
    written(path, BATCH)
    assert reader.read() == ([BATCH], False)


def test_only_new_rows_are_read(path):
    reader, length = HistoryReader(path), written(path, BATCH)
    assert reader.read() == ([BATCH], False)
    assert reader.read() == ([], False)
    written(path, EPOCH, PAUSE, length=length)
    assert reader.read() == ([EPOCH, PAUSE], False)


def test_an_unfinished_line_is_left_until_it_is_whole(path):
    line = to_line(EPOCH)
    path.write_text(to_line(BATCH) + line[:20])
    reader = HistoryReader(path)
    assert reader.read() == ([BATCH], False)
    assert reader.read() == ([], False)
    with path.open("a") as file:
        file.write(line[20:])
    assert reader.read() == ([EPOCH], False)


@pytest.mark.parametrize("many", [1, 40])  # fewer and more than were dropped
def test_rows_that_a_resumed_training_dropped_are_read_anew(path, many):
    kept = written(path, EPOCH)
    written(path, batch(12345678), PAUSE, length=kept)
    reader = HistoryReader(path)
    assert len(reader.read()[0]) == 3
    written(path, *map(batch, range(many)), length=kept)
    rows, anew = reader.read()
    assert anew
    assert rows == [EPOCH, *map(batch, range(many))]


def test_a_resumed_training_drops_what_a_crash_left_half_written(path):
    kept = written(path, EPOCH)
    with path.open("a") as file:
        file.write(to_line(BATCH)[:30])  # torn: the process died within the line
    written(path, PAUSE, length=kept)
    assert HistoryReader(path).read() == ([EPOCH, PAUSE], False)


def test_of_a_torn_line_that_another_follows_both_are_left_out(path):
    path.write_text(to_line(EPOCH) + to_line(BATCH)[:30] + to_line(PAUSE) + to_line(BATCH))
    assert HistoryReader(path).read() == ([EPOCH, BATCH], False)


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "line",
    [
        "", "null", "[]", "7", "nonsense", DEEP, "\udcff",
        '{"kind": "batch"}',
        '{"kind": "batch", "step": 1, "time": 1}',
        '{"step": 1, "epoch": 1, "time": 1}',
        '{"kind": "mood", "step": 1, "epoch": 1, "time": 1}',
        '{"kind": "event", "step": 1, "time": 1}',
        '{"kind": "epoch", "step": 1, "epoch": 1.5, "time": 1}',
        '{"kind": "batch", "step": "1", "epoch": 1, "time": 1}',
        '{"kind": "batch", "step": true, "epoch": 1, "time": 1}',
        '{"kind": "batch", "step": 1.5, "epoch": 1, "time": 1}',
        '{"kind": "batch", "step": 1, "epoch": NaN, "time": 1}',
        '{"kind": "batch", "step": 1, "epoch": 1, "time": 1e300}',
        '{"kind": "batch", "step": 1, "epoch": -1, "time": 1}',
        '{"kind": "batch", "step": 1, "epoch": 1, "time": 1, "loss": 1' + "0" * 400 + "}",
    ],
)  # fmt: skip
def test_damaged_lines_are_left_out(path, line):
    content = to_line(BATCH).encode() + line.encode("utf-8", "surrogateescape") + b"\n"
    path.write_bytes(content + to_line(EPOCH).encode())
    assert HistoryReader(path).read() == ([BATCH, EPOCH], False)


def test_a_figure_that_is_no_number_is_nan():
    row = from_line(b'{"kind": "epoch", "step": 1, "epoch": 1, "time": 1, "loss": "low"}')
    assert isinstance(row, EpochRow)
    assert all(map(math.isnan, (row.loss, row.accuracy, row.val_loss, row.learning_rate)))


def test_no_more_than_the_bound_is_read(path, monkeypatch):
    monkeypatch.setattr(history, "MAX_BYTES", 10 * len(to_line(BATCH)) + 5)
    written(path, *[BATCH] * 30)
    reader = HistoryReader(path)
    assert len(reader.read()[0]) == 10
    assert reader.read() == ([], False)


def test_the_last_row_is_found_at_the_end_of_a_long_history():
    run = store.create(TrainingConfig(), "Mine")
    assert run.last_row() is None
    run.history_path.write_text(to_line(BATCH)[:20])
    assert run.last_row() is None
    rows = [batch(step) for step in range(1000)]
    run.history_path.write_text("".join(map(to_line, [*rows, PAUSE])) + '{"kind": "ba')
    assert run.last_row() == batch(999)
    assert run.history() == [*rows, PAUSE]
    assert 50 < len(run.last_rows()) < 200


def test_the_last_rows_survive_damaged_lines():
    run = store.create(TrainingConfig(), "Mine")
    run.history_path.write_text("nonsense\n" + to_line(EPOCH) + "[]\n")
    assert run.last_row() == EPOCH
    assert run.epoch_rows() == [EPOCH]


def test_a_directory_in_place_of_a_history_has_no_rows():
    run = store.create(TrainingConfig(), "Damaged")
    run.history_path.mkdir()
    assert run.history() == run.last_rows() == []
    assert run.last_row() is None
