import re

import pytest

from pages.components.shell import networks
from pages.components.shell.text import plain
from tests.pages.conftest import grids


def words(at) -> str:
    return "\n".join(element.value for element in at.markdown)


def numbers(html: str) -> list[int]:
    return [int(n) for n in re.findall(r">No\. (\d+)<", html)]


def test_one_network_alone_cannot_be_compared(network, open_page):
    network({})
    at = open_page("compare")
    assert "no second network" in at.info[0].value
    assert not at.table


def test_what_the_other_fixes_and_adds_is_shown_and_tested(network, no_networks, open_page):
    labels = no_networks.y_test
    wrong = {i: (int(labels[i]) + 1) % 10 for i in range(12)}
    first = network({i: wrong[i] for i in range(11)})
    second = network({i: wrong[i] for i in (3, 11)}).rename("Second")
    at = open_page("compare", run=first.id, versus=second.id)
    assert "Second fixes 10 errors, adds 1" in [heading.value for heading in at.header]
    # Two-sided binomial with 1 of 11: 2 · (1 + 11) / 2¹¹ = 1.17 %
    assert "uneven as 10 to 1 would come up in 1.2% of such cases" in words(at)
    mended, broken = grids(at)
    assert numbers(mended) == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert numbers(broken) == [11]
    table = at.table[0].value
    assert table["Figure"].tolist()[:4] == [
        "Test accuracy",
        "Test errors",
        "Calibrated test loss",
        "Calibration error",
    ]
    assert table["Test network"].tolist()[:2] == ["89.00%", "11 of 100"]
    assert table["Second"].tolist()[:2] == ["98.00%", "2 of 100"]


def test_a_network_compared_with_its_equal(network, no_networks, open_page):
    first, _ = (
        network({0: (int(no_networks.y_test[0]) + 1) % 10}),
        network({0: (int(no_networks.y_test[0]) + 1) % 10}),
    )
    at = open_page("compare", run=first.id)
    assert "classify exactly the same digits correctly" in words(at)
    assert not grids(at)


def test_many_digits_are_shown_in_two_steps(network, no_networks, open_page):
    labels = no_networks.y_test
    first = network({i: (int(labels[i]) + 1) % 10 for i in range(50)})
    network({})
    at = open_page("compare", run=first.id)
    assert len(numbers(grids(at)[0])) == 24
    at.button(key=f"more-grid-{first.id}").click().run()
    assert numbers(grids(at)[0]) == list(range(50))
    more = at.query_params["more"]
    at = open_page("compare", run=first.id, more=more)  # as after a reload
    assert numbers(grids(at)[0]) == list(range(50))
    at = open_page("compare", run=first.id, more=["nonsense", f"grid-{first.id}.-1"])
    assert len(numbers(grids(at)[0])) == 24


def test_a_digit_opens_in_the_order_shown(network, no_networks, open_page):
    labels = no_networks.y_test
    first = network({i: (int(labels[i]) + 1) % 10 for i in (7, 3)})
    second = network({5: (int(labels[5]) + 1) % 10})
    at = open_page("compare", run=first.id, versus=second.id, index="3")
    assert "2 of 3" in words(at)
    at.button(key="next-digit").click().run()
    assert at.query_params["index"] in ("5", ["5"])


def test_the_other_network_may_come_into_use_without_a_warning(network, open_page):
    first, second = network({}), network({})
    at = open_page("compare", run=second.id, versus=second.id)
    assert not at.warning
    assert at.selectbox(key="versus-list").value == first.id


@pytest.mark.parametrize(("epochs", "logarithmic"), [(12, False), (360, True)])
def test_curves_of_many_epochs_begin_on_a_log_scale(epochs, logarithmic, network, open_page):
    first, second = network({}, epochs=epochs), network({})
    at = open_page("compare", run=first.id, versus=second.id)
    assert at.toggle(key="compared-log-scale").value is logarithmic


def test_an_unknown_network_is_said_once(network, open_page):
    network({}), network({})
    at = open_page("compare", versus="no-such-run")
    assert f"versus={plain('no-such-run')}" in at.warning[0].value
    assert not at.run().warning


def test_without_another_network_in_the_address_the_first_is_compared_with(network, open_page):
    """As after the browser's Back."""
    runs = [network({}) for _ in range(3)]
    at = open_page("compare", run=runs[0].id)
    usual = at.selectbox(key="versus-list").value
    other = next(run for run in runs[1:] if run.id != usual)
    at.selectbox(key="versus-list").set_value(other.id).run()
    assert at.query_params["versus"] in (other.id, [other.id])
    del at.query_params["versus"]
    assert at.run().selectbox(key="versus-list").value == usual


def test_the_menu_takes_both_networks_along(network, open_page):
    first, second = network({}), network({})
    at = open_page("compare", run=first.id, versus=second.id)
    links = {link.proto.label: link.proto.query_string for link in at.get("page_link")}
    assert links["Misclassified"] == f"run={first.id}"
    assert links["Confusion matrix"] == f"run={first.id}&versus={second.id}"
    assert links["Train"] == links["Data"] == ""
    at.switch_page("pages/data.py").run()
    links = {link.proto.label: link.proto.query_string for link in at.get("page_link")}
    assert links["Compare"] == f"run={first.id}&versus={second.id}"


def test_the_menu_leads_to_no_network_that_was_deleted(network, open_page):
    first, second, third = network({}), network({}), network({})
    at = open_page("compare", run=second.id, versus=third.id)
    second.delete()
    third.delete()
    at.run()
    assert not at.exception
    for link in at.get("page_link"):
        assert second.id not in link.proto.query_string
        assert third.id not in link.proto.query_string
    at = open_page("confusion_matrix", run=first.id, versus="none")
    assert all("versus" not in link.proto.query_string for link in at.get("page_link"))


def test_where_a_network_is_deleted_meanwhile_the_page_goes_on_without_it(network, open_page):
    first, second, _ = network({}), network({}), network({}).rename("Third")
    at = open_page("compare", run=first.id, versus=second.id)
    rerun = networks.rerun_if_deleted

    def delete(*runs):
        if second.directory.exists():
            second.delete()
        rerun(*runs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "rerun_if_deleted", delete)
        at.run()
    assert not at.exception
    assert at.selectbox(key="versus-list").options == ["Third"]
