"""A set-up is written to an address and read back the same; bad values are named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_core.config.config import Layer
from mnist_core.config.hyperparameters import HYPERPARAMETERS
from mnist_core.config.presets import PRESETS
from pages.components.train.form.setup_link import COMPOUND_PARAMETERS, from_query, to_query

VALUES = st.text(max_size=12) | st.text("0123456789.-~e", max_size=12) | st.sampled_from(
    ["nan", "1e999", "9" * 400, "512-relu-after-0.3~10", "10~" * 130, "-", "relu", "adam"]
)  # fmt: skip


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_needs_only_its_name_in_the_address(preset):
    query = to_query(preset, PRESETS[preset])
    assert query in ({}, {"preset": preset})
    assert from_query(query | {"preset": preset}) == (preset, PRESETS[preset], {})


def test_a_changed_set_up_comes_back_the_same():
    config = PRESETS["leaky-relu"].with_changes(
        layers=(Layer(300, "leaky_relu", "after", 0.15), Layer(10), Layer(64, "gelu")),
        optimizer={"learning_rate": 3e-5, "name": "sgd", "momentum": 0.85},
        regularization={"label_smoothing": 0.1},
        epochs=7,
    )
    query = to_query("leaky-relu", config)
    assert query["layers"] == "300-leaky_relu-after-0.15~10~64-gelu"
    assert "batch_size" not in query
    assert from_query(query) == ("leaky-relu", config, {})


def test_an_address_without_settings_has_no_set_up():
    assert from_query({"run": "20260101-some-run"}) is None


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        (
            "learning_rate",
            "fast",
            "learning_rate: expected a number from 0.000001 to 10, got 'fast'",
        ),
        ("learning_rate", "nan", "learning_rate: expected a number"),
        ("epochs", "2.5", "epochs: expected a whole number from 1 to 1000, got '2.5'"),
        ("epochs", "99999999999", "epochs: expected a whole number"),
        ("epochs", "9" * 500, "epochs: expected a whole number"),
        ("optimizer", "magic", "optimizer: expected one of adam"),
        ("layers", "0-relu", "layers[0].units: expected a whole number from 1 to 4096, got 0"),
        ("layers", "64-relu~x-relu-none-2-3", "layers[1].units: expected a whole number"),
        ("layers", "", "layers[0].units"),
        ("layers", "~".join(["8"] * 7), "layers: expected 1–6 hidden layers, got 7"),
        ("preset", "none-such", "preset: expected one of early-stopping (Early stopping), "),
    ],
)
def test_bad_values_are_named_and_the_rest_is_kept(key, value, complaint):
    preset, config, complaints = from_query({"batch_size": "64", key: value})
    said = [f"{hyperparameter}: {text}" for hyperparameter, text in complaints.items()]
    assert any(complaint in text for text in said), said
    assert (preset, config) == ("early-stopping", PRESETS[preset].with_changes(batch_size=64))


def test_an_address_keeps_its_short_names_whatever_group_a_setting_is_in():
    query = {
        "preset": "champion", "optimizer": "sgd", "momentum": "0.5", "schedule": "plateau",
        "plateau_factor": "0.25", "early_stopping_patience": "7", "mixup": "0.2",
        "teacher_epochs": "3", "data_echoing": "2", "precision": "bfloat16",
    }  # fmt: skip
    preset, config, complaints = from_query(query)
    assert (preset, complaints) == ("champion", {})
    assert config == PRESETS["champion"].with_changes(
        optimizer={"name": "sgd", "momentum": 0.5},
        schedule={"name": "plateau", "plateau_factor": 0.25},
        early_stopping={"patience": 7},
        regularization={"mixup": 0.2},
        distillation={"epochs": 3, "share": 0.95, "temperature": 6.0},
        data_echoing=2,
        precision="bfloat16",
    )
    assert to_query("champion", config) == query


def test_an_address_switches_early_stopping_off():
    query = {"early_stopping_patience": "0"}
    _, config, complaints = from_query(query)
    assert (config.early_stopping, complaints) == (None, {})
    assert to_query("early-stopping", config) == query


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.dictionaries(
        st.sampled_from(["preset", *HYPERPARAMETERS, *COMPOUND_PARAMETERS]), VALUES, max_size=4
    )
)
def test_whatever_an_address_says_there_is_a_set_up_that_can_be_linked(query):
    found = from_query(query)
    if query:
        preset, config, complaints = found
        assert from_query(to_query(preset, config) | {"preset": preset}) == (preset, config, {})
        assert all(0 < len(complaint) < 500 for complaint in complaints.values())
    else:
        assert found is None
