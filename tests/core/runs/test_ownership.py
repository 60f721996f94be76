"""What a visitor keeps lies where nobody else's name leads."""

import pytest

from mnist_core.runs import ownership


def test_each_visitor_has_a_directory_that_is_no_run(runs_directory):
    mine, hers = (ownership.visitor_of(digit * 32) for digit in "ab")
    assert ownership.directory_of(mine) == runs_directory / ".visitors" / mine
    assert ownership.directory_of(mine) != ownership.directory_of(hers)


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "a" * 64 + "/x"])
def test_what_names_no_visitor_leads_nowhere(name):
    with pytest.raises(ValueError, match="named by 64 hexadecimal digits"):
        ownership.directory_of(name)
