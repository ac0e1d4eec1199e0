"""WCAG 2.2 AA, as far as a browser can tell and axe does not.

Where the focus is, what is announced, how a page holds up.

`docs/accessibility.md` goes through the criteria one by one.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from benefits_portal.benefits.models import Benefit
from tests.browser.conftest import Visit
from tests.browser.pages import every_page, key_of, subscription_of

LIST = "/mpn/benefits/azure-cloud/"
# Per page: landmarks, headings, title, language, help in its place, tables with captions and
# headers, no positive tabindex, no id twice, errors tied to their fields and to the summary.
STRUCTURE = """() => {
  const all = (selector, root = document) =>
    [...root.querySelectorAll(selector)].filter((node) => !node.closest("dialog:not([open])"));
  const faults = [];
  const want = (right, what) => right || faults.push(what);
  for (const landmark of ["main", "header.bar", "footer"])
    want(all(landmark).length === 1, `one ${landmark}`);
  const named = (nav) => nav.hasAttribute("aria-label") || nav.hasAttribute("aria-labelledby");
  want(all("nav").every(named), "a nav without a name");
  want(all("h1", document.querySelector("main")).length === 1, "one h1, in main");
  const levels = all("h1, h2, h3, h4, h5").map((heading) => Number(heading.tagName[1]));
  const inOrder = (level, place) => level - (levels[place - 1] ?? 0) <= 1;
  want(levels.every(inOrder), `headings in order: ${levels}`);
  want(document.title.split(" · ")[0].length > 2, "a title that names the page");
  want(/^(en|nl)$/.test(document.documentElement.lang), "a language");
  const plain = document.body.dataset.workspace === "plain";
  want(all(".bar-tools > a[href$='/help/']").length === 1 || plain, "help in its place");
  const headed = (table) => table.caption && all("th", table).every((head) => head.scope);
  want(all("table").every(headed), "a table without caption or scopes");
  want(all("[tabindex]").every((node) => node.tabIndex <= 0), "a positive tabindex");
  const ids = all("[id]").map((node) => node.id);
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  want(new Set(ids).size === ids.length, `an id twice: ${twice}`);
  for (const names of ["aria-describedby", "aria-labelledby", "aria-controls", "for"])
    for (const node of all(`[${names}]`))
      for (const id of node.getAttribute(names).split(" "))
        want(document.getElementById(id), `${names} of nothing: ${id}`);
  for (const link of all(".error-summary a"))
    want(document.querySelector(link.getAttribute("href")), `an error of no field: ${link.href}`);
  const errors = (field) =>
    (field.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id));
  const tied = (field) => errors(field).some((error) => error?.matches(".field-error"));
  want(all("[aria-invalid=true]").every(tied), "an error apart");
  const atSummary = () => document.activeElement.matches(".error-summary");
  want(!all("main [aria-invalid=true]").length || atSummary(), "the focus is not at the summary");
  return faults;
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: "
    "0.16em !important }"
)
DOUBLED = ":root { font-size: 200% !important }"
MOVING = """() => [...document.querySelectorAll("*")].filter((node) => {
  const style = getComputedStyle(node);
  return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
}).map((node) => node.className)"""


@pytest.mark.release
@pytest.mark.urls("tests.browser.pages")
def test_every_page_is_well_built_and_holds_up_narrow_large_and_spaced(visit: Visit) -> None:
    """1.3.1, 1.4.4, 1.4.10, 1.4.12, 2.4.1, 2.4.2, 2.4.6, 3.1.1, 3.2.6, 3.3.1, 4.1.2."""
    pages: dict[str, Page] = {}
    faults = []
    for sight in every_page():
        if sight.persona == "programme":
            continue  # Django's own pages; axe looks at them
        if sight.persona not in pages:
            pages[sight.persona] = visit(
                sight.persona, viewport={"width": 1280, "height": 900}, bypass_csp=True
            )
        page = pages[sight.persona]
        page.set_viewport_size({"width": 1280, "height": 900})
        sight.open(page)
        faults += [f"{sight}: {fault}" for fault in page.evaluate(STRUCTURE)]
        page.set_viewport_size({"width": 320, "height": 640})
        narrow = page.evaluate(SIDEWAYS)
        page.add_style_tag(content=SPACED)
        spaced = page.evaluate(SIDEWAYS)
        page.set_viewport_size({"width": 640, "height": 450})  # what 1280 by 900 is at 200 %
        large = page.evaluate(SIDEWAYS)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.add_style_tag(content=DOUBLED)
        doubled = page.evaluate(SIDEWAYS)
        wide = {
            "320 px": narrow,
            "320 px, spaced": spaced,
            "200 %": large,
            "1280 px, spaced, letters twice as large": doubled,
        }
        faults += [
            f"{sight}: {pixels} too wide at {how}" for how, pixels in wide.items() if pixels > 0
        ]
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_the_focus_is_seen_and_first_skips_to_the_content(visit: Visit) -> None:
    """2.4.1, 2.4.3, 2.4.7, 2.4.11."""
    page = visit("partner-admin")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto("/")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        seen = page.evaluate("""() => {
          const node = document.activeElement;
          const style = getComputedStyle(node), box = node.getBoundingClientRect();
          const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
          return [shown, node.contains(top) || top?.contains(node), node.outerHTML];
        }""")
        assert seen[:2] == [True, True], seen[2]
        page.keyboard.press("Tab")


def test_what_opens_and_what_is_replaced_keeps_the_focus_and_is_read_out(visit: Visit) -> None:
    """2.4.3, 3.3.1, 4.1.2, 4.1.3."""
    page = visit("partner-admin")
    page.goto(f"{LIST}?q=Microsoft 365 E3")
    key = key_of("Microsoft 365 E3", 25)
    opener = page.locator(f"#benefit-{key.benefit_id} a.opener")
    opener.focus()
    page.keyboard.press("Enter")
    details = page.locator(f"#details-{key.benefit_id}")
    expect(details.get_by_role("button", name="Get key")).to_be_visible()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "true")

    details.get_by_role("button", name="Get key").press("Enter")
    expect(details.get_by_role("checkbox")).to_be_focused()
    expect(details.get_by_role("checkbox")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Space")
    details.get_by_role("button", name="Get key").press("Enter")
    expect(details.get_by_role("button", name="Copy")).to_be_focused()
    expect(details.get_by_role("button", name="Copy")).to_have_accessible_description(
        f"Product key {details.locator('.copy-value').inner_text()}"
    )

    credit = Benefit.objects.filter(partner__name="Contoso", product__kind="monthly-credit").latest(
        "expires_on"
    )
    page.goto(f"{LIST}{credit.pk}/")
    people = page.get_by_label("Name or email")
    people.press_sequentially("adele")
    expect(page.locator("#announcer")).to_have_text("1 person found.")
    expect(people).to_be_focused()

    page.goto(f"{LIST}{credit.pk}/assign/")
    page.get_by_role("button", name="Assign user").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("radio").first.check()
    expect(page.locator(".error-summary")).to_have_count(0)


def test_a_panel_keeps_the_focus_until_it_is_closed(visit: Visit) -> None:
    """2.1.2, 2.4.3."""
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription_of('Microsoft 365 E3', 100).pk}/")
    page.get_by_role("link", name="Add licenses").press("Enter")
    expect(page.get_by_role("dialog").locator("h1")).to_be_focused()
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 16:
        page.keyboard.press(key)
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.get_by_role("dialog").get_by_role("link", name="Close").press("Enter")
    expect(page.get_by_role("link", name="Add licenses")).to_be_focused()


def test_nothing_moves_for_whoever_asked_for_less_motion(visit: Visit) -> None:
    """2.3.3, and that it does move for the others."""
    moving = []
    for motion in ("reduce", "no-preference"):
        page = visit("partner-admin", reduced_motion=motion)
        page.goto(f"/admin-center/products/{subscription_of('Microsoft 365 E3', 100).pk}/")
        page.get_by_role("link", name="Add licenses").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        moving.append(len(page.evaluate(MOVING)) > 0)
    assert moving == [False, True]


def test_shapes_and_borders_carry_what_fills_carried_in_forced_colors(visit: Visit) -> None:
    """1.4.1, 1.4.11."""
    page = visit("partner-admin", forced_colors="active")
    page.goto(LIST)
    styles = (
        "(node) => { const style = getComputedStyle(node); return [style.borderTopStyle, "
        "style.outlineStyle]; }"
    )
    assert page.locator(".badge").first.evaluate(styles)[0] == "solid"
    assert page.locator("main .button").first.evaluate(styles)[0] == "solid"
    assert page.locator(".navigation a[aria-current]").evaluate(styles)[1] == "solid"
    shapes = page.locator(".badge").evaluate_all(
        "(badges) => badges.map((badge) => getComputedStyle(badge, '::before').backgroundColor)"
    )
    # CanvasText: the shape is drawn in the color of the text.
    assert set(shapes) == {"rgb(0, 0, 0)"}


def test_one_signs_in_by_pasting_and_the_browser_knows_the_fields(
    browser: Browser, portal: str
) -> None:
    """1.3.5, 3.3.7, 3.3.8."""
    page = browser.new_page(base_url=portal)
    page.goto("/sign-in/")
    fields = page.locator("main form:has([type=password]) input:not([type=hidden])")
    assert fields.evaluate_all("(all) => all.map((field) => field.autocomplete)") == [
        "username",
        "current-password",
    ]
    page.get_by_role("textbox", name="Password").evaluate("(field) => field.focus()")
    page.keyboard.insert_text("practice makes perfect")
    expect(page.get_by_role("textbox", name="Password")).to_have_value("practice makes perfect")
    page.context.close()
