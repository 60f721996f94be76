"""How other people's pictures are read is measured on an archive that the tests make."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.model_card import card, external_pictures
from mnist_core.model_card.external_pictures import Picture, Result
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from tests.benchmarks import strangers as benchmark


def png(shade=0, paper=255, sevens=1):
    image = Image.new("L", (40 + 100 * max(sevens, 1), 140), paper)
    for left in range(0, 100 * sevens, 100):
        corners = [(left + 40, 30), (left + 100, 30), (left + 65, 115)]
        ImageDraw.Draw(image).line(corners, shade, 12, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Two drawn sevens, one of them labelled 1; a blank picture, and a seven of a data set."""
    rows = [
        ("drawn/002-000_7.png", 7, "drawn", "one/numbers", png()),
        ("drawn/002-001_1.png", 1, "drawn", "one/numbers", png(255, 0)),
        ("drawn/003-000_7.png", 7, "drawn", "two/numbers", png(sevens=0)),
        ("set/004-000_7.png", 7, "data set", "three/Sevens", png(90)),
    ]
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as file:
        lines = [f"{name},{label},{kind},{source},0" for name, label, kind, source, _ in rows]
        file.writestr("manifest.csv", "\n".join(["file,label,kind,repository,commit", *lines]))
        for name, *_, content in rows:
            file.writestr(name, content)
    return path


def test_each_data_set_is_a_kind_of_its_own(archive):
    found = external_pictures.pictures(archive)
    assert [picture.kind for picture in found] == ["drawn", "drawn", "drawn", "Sevens"]
    assert [picture.source for picture in found] == [2, 2, 3, 4]
    assert [picture.label for picture in found] == [7, 1, 7, 7]


def test_pictures_are_read_and_what_shows_nothing_is_a_failure(archive):
    predictor = Predictor.load(store.get(external_pictures.NETWORK))
    results = external_pictures.measure(predictor, external_pictures.pictures(archive))
    assert [result.outcome for result in results] == ["right", "wrong", "nothing", "right"]
    assert [result.baseline_right for result in results] == [True, False, False, True]


def test_several_digits_are_a_wrong_answer():
    predictor = Predictor.load(store.get(external_pictures.NETWORK))
    picture = Picture("drawn/002-000_7.png", 7, "drawn", png(sevens=2))
    assert external_pictures.outcome(predictor, picture) == "wrong"


def test_the_table_counts_rejections_apart_and_as_failures():
    def result(outcome, baseline, seconds=0.004):
        return Result(Picture("drawn/002-000_7.png", 7, "drawn", b""), outcome, baseline, seconds)

    said = ["right"] * 5 + ["wrong", "rejected", "rejected", "nothing", "right"]
    rows = external_pictures.table([result(word, index < 9) for index, word in enumerate(said)])
    expected = {
        "pictures": 10,
        "right": 0.6,
        "rejected": 0.2,
        "nothing": 0.1,
        "baseline": 0.9,
        "ms": 4,
    }
    assert rows == {"drawn": pytest.approx(expected)}


def test_the_baseline_reads_both_polarities_alike():
    dark, light = (
        external_pictures.in_mnist_form(png()),
        external_pictures.in_mnist_form(png(255, 0)),
    )
    np.testing.assert_array_equal(dark, light)
    rows, columns = np.nonzero(dark)
    assert max(np.ptp(rows), np.ptp(columns)) == 19
    assert not external_pictures.in_mnist_form(png(sevens=0)).any()


@pytest.mark.parametrize(("sources", "drawn"), [("even", 2), ("odd", 1), (None, 3)])
def test_sources_can_be_told_apart(archive, monkeypatch, capsys, sources, drawn):
    chosen = ["--sources", sources] if sources else []
    monkeypatch.setenv("STRANGERS_ZIP", str(archive))
    monkeypatch.setattr(sys, "argv", ["strangers", "--json", *chosen])
    benchmark.main()
    assert json.loads(capsys.readouterr().out)["kinds"]["drawn"]["pictures"] == drawn


def test_the_card_shows_them_by_kind(archive):
    rows = card.external_pictures_table(archive).splitlines()
    assert rows[0] == "| kind | pictures | right | rejected | nothing found | baseline |"
    assert rows[2:] == [
        "| drawn on a screen, larger | 3 | 33.3% | 0.0% | 33.3% | 33.3% |",
        "| Sevens | 1 | 100.0% | 0.0% | 0.0% | 100.0% |",
    ]


def test_blocks_that_were_not_measured_stay_as_they_are(tmp_path, monkeypatch):
    page = tmp_path / "README.md"
    page.write_text(
        "<!-- figures: a -->\n\n1\n\n<!-- end -->\n<!-- figures: b -->\n\n2\n\n<!-- end -->\n"
    )
    monkeypatch.setattr(card, "CARD", page)
    monkeypatch.setattr(card, "PROJECT_README", page)
    card.fill({"b": "3"})
    assert [line for line in page.read_text().splitlines() if line.isdigit()] == ["1", "3"]
