"""From a number to the images behind it, with the mouse."""

import re

MENU = "stSidebar"


def open_from_menu(page, server, name: str) -> None:
    page.goto(server.url)
    page.get_by_test_id(MENU).get_by_role("link", name=name, exact=True).click()


def click_cell(page, true: int, predicted: int, x: float = 0.5, y: float = 0.5) -> None:
    """Click a cell of the matrix; x and y from 0 to 1 say where in it."""
    page.wait_for_function(  # a changed figure comes before the old one goes
        "document.querySelectorAll('.st-key-confusion-matrix .scatterlayer').length == 1"
    )
    left, top, width, height = page.evaluate(
        """() => {
            const plot = document.querySelector(".st-key-confusion-matrix .js-plotly-plot")
            const box = plot.getBoundingClientRect(), {xaxis, yaxis} = plot._fullLayout
            return [box.x + xaxis._offset, box.y + yaxis._offset, xaxis._length, yaxis._length]
        }"""
    )
    at = left + width * (predicted + x) / 10, top + height * (true + y) / 10
    page.mouse.move(*at)
    page.mouse.click(*at)


def test_a_click_on_a_cell_shows_its_images_wherever_it_hits(page, server):
    open_from_menu(page, server, "Confusion matrix")
    images = page.locator(".st-key-cell-images")
    for true, x, y in ((7, 0.5, 0.5), (3, 0.1, 0.9), (0, 0.9, 0.1)):
        click_cell(page, true, true, x, y)
        images.get_by_text(f"{true} is called {true}: ").wait_for()
        images.get_by_alt_text(re.compile(f"Handwritten {true}, called {true}")).first.wait_for()
        assert f"true={true}&predicted={true}" in page.url
        assert images.locator("img").count() > 1


def test_a_chosen_cell_survives_a_change_of_page_and_filters_the_gallery(page, server):
    open_from_menu(page, server, "Confusion matrix")
    pair = page.locator(".st-key-cell-images button").first
    words = re.search(r"(\d) is called (\d): (\d+) of", pair.inner_text())
    true, predicted, number = words.groups()
    pair.click()
    page.locator(".st-key-cell-images").get_by_text("The surest first").wait_for()
    page.get_by_test_id(MENU).get_by_role("link", name="Misclassified", exact=True).click()
    page.get_by_text(re.compile(f"^{number} of [0-9,]+ errors$")).wait_for()
    captions = page.locator(".st-key-gallery figcaption .wrong").all_inner_texts()
    assert captions == [f"{true} → {predicted}"] * int(number)


def test_the_gallery_is_filtered_and_turned_by_the_page(page, server):
    open_from_menu(page, server, "Misclassified")
    gallery = page.locator(".st-key-gallery")
    first = gallery.locator("img").first
    first.wait_for()
    before = first.get_attribute("alt")
    gallery.get_by_role("button", name="Page 2", exact=True).click()
    page.wait_for_url("**page=2*")
    gallery.get_by_alt_text(before).wait_for(state="detached")
    page.locator(".st-key-true").get_by_role("combobox").click()
    page.get_by_role("option", name="9", exact=True).click()
    gallery.get_by_text(re.compile("^[0-8] → ")).first.wait_for(state="detached")
    nines = gallery.locator("img")
    assert nines.count() > 0
    assert all(alt.get_attribute("alt").startswith("Handwritten 9,") for alt in nines.all())
    assert "page=" not in page.url


def test_pages_of_errors_and_data_work_on_the_offline_sample(page, offline_server):
    for name, key in (
        ("Data", "digit-images"),
        ("Misclassified", "handful"),
        ("Confusion matrix", "cell-images"),
    ):
        open_from_menu(page, offline_server, name)
        page.locator(f".st-key-{key}").wait_for()
        page.get_by_text("These are not MNIST's digits").wait_for()
