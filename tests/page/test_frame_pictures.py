"""Guided images on the page, in a real browser: pictures that are dropped stand at frames, and are moved and removed."""

import json

from tests.page.browser import IN_A_BROWSER
from tests.page.test_guides import picture

pytestmark = IN_A_BROWSER

NAMES = "[...document.querySelectorAll('.anim-place .anim-name')].map((name) => name.textContent)"


def value(page):
    return json.loads(page.evaluate("document.querySelector('#anim_init_images').dataset.upload") or "{}")


def test_pictures_stand_evenly_are_moved_and_removed(page, tmp_path):
    for level in (10, 2, 1):
        (tmp_path / f"frame{level}.png").write_bytes(picture(20 * level))
    page.click("#anim_view_all")
    page.fill("#anim_search", "looper")
    page.check("#anim_use_looper")
    page.fill("#anim_search", "init_images")
    page.wait_for_selector("#anim_problems li:has-text('init_images')")
    page.set_input_files("#anim_init_images input[type=file]", [str(tmp_path / f"frame{n}.png") for n in (10, 2)])
    page.wait_for_selector(".anim-place >> nth=1")
    frames = list(value(page))
    assert page.evaluate(NAMES) == ["frame2.png", "frame10.png"]
    assert frames[0] == "0"
    page.wait_for_selector("#anim_run:enabled")
    page.set_input_files("#anim_init_images input[type=file]", str(tmp_path / "frame1.png"))
    page.wait_for_selector(".anim-place >> nth=2")
    page.fill(".anim-place >> nth=1 >> input", "0")
    page.press(".anim-place >> nth=1 >> input", "Tab")
    page.wait_for_selector("#anim_told :text('there is a picture at frame 0 already')")
    assert list(value(page))[:2] == frames
    page.fill(".anim-place >> nth=1 >> input", "max_f/3")
    page.press(".anim-place >> nth=1 >> input", "Tab")
    page.wait_for_function("document.querySelector('#anim_init_images').dataset.upload.includes('max_f/3')")
    page.click(".anim-place >> nth=0 >> button")
    page.wait_for_function("document.querySelectorAll('.anim-place').length === 2")
    assert "max_f/3" in value(page)
    page.wait_for_selector("#anim_run:enabled")
