"""What axe finds on the page: nothing serious or moderate in any state, theme or width. And its language and theme."""

from pathlib import Path

import pytest

from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from tests.helpers import write_tone
from tests.page.browser import IN_A_BROWSER, SLOW, load, settings_file

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe is not there: npm ci")
pytestmark = IN_A_BROWSER

FOUND = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const counting = violations.filter((one) => one.impact !== "minor");
    return counting.flatMap((one) => one.nodes.map((node) => `${one.impact} ${one.id}: ${node.target} ${node.failureSummary}`));
}"""


def empty(page, folder):
    page.wait_for_selector("#anim_run:enabled")


def filled(page, folder):
    write_png(folder / "start.png", card((48, 32)))
    write_tone(folder / "tone.wav")
    page.set_input_files("#anim_start_picture input", str(folder / "start.png"))
    page.set_input_files("#anim_music input", str(folder / "tone.wav"))
    page.wait_for_selector("#anim_start_picture img")
    page.wait_for_selector("#anim_music audio")
    page.fill("#anim_steadiness", "0.9")
    page.wait_for_selector(".anim-caution")


def running(page, folder):
    load(page, settings_file(folder, max_frames=2000, W=512, H=512))
    page.click("#anim_run:enabled")
    page.wait_for_selector("#anim_frame")
    page.click("#anim_pause")
    page.wait_for_selector("#anim_go_on")


def done(page, folder):
    load(page, settings_file(folder, max_frames=3))
    page.click("#anim_run:enabled")
    page.wait_for_selector("#anim_video")
    page.wait_for_selector("#anim_films .anim-is-done")


def problems(page, folder):
    load(page, settings_file(folder, zoom="0:(q)", freeu_enabled=True, anim_version=""))
    page.wait_for_selector("#anim_problems li")


def all_settings(page, folder):
    page.click("#anim_view_all")
    page.wait_for_selector(".anim-resting", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


def units(page, folder):
    page.click("#anim_tile_walking_person")
    page.click("#anim_view_all")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.check("#anim_cn_2_enabled")
    page.wait_for_selector("#anim_unit_1 .anim-drop img")
    page.wait_for_selector("#anim_unit_2 .anim-bad")


def text(page, folder):
    page.click("#anim_view_text")
    page.wait_for_function("document.querySelector('#anim_text').value.length > 100")


def brush(page, folder):
    filled(page, folder)
    page.click("#anim_part")
    page.wait_for_selector("#anim_brush[open]")
    page.click("#anim_brush_fill")
    page.wait_for_selector("#anim_brush_done:enabled")


def masked(page, folder):
    brush(page, folder)
    page.click("#anim_brush_done")
    page.wait_for_selector("#anim_whole")


STATES = (empty, filled, running, done, problems, all_settings, units, text, brush, masked)


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing_serious_or_moderate(page, program, tmp_path, state, theme):
    page.goto(f"{program.url}/?__theme={theme}")
    state(page, tmp_path)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width in (1400, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FOUND) == []


def test_tab_reaches_a_radio_group_once_and_arrows_choose_in_it(page):
    focused = "document.activeElement.id"
    page.click("#anim_coherence_firm")
    page.focus("#anim_steadiness")
    for expected in ("anim_coherence_firm", "anim_quality_normal"):
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == expected
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert (page.evaluate(focused), page.get_attribute("#anim_quality_draft", "aria-checked")) == ("anim_quality_draft", "true")


@pytest.fixture
def visit(browser, program):
    """Opens the page in a browser with a language and a system's theme."""
    contexts = []

    def visit(**reader):
        contexts.append(browser.new_context(bypass_csp=True, **reader))
        page = contexts[-1].new_page()
        page.set_default_timeout(SLOW)
        page.goto(program.url)
        page.wait_for_selector("#anim_run:enabled")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("browsers", "lang", "generate"),
    [("ru-RU", "ru", "Создать"), ("zh-TW", "zh-CN", "生成"), ("fr-FR", "en", "Generate")],
)
def test_the_browsers_language_is_followed(visit, browsers, lang, generate):
    page = visit(locale=browsers)
    assert (page.get_attribute("html", "lang"), page.inner_text("#anim_run")) == (lang, generate)


def test_a_language_that_was_chosen_is_kept(visit):
    page = visit(locale="ru-RU")
    page.fill("#anim_scenes", "a heron")
    page.select_option("#anim_language", "zh_CN")
    page.wait_for_selector("#anim_run:has-text('生成')")
    page.reload()
    page.wait_for_selector("#anim_run:has-text('生成')")
    assert page.input_value("#anim_language") == "zh_CN"
    assert page.input_value("#anim_scenes") == "a heron"


def test_the_systems_theme_is_followed_and_one_that_was_chosen_is_kept(visit):
    page = visit(color_scheme="dark")
    dark = "document.documentElement.classList.contains('dark')"
    assert page.evaluate(dark)
    page.select_option("#anim_theme", "light")
    assert not page.evaluate(dark)
    page.reload()
    page.wait_for_selector("#anim_theme")
    assert (page.evaluate(dark), page.input_value("#anim_theme")) == (False, "light")
    page.select_option("#anim_theme", "")
    assert page.evaluate(dark)
