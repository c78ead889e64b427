"""ControlNet units in a real browser: folded until they are used, given pictures, films and poses; and the walking person."""

import json

import numpy as np
import pytest

from lib_anim.images.frame import write_png
from tests.media.test_source_video import H264, colourful, write_film
from tests.page.browser import IN_A_BROWSER, SLOW, Program
from tests.page.test_guides import TRACK, picture

pytestmark = IN_A_BROWSER

SEEN = "[...document.querySelectorAll('.anim-unit .anim-row')].filter((row) => row.offsetParent).map((row) => row.dataset.key)"


def open_units(page):
    page.click("#anim_view_all")
    page.wait_for_selector("#anim_unit_1", state="attached")
    page.click("summary:has-text('ControlNet')")


def seen(page):
    return page.evaluate(SEEN)


def wait_until_seen(page, key):
    page.wait_for_selector(f".anim-row[data-key={key}]", state="visible")


def wait_until_gone(page, key):
    page.wait_for_selector(f".anim-row[data-key={key}]", state="hidden")


def give(page, key, *files):
    page.set_input_files(f"#anim_{key} input", [str(file) for file in files])
    page.wait_for_selector(f"#anim_{key}.anim-filled")


def test_a_unit_is_one_line_until_it_is_used_and_the_next_one_is_offered_then(page):
    open_units(page)
    assert seen(page) == ["cn_1_enabled"]
    assert page.locator("#anim_unit_1").bounding_box()["height"] < 60
    page.check("#anim_cn_1_enabled")
    wait_until_seen(page, "cn_1_vid_path")
    wait_until_gone(page, "cn_1_threshold_a")  # no pre-processor
    assert "cn_2_enabled" in seen(page)
    assert "cn_3_enabled" not in seen(page)
    assert {"cn_1_vid_path", "cn_1_model", "cn_1_weight"} <= set(seen(page))
    page.select_option("#anim_cn_1_module", "canny")
    wait_until_seen(page, "cn_1_threshold_a")
    page.select_option("#anim_cn_1_source", "Moved picture")
    wait_until_gone(page, "cn_1_vid_path")
    page.uncheck("#anim_cn_1_enabled")
    page.wait_for_function(f"{SEEN}.length === 1")


def test_a_search_shows_what_is_folded_and_a_problem_leads_to_its_field(page):
    page.click("#anim_view_all")
    page.fill("#anim_search", "cn_3_weight")
    assert seen(page) == ["cn_3_weight"]
    page.fill("#anim_search", "")
    page.click("summary:has-text('ControlNet')")
    page.check("#anim_cn_1_enabled")
    page.fill("#anim_search", "fps")
    page.click("#anim_problems li button:has-text('cn_1_vid_path'), #anim_problems li a:has-text('cn_1_vid_path')")
    wait_until_seen(page, "cn_1_vid_path")
    assert "there is no picture" in page.inner_text(".anim-row[data-key=cn_1_vid_path] .anim-wrong")
    assert page.is_enabled("#anim_look")  # the movement is right
    assert page.is_disabled("#anim_run")


def test_a_picture_several_a_film_and_poses_are_given_and_taken_away(page, tmp_path):
    for level in (1, 2, 10):
        (tmp_path / f"frame{level}.png").write_bytes(picture(20 * level))
    (tmp_path / "track.json").write_bytes(TRACK)
    write_film(tmp_path / "clip.mp4", colourful(3), options=H264)
    open_units(page)
    page.check("#anim_cn_1_enabled")
    page.fill("#anim_cn_1_model", "edges")
    page.wait_for_selector("#anim_problems li")
    for files, shown, name in (
        (["frame1.png"], "img[src*='/pictures/']", "frame1.png"),
        (["clip.mp4"], "video", "clip.mp4"),
        (["track.json"], "img[src*='poses']", "track.json"),
        (["frame10.png", "frame2.png", "frame1.png"], "img[src*='/folders/']", "3 pictures"),
    ):
        give(page, "cn_1_vid_path", *(tmp_path / file for file in files))
        page.wait_for_selector(f"#anim_cn_1_vid_path {shown}")
        assert page.inner_text("#anim_cn_1_vid_path .anim-name") == name
        page.wait_for_selector("#anim_run:enabled")
    (folder,) = (tmp_path / "out/.folders").iterdir()
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [picture(20), picture(40), picture(200)]
    give(page, "cn_1_mask_vid_path", tmp_path / "frame1.png")
    page.wait_for_selector("#anim_run:enabled")
    page.click("#anim_cn_1_vid_path .anim-link:has-text('Remove')")
    page.wait_for_selector("#anim_run:disabled")


def test_what_is_no_pose_track_is_refused_by_its_name(page, tmp_path):
    (tmp_path / "walk.json").write_text("{}")
    open_units(page)
    page.check("#anim_cn_1_enabled")
    page.set_input_files("#anim_cn_1_vid_path input", str(tmp_path / "walk.json"))
    page.wait_for_selector("#anim_told .anim-fault")
    assert page.inner_text("#anim_told .anim-fault").startswith("walk.json: no pose")


def test_the_weight_of_a_unit_is_a_curve_like_others(page, tmp_path):
    write_png(tmp_path / "one.png", np.full((48, 64, 3), 200, np.uint8))
    open_units(page)
    page.check("#anim_cn_1_enabled")
    page.fill("#anim_cn_1_model", "edges")
    give(page, "cn_1_vid_path", tmp_path / "one.png")
    page.fill("#anim_cn_1_weight", "0:(0), 30:(1)")
    page.wait_for_selector("#anim_curves .anim-plot[data-key=cn_1_weight] .anim-curve")


def test_a_walking_person_brings_words_that_suit_and_takes_them_along(page):
    before = page.input_value("#anim_scenes")
    page.click("#anim_tile_walking_person")
    page.wait_for_function("document.querySelector('#anim_scenes').value.includes('person walking')")
    assert page.get_attribute("#anim_shape_wide", "aria-checked") == "true"
    page.click("#anim_tile_orbit")
    page.wait_for_function("one => document.querySelector('#anim_scenes').value === one", arg=before)
    page.fill("#anim_scenes", "a red person on the moon")
    page.click("#anim_tile_walking_person")
    page.wait_for_selector("#anim_tile_walking_person[aria-checked=true]")
    assert page.input_value("#anim_scenes") == "a red person on the moon"
    page.click("#anim_look:enabled")
    page.wait_for_selector("#anim_video")
    with page.expect_download() as saved:
        page.click("#anim_save")
    written = json.loads(saved.value.path().read_text())
    assert (written["cn_1_enabled"], written["cn_1_model"]) == (True, "openpose")


def test_what_was_set_by_hand_in_its_unit_is_told_when_a_walk_replaces_it(page):
    open_units(page)
    page.check("#anim_cn_1_enabled")
    page.fill("#anim_cn_1_model", "edges")
    page.click("#anim_view_essentials")
    page.click("#anim_tile_walking_person")
    page.wait_for_selector("#anim_told p")
    assert "cn_1_enabled, cn_1_model" in page.inner_text("#anim_told p")
    page.wait_for_selector("#anim_run:enabled")


def test_models_are_picked_from_those_of_the_painter_and_one_that_it_lacks_is_told_with_near_names(browser, tmp_path):
    program = Program(tmp_path / "out", "--engine", "diffusers")
    try:
        context = browser.new_context(bypass_csp=True, viewport={"width": 1400, "height": 900})
        context.set_default_timeout(SLOW)
        page = context.new_page()
        page.goto(program.url)
        page.wait_for_selector("#anim_run:enabled")
        page.click("#anim_tile_walking_person")
        page.wait_for_selector("#anim_run:enabled")
        open_units(page)
        wait_until_seen(page, "cn_1_model")
        assert page.locator("#anim_cn_1_model option").all_inner_texts() == ["None", "edges", "layout", "pose"]
        assert page.input_value("#anim_cn_1_model") == "pose"
        page.select_option("#anim_cn_1_model", "None")
        page.wait_for_selector("#anim_problems li")
        assert "there is edges, layout, pose" in page.inner_text(".anim-row[data-key=cn_1_model] .anim-wrong")
        context.close()
    finally:
        program.end()


@pytest.mark.parametrize("width", [1400, 800, 390])
def test_units_are_not_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.click("#anim_tile_walking_person")
    open_units(page)
    page.wait_for_selector("#anim_unit_1 .anim-drop img")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
