"""The key field finds a key as the server does, and never loses what was typed (W5)."""

import pytest
from playwright.sync_api import Page, expect

from benefits_portal.key_format import grouped
from tests.browser.conftest import Visit
from tests.browser.pages import subscription_of
from tests.key_examples import FOREIGN, KEY, MISTYPED, OTHER, SHOWN, WRITTEN, WRONG, put

pytestmark = pytest.mark.rule("W5")

PASTE = """(field, texts) => texts.map(text => {
  field.value = "";
  field.focus();
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  if (field.dispatchEvent(paste)) {
    field.setRangeText(text, 0, 0, "end");
    field.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste", bubbles: true }));
  }
  const pasted = field.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return [pasted, document.getElementById(field.dataset.keyField).textContent];
})"""


@pytest.fixture
def key_page(visit: Visit) -> Page:
    page = visit("partner-admin")
    page.goto("/product-key/start/")
    page.get_by_role("radio").first.check()
    page.locator("main form button:not([type=button])").last.click()
    page.get_by_label("Another key").check()
    page.get_by_role("textbox", name="Product key").wait_for()
    page.evaluate("import(document.querySelector('[data-module]').dataset.module)")  # waits for it
    return page


def paste_each(page: Page, texts: list[str]) -> list[list[str]]:
    """What is then in the field, and what is said about it."""
    return page.get_by_role("textbox", name="Product key").evaluate(PASTE, texts)


def test_a_pasted_key_is_found_in_what_surrounds_it(key_page: Page) -> None:
    found = dict(zip(WRITTEN, paste_each(key_page, [*WRITTEN.values()]), strict=True))
    assert found == {name: [SHOWN, ""] for name in WRITTEN}


@pytest.mark.rule("K1", "K7")
def test_what_is_wrong_is_told_in_the_servers_words_and_nothing_is_lost(key_page: Page) -> None:
    found = paste_each(key_page, [text for text, _message in WRONG.values()])
    for (name, (text, message)), (pasted, hint) in zip(WRONG.items(), found, strict=True):
        letters = [letter for letter in text.upper() if letter.isalnum()]
        assert (name, hint[: len(message)]) == (name, message if text.strip() else "")
        assert (name, len([letter for letter in pasted if letter.isalnum()])) == (
            name,
            len(letters),
        )


def test_typing_groups_the_key_and_tells_a_foreign_character_at_once(key_page: Page) -> None:
    field = key_page.get_by_role("textbox", name="Product key")
    field.press_sequentially(KEY.lower())
    assert field.input_value() == SHOWN
    field.fill("")
    field.press_sequentially(put(6, "A")[:8])
    expect(key_page.locator("#id_key_hint")).to_contain_text(FOREIGN.format("A", 2, 2))
    field.press("Backspace")
    field.press("Backspace")
    assert field.input_value() == "PCBEN-B"
    expect(key_page.locator("#id_key_hint")).to_be_empty()


def test_what_the_script_does_not_understand_stays_as_it_was_typed(key_page: Page) -> None:
    field = key_page.get_by_role("textbox", name="Product key")
    for text in ["мой ключ", "«PCBEN", "key: pcben", f"{SHOWN}; {grouped(OTHER)}"]:
        field.fill("")
        field.press_sequentially(text)
        assert field.input_value() == text


def test_the_field_of_a_side_panel_does_the_same(visit: Visit) -> None:
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription_of('Azure AD Basic', 5).pk}/")
    with page.expect_response("**/key-field*.js"):
        page.locator("a[data-panel-link]").first.click()
    page.get_by_role("dialog").get_by_label("Another key").check()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Product key")
    field.press_sequentially(put(6, "A").lower())
    assert field.input_value() == grouped(put(6, "A"))
    expect(page.locator("#id_key_hint")).to_contain_text(FOREIGN.format("A", 2, 2))


@pytest.mark.rule("K7")
def test_the_browser_and_the_server_say_an_error_in_the_same_way(key_page: Page) -> None:
    field, errors = (
        key_page.get_by_role("textbox", name="Product key"),
        key_page.locator(".field-error:visible"),
    )
    field.fill(WRONG["another last character"][0])
    field.blur()
    look = (
        "e => [e.innerText.trim(), getComputedStyle(e).color, "
        "e.querySelector('svg').getBoundingClientRect().width > 0]"
    )
    by_browser = [errors.evaluate(look), field.get_attribute("aria-invalid")]
    field.press("Enter")
    key_page.wait_for_load_state()
    by_server = [errors.evaluate(look), field.get_attribute("aria-invalid")]
    assert by_browser == by_server
    assert by_browser[0][0].endswith(
        f"{MISTYPED} Check it or paste it again. (This doesn't count as a failed attempt.)"
    )
    field.fill(WRONG["one too few"][0])
    field.blur()
    expect(errors).to_have_count(1)


@pytest.mark.rule("K7")
def test_what_the_server_said_of_another_key_is_not_left_at_the_top(key_page: Page) -> None:
    field, summary = (
        key_page.get_by_role("textbox", name="Product key"),
        key_page.locator(".error-summary"),
    )
    field.fill(WRONG["another last character"][0])
    field.press("Enter")
    expect(summary).to_contain_text(MISTYPED)
    key_page.evaluate("import(document.querySelector('[data-module]').dataset.module)")
    field.fill(WRONG["one too few"][0])
    field.blur()
    expect(key_page.locator(".field-error:visible")).to_contain_text(WRONG["one too few"][1])
    expect(summary).to_be_hidden()
    field.press("Enter")
    expect(summary).to_contain_text(WRONG["one too few"][1])
    field.fill(KEY)
    expect(summary).to_be_hidden()
    expect(key_page.locator(".field-error:visible")).to_have_count(0)


def test_a_button_stays_under_the_finger_that_presses_it(key_page: Page) -> None:
    """Leaving the field says what is wrong in a new line, above the button that is pressed."""
    key_page.get_by_role("textbox", name="Product key").fill("nonsense")
    box = key_page.get_by_role("button", name="Next").bounding_box()
    assert box
    key_page.mouse.move(box["x"] + 5, box["y"] + 5)
    key_page.mouse.down()
    key_page.mouse.up()
    expect(key_page.locator(".error-summary")).to_be_focused()
