"""The brush, in a real browser: masks that are painted, made by keys and numbers, and brought along, become the film's mask."""

import re

import numpy as np
import pytest

from lib_anim.images.frame import read_picture, write_png
from lib_anim.images.test_card import test_card as card
from tests.media.test_source_video import H264, numbered, write_film
from tests.page.browser import IN_A_BROWSER, SLOW, load, says, settings_file

pytestmark = IN_A_BROWSER

SHEET, TOLD = "#anim_brush_sheet", "#anim_brush_told"
OVER = "[...document.querySelectorAll('#anim_brush_over button')].map((one) => one.textContent)"
# the mean of what is painted over
BEHIND = """() => {
    const { width, height } = document.querySelector('.anim-easel canvas');
    const data = document.querySelector('.anim-easel canvas').getContext('2d').getImageData(0, 0, width, height).data;
    return data.reduce((sum, value) => sum + value, 0) / data.length;
}"""


@pytest.fixture
def begun(page, tmp_path):
    """The page with a start picture, for a film of 128x64."""
    load(page, settings_file(tmp_path, W=128, H=64, max_frames=5))
    write_png(tmp_path / "start.png", card((128, 64)))
    page.click("#anim_view_essentials")
    page.set_input_files("#anim_start_picture input", str(tmp_path / "start.png"))
    page.wait_for_selector("#anim_part")
    return page


def opened(page, by="#anim_part"):
    page.click(by)
    page.wait_for_selector("#anim_brush[open]")
    page.wait_for_function(f"({BEHIND})() > 0")
    return page


def marked(page):
    """The percent of the picture that is said to be marked."""
    found = re.match(r"(\d+) %", page.inner_text(TOLD))
    return int(found[1]) if found else 0


def wait_for(page, percent):
    page.wait_for_function(f"document.querySelector('{TOLD}').textContent.startsWith('{percent}')")


def stroke(page, *points):
    """Draw through points, as shares of the sheet."""
    box = page.locator(SHEET).bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def slide(page, slider, value):
    page.locator(slider).evaluate("(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value)


def used(page, tmp_path):
    """The mask after it is taken: the picture that the film's settings name, 0..255."""
    page.click("#anim_brush_done:enabled")
    page.wait_for_selector("#anim_brush", state="detached")
    page.wait_for_selector("#anim_run:enabled")
    page.click("#anim_view_text")
    page.wait_for_function("document.querySelector('#anim_text').value.includes('mask_file')")
    text = page.input_value("#anim_text")
    assert re.search(r'"use_mask": true', text)
    path = re.search(r'"mask_file": "([^"]*)"', text)[1]
    assert str(tmp_path / "out" / ".pictures") in path
    return read_picture(path)[..., 0]


def test_a_mask_is_painted_over_the_start_picture_with_brush_and_eraser(begun, tmp_path):
    page = opened(begun)
    assert page.evaluate(OVER) == ["Start picture", "Nothing"]
    assert page.is_disabled("#anim_brush_done")
    slide(page, "#anim_brush_size", 32)
    slide(page, "#anim_brush_soft", 0)
    stroke(page, (0.25, 0.5), (0.75, 0.5))
    line = marked(page)
    page.click("#anim_brush_kind_eraser")
    stroke(page, (0.5, 0), (0.5, 1))
    assert 0 < marked(page) < line
    page.keyboard.press("Control+z")
    wait_for(page, line)
    page.click("#anim_brush_redo")
    mask = used(page, tmp_path)
    assert mask.shape == (64, 128)
    assert [int(mask[32, x]) for x in (4, 36, 64, 92, 124)] == [0, 255, 0, 255, 0]
    assert mask[[4, 60]].max() == 0


def test_a_soft_edge_is_grey(begun, tmp_path):
    page = opened(begun)
    slide(page, "#anim_brush_size", 48)
    slide(page, "#anim_brush_soft", 100)
    stroke(page, (0.5, 0.5))
    mask = used(page, tmp_path)
    assert mask[32, 64] > 250
    assert 96 < mask[32, 64 - 12] < 160
    assert mask[32, 64 - 26] == 0


def test_a_mask_is_inverted_cleared_and_gone_on_with(begun, tmp_path):
    page = opened(begun)
    page.fill("#anim_brush_left", "0")
    page.fill("#anim_brush_height", "100")
    page.fill("#anim_brush_top", "0")
    page.click("#anim_brush_fill")
    wait_for(page, 50)
    page.click("#anim_brush_clear")
    wait_for(page, "Nothing is marked yet.")
    assert page.is_disabled("#anim_brush_done")
    page.click("#anim_brush_undo")
    page.fill("#anim_brush_width", "25")
    page.click("#anim_brush_kind_eraser")
    page.click("#anim_brush_fill")
    wait_for(page, 25)
    page.click("#anim_brush_invert")
    wait_for(page, 75)
    mask = used(page, tmp_path)
    assert [mask[:, at].mean() for at in (2, 34, 66)] == [255, 0, 255]
    page.click("#anim_view_essentials")
    opened(page)
    wait_for(page, 75)
    page.click("#anim_brush_close")
    page.wait_for_selector("#anim_brush", state="detached")
    page.click("#anim_whole")
    page.wait_for_selector("#anim_whole", state="detached")


def test_keys_paint_and_do_nothing_else(begun):
    page = opened(begun)
    page.focus(SHEET)
    page.keyboard.press("Space")
    page.wait_for_selector(f"{TOLD}:has-text('The brush is down.')")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    page.wait_for_function(f"!document.querySelector('{TOLD}').textContent.includes('down')")
    line = marked(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    assert (line > 1, marked(page), page.query_selector("#anim_stop")) == (True, line, None)
    page.once("dialog", lambda asked: asked.dismiss())
    page.keyboard.press("Escape")
    assert page.query_selector("#anim_brush[open]")
    page.once("dialog", lambda asked: asked.accept())
    page.keyboard.press("Escape")
    page.wait_for_selector("#anim_brush", state="detached")
    assert page.evaluate("document.activeElement.id") == "anim_part"


def test_a_finger_paints(browser, program, tmp_path):
    context = browser.new_context(bypass_csp=True, has_touch=True, viewport={"width": 390, "height": 800})
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(program.url)
    page.click("#anim_view_all")
    page.fill("#anim_search", "mask_file")
    page.click("#anim_paint_mask")
    box = page.locator(SHEET).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#anim_brush_done:enabled")
    assert marked(page) >= 1
    context.close()


def test_a_picture_is_brought_along(begun, tmp_path):
    page = opened(begun)
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[:10] = 255
    write_png(tmp_path / "mask.png", picture)
    (tmp_path / "text.png").write_text("no picture")
    page.set_input_files("#anim_brush_file", str(tmp_path / "text.png"))
    page.wait_for_selector(f"{TOLD}:has-text('text.png is no picture that this browser can read.')")
    page.set_input_files("#anim_brush_file", str(tmp_path / "mask.png"))
    wait_for(page, 50)
    mask = used(page, tmp_path)
    assert (mask[:28].min(), mask[36:].max()) == (255, 0)


def test_frames_of_a_preview_are_painted_over_and_the_preview_shows_the_mask(begun):
    page = begun
    page.click("#anim_look")
    says(page, "done|finished|Preview")
    opened(page, "#anim_mask")
    assert page.get_attribute("#anim_brush_over_film", "aria-checked") == "true"
    first = page.evaluate(BEHIND)
    slide(page, "#anim_brush_frame", 4)
    page.wait_for_function(f"({BEHIND})() !== {first}")
    page.click("#anim_brush_over_none")
    page.wait_for_function(f"({BEHIND})() === 0")


def test_frames_of_the_source_video_are_painted_over(begun, tmp_path):
    page = begun
    film = write_film(tmp_path / "film.mp4", numbered(5, (128, 64)), options=H264)
    page.click("#anim_view_all")
    page.fill("#anim_search", "animation_mode")
    page.select_option("#anim_animation_mode", "Video Input")
    page.fill("#anim_search", "video_init_path")
    page.set_input_files("#anim_video_init_path input", str(film))
    page.wait_for_selector("#anim_video_init_path video")
    page.fill("#anim_search", "mask_file")
    opened(page, "#anim_paint_mask")
    page.click("#anim_brush_over_video")
    seen = []
    for frame in (0, 2, 4):
        slide(page, "#anim_brush_frame", frame)
        page.wait_for_timeout(700)
        seen.append(page.evaluate(BEHIND))
    assert seen == sorted(set(seen))
