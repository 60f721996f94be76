"""From a number to the images behind it, with the mouse."""

import re

import pytest
from playwright.sync_api import expect

from mnist_core.config import palette
from tests.browser.conftest import draw

MENU = "stSidebar"
MOTION = "reduce"
SMALL = "compact"  # a network whose neighbours in MNIST are indexed in a moment


def open_from_menu(page, server, name: str) -> None:
    page.goto(server.url)
    page.get_by_test_id(MENU).get_by_role("link", name=name, exact=True).click()


def cell(page, name: str):
    """A button of the matrix by the beginning of its name, as in "9 predicted as 4"."""
    return page.locator(f".confusion button[aria-label^='{name}']")


def click_bar(page, bar, beside: float = 0) -> None:
    """Click a bar of a page that stands still, or so many pixels to its right, once and near its
    top: on a logarithmic axis it has no lower end."""
    bar.scroll_into_view_if_needed()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    box = bar.bounding_box()
    at = box["x"] + (box["width"] + beside if beside else box["width"] / 2), box["y"] + 8
    page.mouse.move(*at)
    page.mouse.click(*at)


def test_a_click_on_a_cell_shows_its_images_wherever_it_hits(page, server):
    open_from_menu(page, server, "Confusion matrix")
    images = page.locator(".st-key-cell-images")
    for true, x, y in ((7, 0.5, 0.5), (3, 0.1, 0.9), (0, 0.9, 0.1)):
        box = cell(page, f"{true} predicted as {true}").bounding_box()
        at = {"x": x * box["width"], "y": y * box["height"]}
        cell(page, f"{true} predicted as {true}").click(position=at)
        images.get_by_text(f"{true} predicted as {true}: ").wait_for()
        images.get_by_alt_text(
            re.compile(f"Handwritten {true}, correctly classified as {true}")
        ).first.wait_for()
        assert f"row={true}&column={true}" in page.url
        assert images.locator("img").count() > 1
        expect(cell(page, f"{true} predicted as {true}")).to_have_class(re.compile("chosen"))


def test_the_keyboard_chooses_a_cell_and_goes_on_from_it(page, server):
    open_from_menu(page, server, "Confusion matrix")
    cell(page, "9 predicted as 7").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.locator(".st-key-cell-images").get_by_text("9 predicted as 9: ").wait_for()
    expect(cell(page, "9 predicted as 9")).to_be_focused()
    expect(cell(page, "9 predicted as 9")).to_have_class(re.compile("chosen"))
    page.keyboard.press("Tab")  # the whole matrix is one stop
    assert page.evaluate("!document.activeElement.closest('.confusion')")


def test_a_click_on_the_digit_of_a_row_or_column_shows_its_errors(page, server):
    open_from_menu(page, server, "Confusion matrix")
    images = page.locator(".st-key-cell-images")
    cell(page, "All 9s").click()
    images.get_by_text("9 misclassified: ").wait_for()
    assert "row=9" in page.url
    assert "column=" not in page.url
    cell(page, "All predicted as 4").click()
    images.get_by_text("Wrongly predicted as 4: ").wait_for()
    images.locator("button[data-index]").first.click()
    page.locator(".st-key-digit-view").get_by_text("misclassified as").wait_for()
    assert "index=" in page.url


def test_a_click_on_an_image_opens_it_and_the_keys_lead_on(page, server):
    page.goto(f"{server.url}/misclassified?run={SMALL}")
    page.locator(".st-key-gallery button[data-index]").first.click()
    view = page.locator(".st-key-digit-view")
    view.get_by_text(re.compile(r"^1 of \d+$")).wait_for()
    first = page.url
    assert "index=" in first
    view.get_by_text("Which ink speaks for").wait_for()
    view.locator("[aria-keyshortcuts=ArrowRight]").wait_for()
    for _ in range(3):  # faster than the page answers
        page.keyboard.press("ArrowRight")
    view.get_by_text(re.compile(r"^4 of \d+$")).wait_for()
    assert page.url != first
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    view.get_by_text(re.compile(r"^1 of \d+$")).wait_for()
    page.go_back()  # one step, however many digits were opened
    expect(page).not_to_have_url(re.compile("index="))
    expect(view).to_have_count(0)
    page.go_forward()
    view.get_by_text(re.compile(r"^1 of \d+$")).wait_for()
    painting_changes_the_answer(page)
    page.keyboard.press("Escape")
    view.wait_for(state="detached")
    page.wait_for_function("!location.search.includes('index=')")


def painting_changes_the_answer(page) -> None:
    """Ink by the keyboard and by the pointer; arrow keys then lead to no other digit."""
    page.get_by_text("Repair it · Paint").click()
    address, changed = page.url, page.locator("[data-testid=stDialog]").get_by_text("changed.")
    expect(changed).to_contain_text("0 pixels changed.")
    canvas = page.locator(".repair canvas")
    for key in ("ArrowUp", "ArrowLeft", "Space", "Shift+Space"):
        canvas.press(key)
    expect(changed).not_to_contain_text(" 0 pixels changed.")
    page.get_by_role("button", name="Start again").click()
    expect(changed).to_contain_text(" 0 pixels changed.")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 2, steps=3)
    page.mouse.up()
    expect(changed).not_to_contain_text(" 0 pixels changed.")
    assert page.url == address
    page.get_by_text("Repair it · Paint").click()
    expect(canvas).to_have_count(0)


def test_a_similar_training_digit_opens_survives_a_reload_and_leads_back(page, server):
    page.goto(f"{server.url}/misclassified?run={SMALL}")
    page.locator(".st-key-gallery button[data-index]").first.click()
    view = page.locator(".st-key-digit-view")
    view.get_by_text(re.compile("^Test digit No. ")).wait_for()
    view.locator(".digit-grid.strip button").first.click()
    view.get_by_text(re.compile("^Training digit No. ")).wait_for()
    assert "training=" in page.url
    page.reload()
    view.get_by_text(re.compile("^Training digit No. ")).wait_for()
    view.get_by_role("button", name="Back").click()
    view.get_by_text(re.compile("^Test digit No. ")).wait_for()
    assert "training=" not in page.url


def test_a_chosen_cell_survives_a_change_of_page_and_filters_the_gallery(page, server):
    open_from_menu(page, server, "Confusion matrix")
    pair = page.locator(".st-key-cell-images button").first
    words = re.search(r"(\d) predicted as (\d): (\d+) of", pair.inner_text())
    true, predicted, number = words.groups()
    pair.click()
    page.locator(".st-key-cell-images").get_by_text("Most confident first").wait_for()
    page.get_by_test_id(MENU).get_by_role("link", name="Misclassified", exact=True).click()
    page.get_by_text(re.compile(f"^{number} of [0-9,]+ errors$")).wait_for()
    captions = page.locator(".st-key-gallery figcaption .wrong").all_inner_texts()
    assert captions == [f"{true} → {predicted}"] * int(number)
    while "confusion_matrix" not in page.url:  # before it the gallery's filters go from there
        before = page.url
        page.go_back()
        page.wait_for_url(lambda url, before=before: url != before)
        page.locator("[data-test-script-state=notRunning]").wait_for()
    page.locator(".st-key-cell-images").get_by_text(f"{true} predicted as {predicted}: ").wait_for()
    page.get_by_test_id(MENU).get_by_role("link", name="Confusion matrix", exact=True).click()
    cell(page, "All predicted as 4").click()
    page.locator(".st-key-cell-images").get_by_text("Wrongly predicted as 4: ").wait_for()
    page.wait_for_url(re.compile(r"\?.*column=4"))


def test_the_gallery_is_filtered_and_turned_by_the_page(page, server):
    page.goto(f"{server.url}/?run=leaky-relu")  # it errs often enough for several pages
    menu = page.get_by_test_id(MENU)
    expect(menu.get_by_role("combobox")).to_have_value(re.compile("leaky-relu"))
    menu.get_by_role("link", name="Misclassified").click()
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


def test_the_map_shows_the_image_under_the_pointer_and_the_digits_in_a_loop(page, server):
    open_from_menu(page, server, "Map of digits")
    page.locator(".digit-map .plot[data-points='10000']").wait_for()
    area = page.locator(".digit-map .plot")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hovered = page.locator(".digit-map .hovered")
    for step in range(30):
        page.mouse.move(x + 4 * step - 60, y + step)
        if hovered.is_visible():
            break
    assert re.match(r"^\d( ✓| → \d)$", hovered.locator("figcaption").inner_text())
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for corner in ((x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60), (x - 60, y - 60)):
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.get_by_text(re.compile(r"^[\d,]+ digits selected, [\d,]+ of them")).wait_for()
    images = page.locator(".st-key-map-images button[data-index]")
    images.nth(1).wait_for()
    images.first.click()
    page.locator(".st-key-digit-view").get_by_text(re.compile("^1 of ")).wait_for()
    assert "loop=" in page.url
    selected = page.get_by_text(re.compile(r"^[\d,]+ digits selected, ")).inner_text()
    page.reload()
    page.get_by_text(selected).wait_for()
    page.locator(".digit-map .plot .loop").first.wait_for(state="attached")


def test_a_drawing_is_a_star_on_the_map_with_its_image_under_the_pointer(page, server):
    page.goto(server.url)
    draw(page, 7)
    expect(page.locator(".digit-answer .digit")).to_have_text("7")
    expect(page.locator(".digit-bars[data-live]")).to_have_count(0)  # Python has the drawing
    page.get_by_test_id(MENU).get_by_role("link", name="Map of digits", exact=True).click()
    plot = page.locator(".digit-map .plot[data-own='1']")
    plot.wait_for()
    own = page.locator(".digit-map .legend label").last
    expect(own).to_have_text("your drawing")
    plot.scroll_into_view_if_needed()
    box = plot.locator(".star").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    hovered = page.locator(".digit-map .hovered")
    expect(hovered.locator("figcaption")).to_have_text("Your drawing. This is a 7.")
    address = page.url
    page.mouse.click(x, y)
    assert page.url == address  # it has no page of its own
    own.click()
    expect(plot.locator(".star")).to_have_count(0)


def test_back_takes_a_loop_from_the_map_and_forward_draws_it_again(page, server):
    open_from_menu(page, server, "Map of digits")
    page.locator(".digit-map .plot[data-points='10000']").wait_for()
    box = page.locator(".digit-map .plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for corner in ((x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)):
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.get_by_text(re.compile(r"^[\d,]+ digits selected, ")).wait_for()
    page.go_back()
    page.get_by_text("Draw a loop around some points").wait_for()
    drawn = page.locator(".digit-map .plot .loop")
    expect(drawn).to_have_count(0)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.go_forward()
    drawn.first.wait_for(state="attached")
    selected = page.get_by_text(re.compile(r"^[\d,]+ digits? selected, "))
    before = selected.inner_text()
    for box in page.locator(".digit-map .legend input").all()[:5]:
        box.uncheck()
    expect(selected).not_to_have_text(before)
    page.get_by_role("button", name="Remove the loop").press("Enter")
    expect(page.get_by_role("button", name="Draw a loop")).to_be_focused()


def test_back_on_the_map_its_loop_is_drawn_again(page, server):
    page.goto(f"{server.url}/map_of_digits?run=compact&loop=-99,-99,99,-99,99,99,-99,99")
    drawn = page.locator(".digit-map .plot .loop")
    drawn.first.wait_for(state="attached")
    page.get_by_test_id(MENU).get_by_role("link", name="Network").click()
    page.get_by_role("heading", name="Inside the network").wait_for()
    page.go_back()
    page.locator(".digit-map .plot[data-points='10000']").wait_for()
    drawn.first.wait_for(state="attached")
    expect(page.get_by_text("10,000 digits selected")).to_be_visible()


def test_another_set_is_drawn_on_the_same_map_without_the_old_loop(page, server):
    loop = "-99,-99,99,-99,99,99,-99,99"
    page.goto(f"{server.url}/map_of_digits?run=compact&loop={loop}")
    digit_map = page.locator(".digit-map")
    digit_map.locator(".plot[data-points='10000']").wait_for()
    digit_map.locator(".plot .loop").first.wait_for(state="attached")
    digit_map.locator(".plot > canvas").evaluate("canvas => canvas.dataset.first = 'yes'")
    page.locator(".st-key-part").get_by_role("radio", name="Validation").click()
    digit_map.locator(".plot:not([data-points='10000'])").wait_for()
    expect(digit_map.locator(".plot > canvas")).to_have_attribute("data-first", "yes")
    expect(digit_map.locator(".plot .loop")).to_have_count(0)
    page.get_by_text("Draw a loop around some points").wait_for()


def test_a_cell_stays_chosen_where_another_click_follows_at_once(page, server):
    page.goto(f"{server.url}/confusion_matrix?run=leaky-relu")
    cell = page.locator("table.confusion td button.wrong").first
    cell.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.evaluate(
        """([cell, share]) => { cell.click(); share.click(); }""",
        [
            cell.element_handle(),
            page.locator(".st-key-numbers").get_by_role("radio", name="By row").element_handle(),
        ],
    )
    page.wait_for_url(re.compile("numbers=By"))
    images = page.locator(".st-key-cell-images")
    heading = images.locator("strong").get_by_text(re.compile(r"^\d predicted as \d: "))
    heading.wait_for()
    page.wait_for_url(re.compile("row=[0-9].*column=[0-9]"))
    page.go_back()
    expect(images.get_by_text("Most often confused")).to_be_visible()
    # While work above the matrix is waited for, a click on what is left of it would wait, too.
    page.locator("h1").evaluate("it => it.classList.add('st-key-awaited-0')")
    expect(page.locator("table.confusion")).to_have_css("pointer-events", "none")


def test_numbers_below_the_matrix_lead_to_their_images(page, server):
    open_from_menu(page, server, "Confusion matrix")
    images, bars, report = (
        page.locator(place) for place in (".st-key-cell-images", ".by-digit", "table.report")
    )
    report.get_by_role("button", name="Recall").click()
    page.wait_for_url(re.compile("report=recall"))
    bars.locator("[data-index='9']").click()
    images.get_by_text(re.compile("^9 misclassified: ")).wait_for()
    expect(images).to_be_in_viewport()
    report.get_by_title("Show errors among digits predicted as 4").click()
    images.get_by_text(re.compile("^Wrongly predicted as 4: ")).wait_for()
    expect(images).to_be_in_viewport()
    report.get_by_title("Show errors among all 2").first.click()
    images.get_by_text(re.compile("^2 misclassified: ")).wait_for()
    assert "row=2" in page.url
    page.set_viewport_size({"width": 1280, "height": 520})
    cell(page, "7 predicted as 7").click()  # above them, as on a phone
    expect(images.get_by_text("7 predicted as 7: ")).to_be_in_viewport()


def test_a_click_on_a_bar_shows_the_images_of_its_bin(page, server):
    open_from_menu(page, server, "How sure, how right?")
    bar = page.locator(".st-key-reliability .barlayer .point").last
    bar.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    kept = page.locator(".st-key-reliability .nsewdrag").evaluate(
        """chart => {
          const touch = new Touch({ identifier: 1, target: chart, clientX: 1, clientY: 1 });
          const how = { changedTouches: [touch], bubbles: true, cancelable: true };
          const [kept] = ["touchstart", "touchend"].map(
            (type) => !chart.dispatchEvent(new TouchEvent(type, how)),
          );
          return kept;
        }"""
    )
    assert not kept  # a finger on the chart scrolls the page
    images = page.locator(".st-key-bin-images")
    words = re.compile("^Confidence 93% to 100%: [0-9,]+ digits, [0-9,]+ of them")
    click_bar(page, bar)
    images.get_by_text(words).wait_for()
    images.locator("button[data-index]").first.wait_for()
    assert "bin=15" in page.url


def test_remaining_errors_open_their_digits(page, server):
    page.goto(f"{server.url}/calibration?run=compact&rejection-rate=1.0")
    left = page.locator(".st-key-rejection-images")
    left.locator("button[data-index]").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("misclassified as").wait_for()
    bar = dialog.locator(".digit-bars .best i")
    orange = f"rgb{palette.rgb(palette.WRONG.light)}"  # as errors are
    expect(bar).to_have_css("background-color", orange)


def test_a_bar_of_the_histogram_opens_its_digits(page, server):
    page.goto(f"{server.url}/calibration?run=compact")
    images = page.locator(".st-key-bar-images")
    bars = page.locator(".st-key-confidence-histogram .trace.bars").nth(1).locator(".point path")
    bars.last.wait_for()
    click_bar(page, bars.last, beside=6)
    words = images.get_by_text(re.compile("^Confidence 95% to 100%, misclassified: "))
    words.wait_for()
    images.locator("button[data-index]").first.wait_for()
    page.wait_for_url("**bar=wrong-20*")
    click_bar(page, bars.last)  # the chosen one
    expect(words).to_have_count(0)
    page.wait_for_url(lambda url: "bar=" not in url)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_of_grids_has_one_style_and_the_background_that_contrasts_are_computed_for(
    open_page, server, theme
):
    page = open_page(color_scheme=theme)
    page.goto(f"{server.url}/misclassified?run=compact")
    page.locator(".st-key-handful .digit-grid").wait_for()
    assert page.locator(".digit-grid").count() > 1
    page.locator("[data-test-script-state=notRunning]").wait_for()  # until then it may come anew
    styled = (
        "() => [...document.querySelectorAll('style')].filter((style) => "
        "style.textContent.includes('.digit-grid')).length"
    )
    page.wait_for_function(styled)
    assert page.evaluate(styled) == 1
    background = f"rgb{palette.rgb(getattr(palette.PAGE, theme))}"
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
    wrong = page.locator(".st-key-gallery .digit-grid .wrong").first
    expect(wrong).to_have_css("color", f"rgb{palette.rgb(getattr(palette.WRONG, theme))}")
    page.locator(".st-key-gallery .digit-grid button").first.click()
    caption = page.get_by_role("dialog").get_by_text(re.compile("^Test digit No"))
    in_dialog = caption.locator("xpath=ancestor::*[@data-testid='stCaptionContainer']")
    expect(in_dialog).to_have_css("color", f"rgb{palette.rgb(getattr(palette.MUTED, theme))}")
