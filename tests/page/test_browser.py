"""The page as people use it: a real browser against a real `anim ui`."""

import base64
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from tests.helpers import clicks, write_sound, write_tone
from tests.media.test_source_video import colourful, write_film
from tests.page.browser import IN_A_BROWSER, SLOW, Program, load, says, settings_file

pytestmark = IN_A_BROWSER


def test_a_first_clip_without_touching_anything(page, tmp_path):
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    assert "60 frames" in page.inner_text("#anim_state")
    page.wait_for_selector("#anim_films .anim-is-done")
    assert "finished" in page.inner_text("#anim_films")
    folder = tmp_path / "out" / "a_lighthouse_on_a_cliff"
    assert json.loads((folder / "summary.json").read_text())["status"] == "done"
    assert len(list((folder / "frames").glob("*.png"))) == 60


def test_an_example_plays_until_there_are_films(page, tmp_path):
    page.wait_for_function("document.querySelector('#anim_example')?.currentTime > 0")
    assert "Your film appears here" in page.inner_text("#anim_screen")
    load(page, settings_file(tmp_path, max_frames=3))
    page.click("#anim_run")
    page.wait_for_selector("#anim_films .anim-is-done")
    page.wait_for_selector("#anim_video")
    page.reload()
    page.wait_for_selector("#anim_films .anim-film")
    page.wait_for_selector(".anim-empty")
    assert page.locator("#anim_example").count() == 0


def test_a_model_of_a_folder_is_chosen_and_what_cannot_be_loaded_is_told_there(browser, tmp_path):
    pytest.importorskip("diffusers")
    models = tmp_path / "models"
    shutil.copytree(BUNDLED, models / "sea")
    (models / "torn.safetensors").write_bytes(b"torn")
    program = Program(tmp_path / "out", "--models", str(models))
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(program.url)
    page.wait_for_selector("#anim_run:enabled")
    assert page.input_value("#anim_scenes").startswith("0s a calm sea at dawn")
    assert "Choose a model of yours" in page.inner_text("#anim_facts")
    page.select_option("#anim_model", "torn.safetensors")
    page.wait_for_selector("#anim_model_fault:not(:empty)")
    assert "torn.safetensors: cannot be loaded" in page.inner_text("#anim_model_fault")
    assert page.input_value("#anim_model") == ""
    page.select_option("#anim_model", "sea")
    page.wait_for_selector("#anim_model_fault:empty", state="attached")
    page.reload()
    page.wait_for_selector("#anim_run:enabled")
    assert page.input_value("#anim_model") == "sea"
    page.wait_for_function("document.querySelector('#anim_facts').textContent.includes(' · sea')")
    context.close()
    program.end()


def test_the_page_works_under_its_content_security_policy(browser, program, tmp_path):
    context = browser.new_context()  # elsewhere it is bypassed: playwright's wait_for_function evaluates texts
    context.set_default_timeout(SLOW)
    page = context.new_page()
    said = []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(program.url)
    page.wait_for_selector("#anim_run:enabled")
    load(page, settings_file(tmp_path, max_frames=4))
    page.click("#anim_run:enabled")
    page.wait_for_selector(".anim-film.anim-is-done")
    page.wait_for_selector("#anim_video")
    context.close()
    assert [text for text in said if "Content Security Policy" in text or "Error" in text] == []


def test_the_film_plays_and_can_be_sought_in(page, tmp_path):
    load(page, settings_file(tmp_path))
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    page.wait_for_function("document.querySelector('#anim_video').readyState >= 2")
    facts = page.evaluate(
        """async () => {
            const video = document.querySelector("#anim_video");
            video.pause();
            await new Promise((done) => { video.onseeked = done; video.currentTime = 0.5; });
            return [video.duration, video.videoWidth, Math.round(video.currentTime * 10) / 10, video.error];
        }"""
    )
    assert facts == [pytest.approx(1.0, abs=0.05), 64, 0.5, None]


def test_a_loaded_file_shows_its_values_and_a_typo_its_place(page, tmp_path):
    load(page, settings_file(tmp_path, zoom="0:(1), 6:(1.5*q)"))
    assert page.input_value("#anim_zoom") == "0:(1), 6:(1.5*q)"
    assert page.input_value("#anim_max_frames") == "12"
    page.wait_for_selector("#anim_run:disabled")
    assert "zoom, keyframe 6, column 15" in page.inner_text("#anim_problems")
    assert "keyframe 6, column 15" in page.inner_text(".anim-row[data-key=zoom] .anim-wrong")
    assert page.inner_text(".anim-row[data-key=zoom] .anim-excerpt") == "0:(1), 6:(1.5*q)"
    assert page.inner_text(".anim-row[data-key=zoom] .anim-excerpt mark") == "q"
    page.fill("#anim_zoom", "0:(1), 6:(1.5)")
    page.wait_for_selector("#anim_run:enabled")
    assert page.inner_text("#anim_problems") == ""
    path = page.get_attribute(".anim-plot[data-key=zoom] .anim-curve", "d")
    page.fill("#anim_zoom", "0:(1.5), 6:(1)")
    page.wait_for_function(
        "d => document.querySelector('.anim-plot[data-key=zoom] .anim-curve').getAttribute('d') !== d", arg=path
    )


def test_nothing_is_offered_to_pick_where_the_painter_has_nothing(page):
    page.wait_for_load_state("networkidle")
    for view in ("essentials", "all"):
        page.click(f"#anim_view_{view}")
        assert page.locator(".anim-pickers").count() == 1
        assert page.locator(".anim-pickers *").count() == 0


def test_a_fault_in_a_scene_is_told_by_its_line(page):
    page.click("#anim_scenes")
    page.fill("#anim_scenes", "a cat\n24: a dog")
    page.wait_for_selector("#anim_run:disabled")
    assert "line 2: 24: is no time" in page.inner_text(".anim-row[data-key=scenes] .anim-wrong")


def test_scenes_after_the_end_are_told_at_the_length_and_can_be_fitted_in(page):
    page.fill("#anim_length", "2")
    page.wait_for_selector("#anim_stretch")
    assert "1 of 2 scenes begin after the end" in page.inner_text(".anim-row[data-key=length]")
    assert page.is_enabled("#anim_run")
    page.click("#anim_stretch")
    page.wait_for_selector("#anim_stretch", state="detached")
    assert page.input_value("#anim_scenes").endswith("\n1s the same cliff at sunrise")


@pytest.mark.parametrize("content", ["not json", '{"W": "wide"}', "[]", ""])
def test_a_file_that_is_none_is_refused_with_its_name(page, tmp_path, content):
    file = tmp_path / "broken.json"
    file.write_text(content)
    page.set_input_files("#anim_file", str(file))
    page.wait_for_selector("#anim_told .anim-fault")
    assert page.inner_text("#anim_told").startswith("broken.json: ")
    assert page.input_value("#anim_scenes").startswith("0s a lighthouse")


def test_progress_is_seen_a_reload_finds_the_run_and_it_can_be_stopped_and_gone_on_with(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=400, W=512, H=512, diffusion_cadence=1))
    page.click("#anim_run")
    says(page, r"frame [1-9]\d* of 400")
    page.wait_for_selector("#anim_frame")
    says(page, r"frame \d+ of 400 · [\d:]+ left · done \d\d:\d\d")
    page.reload()
    says(page, r"frame \d+ of 400")
    page.click("#anim_pause")
    page.click("#anim_go_on")
    page.click("#anim_stop")
    page.wait_for_selector("#anim_resume")
    said = page.inner_text("#anim_state")
    kept = int(re.search(r"Stopped: (\d+) of 400", said)[1])
    assert 0 < kept < 400
    page.wait_for_selector("#anim_video")
    page.click("#anim_resume")
    page.wait_for_function(
        "kept => Number((/frame (\\d+) of/.exec(document.querySelector('#anim_state')?.textContent) || [])[1]) > kept", arg=kept
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("#anim_resume")


def test_a_film_under_way_goes_on_with_what_was_changed(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=300, W=512, H=512, diffusion_cadence=1, noise_schedule="0:(0.05)"))
    page.click("#anim_run")
    page.wait_for_selector("#anim_pause")
    page.click("#anim_pause")
    says(page, "paused")
    page.fill("#anim_search", "strength_schedule")
    page.fill("#anim_strength_schedule", "0:(0.31)")
    page.click("#anim_apply")
    page.wait_for_selector("#anim_go_on")
    page.fill("#anim_search", "max_frames")
    page.fill("#anim_max_frames", "40")
    page.click("#anim_apply")
    page.wait_for_function("document.querySelector('#anim_refused').textContent.includes('cannot change any more')")
    page.fill("#anim_max_frames", "300")
    page.wait_for_function("document.querySelector('#anim_refused').textContent === ''")
    page.click("#anim_stop")
    page.wait_for_selector("#anim_resume")
    page.click("#anim_take")
    page.fill("#anim_search", "strength_schedule")
    assert page.input_value("#anim_strength_schedule") == "0:(0.31)"


def test_a_restart_finds_the_films_of_before(page, program, tmp_path):
    load(page, settings_file(tmp_path))
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    assert program.end() == 143
    program.start()
    page.goto(program.url)
    page.wait_for_selector("#anim_films .anim-film")
    page.click("#anim_films .anim-film")
    page.wait_for_selector("#anim_video")
    page.click("#anim_take")
    page.wait_for_function("document.querySelector('#anim_max_frames')?.value === '12'")


def test_two_films_at_once_wait_for_each_other(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=400, W=512, H=512, diffusion_cadence=1))
    page.click("#anim_run")
    page.wait_for_selector("#anim_frame")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if len(asked) > 1 else dialog.dismiss()))
    page.click("#anim_run")
    page.keyboard.press("Control+Enter")
    says(page, "Queued, 1 before it")
    assert asked == ["A film is being painted. Shall this one wait for its turn?"] * 2
    page.click("#anim_stop")
    page.wait_for_selector("#anim_resume")
    page.click("#anim_films .anim-is-running")
    page.click("#anim_stop")
    says(page, "Stopped")


def test_what_a_file_or_a_movement_replaced_comes_back(page, tmp_path):
    page.fill("#anim_scenes", "a heron")
    load(page, settings_file(tmp_path, zoom="0:(1.5)"))
    page.click("#anim_undo")
    page.click("#anim_view_essentials")
    assert page.input_value("#anim_scenes") == "a heron"
    page.click("#anim_view_all")
    page.fill("#anim_zoom", "0:(1.7)")
    page.click("#anim_view_essentials")
    page.click("#anim_tile_spiral")
    assert "replaced by the movement: zoom" in page.inner_text("#anim_told")
    page.keyboard.press("Control+z")
    assert page.get_attribute("#anim_tile_infinite_zoom", "aria-checked") == "true"
    assert "Set by hand under All settings: zoom" in page.inner_text(".anim-row[data-key=movement]")
    assert page.inner_text("#anim_told") == ""
    page.click("#anim_facts")
    page.keyboard.press("Control+Shift+z")
    assert page.get_attribute("#anim_tile_spiral", "aria-checked") == "true"


def test_a_film_is_made_again_from_another_seed(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=3))
    page.click("#anim_run")
    says(page, "seed 5$")
    page.click("#anim_again")
    says(page, r"small.*seed (?!5$)\d+$")


def test_escape_in_a_field_stops_nothing_and_a_long_film_is_stopped_after_a_question(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=400, W=512, H=512, diffusion_cadence=1))
    page.click("#anim_run")
    page.wait_for_selector("#anim_frame")
    page.click("#anim_search")
    page.keyboard.press("Escape")
    page.evaluate("Date.now = ((now) => () => now() + 601_000)(Date.now)")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if len(asked) > 1 else dialog.dismiss()))
    page.click("#anim_stop")
    assert "takes more than ten minutes" in asked[0]
    says(page, r"frame \d+ of 400")
    page.click("#anim_facts")  # out of the field
    page.keyboard.press("Escape")
    page.wait_for_selector("#anim_resume")
    assert len(asked) == 2


def test_first_picture_and_preview(page, tmp_path):
    load(page, settings_file(tmp_path, seed=-1))
    page.click("#anim_first")
    page.wait_for_selector("#anim_keep")
    seed = re.search(r"seed (\d+)", page.inner_text("#anim_state"))[1]
    page.click("#anim_keep")
    page.click("#anim_view_essentials")
    assert page.input_value("#anim_seed") == seed
    assert page.get_attribute(".anim-try", "aria-current") == "true"
    page.click("#anim_look")
    page.wait_for_selector("#anim_video")
    assert page.is_hidden("#anim_tries")
    assert "Preview" in page.inner_text("#anim_state")
    assert list(tmp_path.glob("out/*")) == []


def test_what_was_written_survives_a_reload(page):
    page.fill("#anim_scenes", "a heron in the reeds")
    page.click("#anim_tile_orbit")
    page.reload()
    page.wait_for_selector("#anim_run:enabled")
    assert page.input_value("#anim_scenes") == "a heron in the reeds"
    assert page.get_attribute("#anim_tile_orbit", "aria-checked") == "true"
    assert page.input_value("#anim_steadiness") == "0.68"


def test_all_settings_are_searched_by_label_and_key(page):
    page.click("#anim_view_all")
    page.fill("#anim_search", "rotation_3d")
    assert [row.get_attribute("data-key") for row in page.query_selector_all(".anim-row") if row.is_visible()] == [
        "rotation_3d_x",
        "rotation_3d_y",
        "rotation_3d_z",
    ]
    page.fill("#anim_search", "Sharpen radius")
    assert page.is_visible("#anim_sigma_schedule")
    page.fill("#anim_search", "zzqq")
    assert page.is_visible(".anim-none")


def test_what_rests_is_grey_until_it_does_something(page):
    page.click("#anim_view_all")
    page.wait_for_selector(".anim-row[data-key=mirror_schedule].anim-resting", state="attached")
    assert not page.query_selector(".anim-row[data-key=mirror].anim-resting")
    page.fill("#anim_search", "mirror")
    page.select_option("#anim_mirror", "Quad")
    page.wait_for_selector(".anim-row[data-key=mirror_schedule]:not(.anim-resting)")


def test_what_is_set_by_hand_counts_until_an_essential_is_answered_anew(page):
    page.click("#anim_view_all")
    page.fill("#anim_zoom", "0:(1.5)")
    page.click("#anim_view_essentials")
    assert "Set by hand under All settings: zoom" in page.inner_text(".anim-row[data-key=movement]")
    page.click("#anim_tile_spiral")
    assert "Set by hand" not in page.inner_text(".anim-row[data-key=movement]")


def test_what_the_page_says_is_so(page, tmp_path):
    load(page, settings_file(tmp_path, anim_version="", fps=24, zoom="0:(1.02)"))
    page.wait_for_selector("#anim_run:enabled")
    assert "as Deforum does it" in page.inner_text("#anim_offer p")
    page.click("#anim_classic_look_false")
    page.wait_for_function("document.querySelector('#anim_offer p').textContent.includes('with the repaired look')")
    assert page.inner_text("#anim_curves p") == "Every schedule holds one value through this film."
    assert not page.query_selector(".anim-row[data-key=angle].anim-changed")
    page.click("#anim_view_essentials")
    assert "24 pictures a second" in page.inner_text(".anim-row[data-key=length]")
    load(page, settings_file(tmp_path, zoom="0:(q)"))
    page.wait_for_selector("#anim_run:disabled")
    assert (page.inner_text("#anim_facts"), page.inner_text("#anim_notes"), page.inner_text("#anim_curves")) == ("", "", "")


def test_settings_are_saved_and_loaded_again(page, tmp_path):
    page.fill("#anim_scenes", "a heron")
    with page.expect_download() as download:
        page.click("#anim_save")
    download.value.save_as(tmp_path / "saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
    assert (saved["prompts"], saved["zoom"], saved["batch_name"]) == ({"0": "a heron"}, "0:(1.025)", "a_heron")
    load(page, str(tmp_path / "saved.json"))
    assert page.input_value("#anim_zoom") == "0:(1.025)"


def test_a_dropped_start_picture_switches_itself_on(page, tmp_path):
    write_png(tmp_path / "start.png", card((48, 32)))
    page.set_input_files("#anim_start_picture input", str(tmp_path / "start.png"))
    page.wait_for_selector("#anim_start_picture img")
    page.click("#anim_view_all")
    page.fill("#anim_search", "use_init")
    page.wait_for_function("document.querySelector('#anim_use_init').checked")
    assert page.is_checked("#anim_use_init")


def test_an_earlier_first_picture_is_used_with_the_words_that_it_was_painted_by(page, tmp_path):
    page.fill("#anim_length", "0.5")
    for words in ("a heron", "an owl"):
        page.fill("#anim_scenes", words)
        page.wait_for_selector("#anim_first:enabled")
        page.click("#anim_first")
        page.wait_for_selector(f".anim-try:nth-child({1 if words == 'a heron' else 2})")
    page.reload()
    page.wait_for_selector(".anim-try:nth-child(2)")
    page.click(".anim-try:nth-child(2)")
    page.click("#anim_keep")
    assert page.input_value("#anim_scenes") == "a heron"
    assert f"seed {page.input_value('#anim_seed')}" in page.inner_text("#anim_state")
    page.click("#anim_undo")
    assert (page.input_value("#anim_scenes"), page.input_value("#anim_seed")) == ("an owl", "-1")


def test_a_start_picture_is_cropped_or_the_film_takes_its_shape(page, tmp_path):
    assert page.locator("#anim_start_fit").count() == 0
    write_png(tmp_path / "start.png", card((480, 320)))
    page.set_input_files("#anim_start_picture input", str(tmp_path / "start.png"))
    page.wait_for_selector("#anim_start_fit")
    page.wait_for_function("document.querySelector('#anim_notes').textContent.includes('is cropped to the shape of 448x768')")
    page.click("#anim_start_fit_shape")
    page.wait_for_function("document.querySelector('#anim_facts').textContent.includes('624×416')")
    assert "takes the shape of its start picture" in page.inner_text(".anim-row[data-key=shape]")
    page.click("#anim_shape_square")
    page.wait_for_function("document.querySelector('#anim_facts').textContent.includes('512×512')")
    assert page.get_attribute("#anim_start_fit_crop", "aria-checked") == "true"


DROP = """async ([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type: "image/png" }));
    const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(".anim-body").dispatchEvent(event);
}"""


def drop(page, picture: Path) -> None:
    page.evaluate(DROP, [picture.name, base64.b64encode(picture.read_bytes()).decode()])


def test_a_film_and_a_dropped_frame_of_it_are_loaded_as_settings(page, tmp_path):
    import numpy as np

    load(page, settings_file(tmp_path, zoom="0:(1.07)"))
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    page.on("dialog", lambda dialog: dialog.accept())
    folder = tmp_path / "out" / "small"
    for give in (lambda: load(page, str(folder / "small.mp4")), lambda: drop(page, folder / "frames" / "000000003.png")):
        page.click("#anim_reset")
        page.wait_for_function("document.querySelector('#anim_zoom').value !== '0:(1.07)'")
        give()
        page.wait_for_function("document.querySelector('#anim_zoom').value === '0:(1.07)'")
        assert page.inner_text("#anim_told").startswith(("small.mp4 is loaded.", "000000003.png is loaded."))
        assert page.input_value("#anim_max_frames") == "12"
    page.wait_for_selector("#anim_run:enabled")
    write_png(tmp_path / "cat.png", np.full((32, 48, 3), 90, np.uint8))  # any other picture is one to begin with
    drop(page, tmp_path / "cat.png")
    page.click("#anim_view_essentials")
    page.wait_for_selector("#anim_start_picture img")
    load(page, str(tmp_path / "cat.png"))
    page.wait_for_selector("#anim_told .anim-fault")
    assert page.inner_text("#anim_told").startswith("cat.png: carries no settings of anim; take a frame or the video")


def test_music_and_a_gif_go_with_the_film_and_can_be_had(page, tmp_path):
    write_tone(tmp_path / "my tune.wav", seconds=3)
    page.set_input_files("#anim_music input", str(tmp_path / "my tune.wav"))
    page.wait_for_selector("#anim_music audio")
    assert "my tune.wav" in page.inner_text("#anim_music")
    page.wait_for_function("document.querySelector('#anim_music audio').duration > 2.9")
    page.reload()
    page.wait_for_selector("#anim_music audio")
    assert "my tune.wav" in page.inner_text("#anim_music")
    page.fill("#anim_length", "1")
    page.fill("#anim_scenes", "a heron")
    page.click("#anim_shape_square")
    page.click("#anim_save_as_gif")
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    for button, begins in (("#anim_download", b"ftyp"), ("#anim_download_gif", b"GIF")):
        with page.expect_download() as download:
            page.click(button)
        assert begins in Path(download.value.path()).read_bytes()[:12]
        assert download.value.suggested_filename.startswith("a_heron.")
    page.click("#anim_take")
    page.wait_for_selector("#anim_soundtrack_path audio", state="attached")
    assert page.input_value("#anim_add_soundtrack") == "File"


def test_a_film_is_as_long_as_its_song_moves_with_its_beat_and_is_heard(page, tmp_path):
    write_sound(tmp_path / "song.wav", clicks(np.arange(0.25, 4.0, 0.5), 4.2))
    page.set_input_files("#anim_music input", str(tmp_path / "song.wav"))
    page.click("#anim_as_long")
    assert page.input_value("#anim_length") == "4.2"
    page.wait_for_function("document.querySelector('.anim-row[data-key=tempo]').textContent.includes('heard: 120')")
    page.click("#anim_tempo_half")
    assert page.input_value("#anim_tempo") == "60"
    page.click("#anim_tempo_double")
    page.click("#anim_beat_hard")
    page.wait_for_selector(".anim-plot[data-key=zoom] .anim-loud")
    page.click("#anim_run:enabled")
    page.wait_for_selector("#anim_films .anim-is-done")
    page.wait_for_function("document.querySelector('#anim_video')?.currentTime > 0")
    assert (
        page.evaluate("[document.querySelector('#anim_video').muted, document.querySelector('#anim_video').paused]")
        == [False] * 2
    )
    settings = json.loads(next((tmp_path / "out").glob("*/settings.json")).read_text())
    assert (settings["bpm"], settings["max_frames"]) == (120, 50)
    assert settings["zoom"] == "0:((1.025)**(1+1*cos(6.2832*beat_phase)))"


def test_what_is_no_sound_is_refused_by_its_name(page, tmp_path):
    (tmp_path / "film.mp3").write_bytes(b"#EXTM3U")
    page.set_input_files("#anim_music input", str(tmp_path / "film.mp3"))
    page.wait_for_selector("#anim_told .anim-fault")
    assert page.inner_text("#anim_told").startswith("film.mp3: not a sound that can be read")


def test_a_sound_under_all_settings_switches_itself_on_and_off(page, tmp_path):
    write_tone(tmp_path / "tone.wav")
    page.click("#anim_view_all")
    page.fill("#anim_search", "sound")
    page.set_input_files("#anim_soundtrack_path input", str(tmp_path / "tone.wav"))
    page.wait_for_selector("#anim_soundtrack_path audio")
    assert page.input_value("#anim_add_soundtrack") == "File"
    page.click("#anim_soundtrack_path button")
    page.wait_for_selector("#anim_soundtrack_path audio", state="detached")
    assert page.input_value("#anim_add_soundtrack") == "None"


def test_who_types_while_an_upload_ends_types_on(page, tmp_path):
    write_png(tmp_path / "start.png", card((64, 48)))
    page.evaluate("""() => {
        const real = window.fetch;
        const held = (...asked) => new Promise((go) => (window.letGo = () => go(real(...asked))));
        window.fetch = (...asked) => (String(asked[0]).includes("pictures") ? held : real)(...asked);
    }""")
    page.set_input_files("#anim_start_picture input", str(tmp_path / "start.png"))
    page.wait_for_function("Boolean(window.letGo)")
    page.focus("#anim_scenes")
    page.evaluate("document.querySelector('#anim_scenes').setSelectionRange(3, 3), letGo()")
    page.wait_for_selector("#anim_start_picture img")  # the form was drawn anew
    page.keyboard.type("calm ")
    assert page.input_value("#anim_scenes").startswith("0s calm a lighthouse")


def test_a_video_is_given_seen_and_taken_away(page, tmp_path):
    write_film(tmp_path / "my clip.webm", colourful(6), options=("-c:v", "libvpx"))
    page.click("#anim_view_all")
    page.fill("#anim_search", "video")
    page.select_option("#anim_color_coherence", "Video Input")
    page.wait_for_selector(".anim-row[data-key=video_init_path] .anim-wrong:has-text('needs a video')")
    page.set_input_files("#anim_video_init_path input", str(tmp_path / "my clip.webm"))
    page.wait_for_function("document.querySelector('#anim_video_init_path video')?.duration > 0.5")
    assert "my clip.webm" in page.inner_text("#anim_video_init_path")
    page.wait_for_selector(".anim-row[data-key=video_init_path] .anim-wrong:has-text('needs a video')", state="detached")
    page.click("#anim_video_init_path button")
    page.wait_for_selector("#anim_video_init_path video", state="detached")


def test_the_sound_stands_behind_a_curve_that_follows_it(page, tmp_path):
    write_sound(tmp_path / "knocks.wav", clicks([0.3, 0.8, 1.3, 1.8, 2.3], 3))
    page.click("#anim_view_all")
    page.fill("#anim_search", "zoom")
    page.fill("#anim_zoom", "0:(1 + 0.04*beat)")
    page.wait_for_selector(".anim-row[data-key=zoom] .anim-wrong:has-text('beat needs a sound')")
    page.click("#anim_view_essentials")
    page.set_input_files("#anim_music input", str(tmp_path / "knocks.wav"))
    page.wait_for_selector(".anim-plot[data-key=zoom] .anim-loud")
    assert page.query_selector(".anim-plot:not([data-key=zoom]) .anim-loud") is None
    assert page.inner_text("#anim_problems") == ""


def test_where_a_film_will_disappoint_is_said(page):
    page.wait_for_function("document.querySelector('#anim_facts').textContent.includes('60 frames')")
    assert page.query_selector(".anim-caution") is None
    page.fill("#anim_steadiness", "0.9")
    page.wait_for_selector(".anim-caution")
    assert re.search(r"Only 2 of 20 steps .* at frame \d+ \(strength 0\.9\)", page.inner_text("#anim_notes"))
    page.click("#anim_view_all")
    page.fill("#anim_search", "sampler")
    page.select_option("#anim_sampler", "Euler a")
    page.wait_for_function("document.querySelector('#anim_notes').textContent.includes('Euler a adds fresh noise')")
    assert "Inventive" in page.inner_text(".anim-row[data-key=sampler] .anim-against")


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is opened by a stand-in for xdg-open")
def test_the_folder_is_opened_on_this_machine(browser, tmp_path):
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    path = f"{opener.parent}{os.pathsep}{os.environ['PATH']}"
    program = Program(tmp_path / "out", "--engine", "preview", environment={"PATH": path, "DISPLAY": ":7"})
    page = browser.new_page()
    page.goto(program.url)
    page.wait_for_selector("#anim_run:enabled")
    load(page, settings_file(tmp_path))
    page.click("#anim_run")
    page.click("#anim_open", timeout=SLOW)
    end = time.monotonic() + 20
    while not (tmp_path / "opened").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert (tmp_path / "opened").read_text() == str(tmp_path / "out" / "small")
    page.close()
    program.end()


def text_of(page) -> str:
    page.wait_for_function("(document.querySelector('#anim_text')?.value || '').length > 100")
    return page.input_value("#anim_text")


def test_the_text_of_the_settings_is_what_is_saved_and_goes_into_the_form(page, tmp_path):
    page.fill("#anim_scenes", "a heron")
    page.click("#anim_view_text")
    text = text_of(page)
    changed = (
        text.replace('"zoom": "0:(1.025)"', '"zoom": "0:(1.5)"')
        .replace('"steps": 20', '"steps": 7')
        .replace("{", '{\n  "mine": 3,', 1)
    )
    other = [key for key, value in json.loads(changed).items() if value != json.loads(text).get(key)]
    assert other == ["mine", "steps", "zoom"]
    page.fill("#anim_text", changed)
    with page.expect_download() as download:
        page.click("#anim_save")
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert saved == json.loads(changed)
    page.click("#anim_view_essentials")
    assert page.input_value("#anim_scenes") == "a heron"
    assert page.get_attribute("#anim_tile_infinite_zoom", "aria-checked") == "true"
    assert "Set by hand under All settings: zoom." in page.inner_text(".anim-row[data-key=movement]")
    page.click("#anim_view_all")
    assert page.input_value("#anim_zoom") == "0:(1.5)"
    page.fill("#anim_zoom", "0:(1.25)")
    page.click("#anim_view_text")
    assert '"zoom": "0:(1.25)"' in text_of(page)
    assert page.input_value("#anim_text").startswith('{\n  "W"')  # as it is saved, no longer as it was typed


@pytest.mark.parametrize(
    ("before", "after", "said", "marked"),
    [
        ('"steps": 20,', '"steps": 20', r"^line \d+, column 3: not valid JSON: a comma is missing", '"'),
        ('"steps": 20,', '"steps": "many",', r'^steps: "many" is not a', '"steps"'),
        ('"zoom": "0:(1.025)"', '"zoom": "0:(q)"', r"^zoom, keyframe 0, column 4: unknown name 'q'", '"zoom"'),
    ],
)
def test_a_fault_in_the_text_is_told_while_it_is_typed_with_a_way_to_it(page, tmp_path, before, after, said, marked):
    page.click("#anim_view_text")
    text = text_of(page)
    page.fill("#anim_text", text.replace(before, after))
    page.wait_for_selector("#anim_run:disabled")
    (fault,) = page.query_selector_all("#anim_text_faults li button")
    assert re.search(said, fault.inner_text())
    fault.click()
    area = "document.querySelector('#anim_text')"
    assert page.evaluate(f"{area}.value.slice({area}.selectionStart, {area}.selectionEnd)") == marked
    page.keyboard.press("Control+Enter")
    page.wait_for_function("document.querySelector('#anim_refused').textContent.includes('This could not begin')")
    assert not (tmp_path / "out").exists()
    page.click("#anim_view_essentials")
    page.click("#anim_view_text")
    assert page.input_value("#anim_text") == text.replace(before, after)  # what was begun is not lost
    page.wait_for_selector("#anim_text_faults li")
    page.fill("#anim_text", text)
    page.wait_for_selector("#anim_run:enabled")
    assert page.inner_text("#anim_text_faults") == ""


def test_what_was_typed_last_is_filmed(page, tmp_path):
    load(page, settings_file(tmp_path))
    page.click("#anim_view_text")
    page.fill("#anim_text", text_of(page).replace('"max_frames": 12', '"max_frames": 3'))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#anim_video")
    assert "small: 3 frames" in page.inner_text("#anim_state")


def test_settings_are_saved_under_another_name(page, tmp_path):
    load(page, settings_file(tmp_path))
    page.click("#anim_save_named")
    assert page.input_value("#anim_file_name") == "film"
    page.fill("#anim_file_name", "my journey: 2.json")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "my_journey_2.json"
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["batch_name"] == "small"
    assert page.query_selector("#anim_file_name") is None


def test_the_film_so_far_plays_on_while_it_grows_and_nothing_flickers(page, tmp_path):
    page.on("dialog", lambda dialog: dialog.accept())  # a busy machine takes more than ten minutes for it
    load(page, settings_file(tmp_path, max_frames=5000, W=256, H=256, diffusion_cadence=1, fps=24))
    page.click("#anim_run")
    page.wait_for_selector("#anim_frame")
    page.evaluate(
        """() => {
            window.empty = 0;
            const screen = document.querySelector("#anim_screen");
            const look = () => (window.empty += [...screen.querySelectorAll("img, video")].length !== 1);
            new MutationObserver(look).observe(screen, { childList: true });
        }"""
    )
    page.click("#anim_watch_film")
    page.wait_for_selector("#anim_so_far")
    one = "document.querySelector('#anim_so_far')"
    first, seconds = page.evaluate(f"[{one}.src, {one}.duration]")
    page.wait_for_function(
        f"old => {one}.src !== old[0] && {one}.duration > old[1] && {one}.currentTime > 0", arg=[first, seconds]
    )
    assert page.evaluate(f"[{one}.muted, {one}.loop, {one}.error]") == [True, False, None]
    page.click("#anim_watch_picture")
    page.wait_for_selector("#anim_frame")
    page.click("#anim_watch_film")
    page.wait_for_selector("#anim_so_far")
    page.click("#anim_stop")
    page.wait_for_selector("#anim_video")
    assert page.is_hidden("#anim_watch")
    assert page.evaluate("window.empty") == 0


def test_until_the_film_so_far_can_be_played_the_newest_picture_is_shown(page, tmp_path):
    page.route(re.compile(r"/video"), lambda route: route.fulfill(body=b"", content_type="video/mp4"))
    load(page, settings_file(tmp_path, max_frames=500, W=256, H=256, diffusion_cadence=1))  # else Stop asks
    page.click("#anim_run")
    page.wait_for_selector("#anim_frame")
    page.click("#anim_watch_film")
    for _ in range(2):
        shown = page.get_attribute("#anim_frame", "src")
        page.wait_for_function("old => document.querySelector('#anim_frame').getAttribute('src') !== old", arg=shown)
    page.click("#anim_stop")
    page.wait_for_selector("#anim_resume")


def test_the_curve_of_the_edited_field_comes_first_or_stands_alone(page):
    keys = "[...document.querySelectorAll('.anim-plot')].map((one) => one.dataset.key)"
    page.fill("#anim_scenes", "0s a cat\n2s a dog")
    page.wait_for_selector(".anim-plot[data-key=strength_schedule]")
    moving = page.evaluate(keys)
    page.click("#anim_view_all")
    page.fill("#anim_search", "translation_x")
    page.click("#anim_translation_x")
    page.wait_for_function(f"{keys}[0] === 'translation_x'")
    assert page.evaluate(keys) == ["translation_x", *moving]
    page.click("#anim_shown_edited")
    assert page.evaluate(keys) == ["translation_x"]
    assert page.inner_text("#anim_curves .anim-foot") == "a cat\na dog"
    page.reload()
    page.wait_for_selector("#anim_shown_edited[aria-checked=true]")
    page.wait_for_selector("#anim_curves p")
    assert page.inner_text("#anim_curves").startswith("Click into a schedule")
    page.click("#anim_shown_all")
    assert page.evaluate(keys) == moving


def test_a_file_of_deforum_offers_the_repaired_look_and_can_be_taken_back(page, tmp_path):
    load(page, settings_file(tmp_path))
    assert page.is_hidden("#anim_offer")
    load(page, settings_file(tmp_path, anim_version=""))
    page.wait_for_selector("#anim_offer:visible")
    page.fill("#anim_search", "classic")
    for look, classic in (("false", False), ("true", True), ("false", False)):
        page.click(f"#anim_classic_look_{look}")
        page.wait_for_selector(f"#anim_classic_look_{look}[aria-checked=true]")
        assert page.is_checked("#anim_classic") is classic
    assert page.is_visible("#anim_offer")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#anim_reset")
    page.wait_for_selector("#anim_offer", state="hidden")


def test_both_looks_are_painted_side_by_side_and_play_in_step(page, tmp_path):
    load(page, settings_file(tmp_path, anim_version="", max_frames=40, seed=-1))
    page.click("#anim_both")
    page.wait_for_function("document.querySelectorAll('#anim_compare video').length === 2")
    assert page.is_hidden("#anim_screen")
    assert page.inner_text("#anim_compare").count("frame 12 of 12") == 2
    films = "[...document.querySelectorAll('#anim_compare video')]"
    page.wait_for_function(f"{films}.every((film) => film.currentTime > 0.6)")
    page.wait_for_function(f"{films}.every((film) => film.currentTime > 0 && film.currentTime < 0.5)")  # over again
    first, second = page.evaluate(f"{films}.map((film) => film.currentTime)")
    assert first == pytest.approx(second, abs=0.1)
    page.click("#anim_keep_repaired")
    page.wait_for_selector("#anim_screen:visible")
    assert page.is_hidden("#anim_compare")
    assert page.get_attribute("#anim_classic_look_false", "aria-checked") == "true"
    assert [one.name for one in tmp_path.glob("out/*")] == []


def test_comparing_is_stopped_and_gives_way(page, tmp_path):
    load(page, settings_file(tmp_path, anim_version="", W=2048, H=2048))
    page.click("#anim_both")
    page.wait_for_selector("#anim_compare_stop:visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#anim_compare_stop", state="hidden")
    assert "frame 12 of 12" not in page.inner_text("#anim_compare")
    page.click("#anim_first")
    page.wait_for_selector("#anim_keep")
    assert page.is_hidden("#anim_compare")


CONTRAST = """() => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (color) => {
        const channels = color.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map((c) => linear(color.startsWith("rgb") ? c / 255 : c));
        return channels.reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    };
    const style = getComputedStyle(document.querySelector("#anim_run"));
    const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_and_used_without_a_mouse(page, program, theme):
    page.goto(f"{program.url}/?__theme={theme}")
    page.wait_for_selector("#anim_run:enabled")
    assert page.evaluate(CONTRAST) >= 4.5
    for view in ("essentials", "all"):
        page.click(f"#anim_view_{view}")
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert [one for one in ids if ids.count(one) > 1] == []
        assert page.query_selector("[role=radiogroup]:not([aria-label])") is None
    assert page.locator("#anim_shake_name option").all_inner_texts() == ["None", "Hand-held", "Walking", "Nervous"]
    page.click("#anim_view_essentials")
    page.click("#anim_tile_infinite_zoom")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#anim_tile_spiral[aria-checked=true]:focus")
    assert page.get_attribute(".anim-bar", "role") == "progressbar"


def test_long_texts_are_whole_in_a_tab_that_is_opened_later(page):
    page.fill("#anim_scenes", "\n".join(f"scene {n}" for n in range(20)))
    hide = "addEventListener('DOMContentLoaded', () => document.querySelector('main').setAttribute('style', 'display: none'))"
    page.add_init_script(hide)
    whole = """(() => {
        const one = document.querySelector('#anim_scenes');
        return one.clientHeight && one.scrollHeight <= one.clientHeight + 2;
    })()"""
    page.reload()
    page.wait_for_selector("#anim_root", state="attached")
    main = "import(new URL('anim/assets/page/main.mjs', location.href))"
    page.evaluate(f"{main}.then((page) => page.place(document.querySelector('#anim_root')))")
    page.wait_for_selector("#anim_scenes", state="attached")
    page.wait_for_timeout(200)
    page.evaluate("document.querySelector('main').style.display = ''")
    page.wait_for_function(whole)


CLIPPED = """() => [...document.querySelectorAll(".anim button, .anim label")]
    .filter((one) => one.offsetParent && getComputedStyle(one).display !== "inline")
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent)"""


@pytest.mark.parametrize("language", ["en", "ru", "zh_CN"])
def test_nothing_is_wider_than_the_window_or_its_button(browser, tmp_path, language):
    program = Program(tmp_path / "out", "--engine", "preview", "--language", language)
    for width, theme in ((1400, "light"), (800, "dark"), (600, "light")):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{program.url}/?__theme={theme}")
        page.wait_for_selector("#anim_run:enabled")
        for view in ("essentials", "all", "text"):
            page.click(f"#anim_view_{view}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CLIPPED) == []
        page.close()
    program.end()


@pytest.mark.parametrize(("width", "height"), [(1400, 700), (800, 600), (390, 844)])
def test_generate_stays_in_sight(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.click("#anim_view_all")
    for place in (0, 0.5, 1):
        page.evaluate("place => scrollTo(0, place * document.documentElement.scrollHeight)", place)
        box = page.locator("#anim_run").bounding_box()
        assert 0 <= box["y"] <= height - box["height"]
        center = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).id", center) == "anim_run"
    page.click("#anim_look")
    says(page, "Preview")
    if width < 680:
        assert page.locator("#anim_screen").bounding_box()["y"] < height


def test_another_language_reaches_the_page(browser, tmp_path):
    program = Program(tmp_path / "out", "--engine", "preview", "--language", "ru")
    page = browser.new_page()
    page.goto(program.url)
    page.wait_for_selector("#anim_run:enabled")
    assert page.inner_text("#anim_run") == "Создать"
    assert page.inner_text("#anim_tile_orbit") == "Облёт"
    page.fill("#anim_scenes", "a cat\n24: a dog")
    page.wait_for_selector("#anim_run:disabled")
    told = "строка 2: «24:» — не время; пишите 24s для секунды, 2s для кадра"
    assert page.inner_text(".anim-row[data-key=scenes] .anim-wrong") == told
    assert page.inner_text("#anim_problems").endswith(f"scenes, {told}")
    page.click("#anim_view_all")
    assert page.input_value("#anim_border") == "replicate"
    assert page.inner_text("#anim_border option:checked") == "крайние пиксели тянутся"
    page.close()
    program.end()
