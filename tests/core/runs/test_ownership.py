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


def test_a_nickname_is_one_short_line_and_can_be_taken_back():
    visitor = ownership.visitor_of("a" * 32)
    assert ownership.display_name(visitor) == f"Visitor {visitor[:4]}"
    ownership.set_nickname(visitor, "  Ada\n of  Room\x07 3 ")
    assert ownership.nickname(visitor) == "Ada of Room 3"
    with pytest.raises(ownership.NicknameError, match="at most 24 characters, got 25"):
        ownership.set_nickname(visitor, "x" * 25)
    assert ownership.nickname(visitor) == "Ada of Room 3"
    ownership.set_nickname(visitor, "Ada")
    assert ownership.display_name(visitor) == f"Ada ({visitor[:4]})"
    ownership.set_nickname(visitor, " ")
    assert ownership.nickname(visitor) is None
    (ownership.directory_of(visitor) / "visitor.json").write_text("[]")
    assert ownership.nickname(visitor) is None
