"""Ways out of problems on the page: to their fields, to a film without what is not there, to a preview."""

import json

import pytest

from tests.page.browser import IN_A_BROWSER, load, says, settings_file

pytestmark = IN_A_BROWSER

# the focused field, and what is selected in it
PLACE = """(() => {
    const one = document.activeElement;
    return [one.id, one.value?.slice(one.selectionStart, one.selectionEnd)];
})()"""


def open_problem(page, text: str) -> None:
    page.click(f"#anim_problems li button:has-text('{text}')")


@pytest.mark.parametrize("hidden", ["by a search", "in a closed group", "in another view"])
def test_a_problem_leads_to_its_field_wherever_it_is(page, tmp_path, hidden):
    load(page, settings_file(tmp_path, contrast_schedule="0:(1), 6:(1+q)"))
    page.wait_for_selector("#anim_run:disabled")
    if hidden == "by a search":
        page.fill("#anim_search", "seed")
    elif hidden == "in another view":
        page.click("#anim_view_essentials")
    assert not page.is_visible("#anim_contrast_schedule")
    open_problem(page, "contrast_schedule")
    assert page.is_visible("#anim_contrast_schedule")
    assert page.evaluate(PLACE) == ["anim_contrast_schedule", "q"]
    page.keyboard.type("0.5")
    page.wait_for_selector("#anim_run:enabled")
    assert page.input_value("#anim_contrast_schedule") == "0:(1), 6:(1+0.5)"


def test_a_problem_of_a_scene_leads_to_the_scenes_and_in_the_text_to_its_place(page):
    page.fill("#anim_scenes", "a cat\n2s snow, (deep:`1+x`)")
    page.click("#anim_view_all")
    page.wait_for_selector("#anim_problems li button")
    open_problem(page, "line 2")
    assert page.evaluate(PLACE) == ["anim_scenes", "x"]
    page.fill("#anim_scenes", "a cat")
    page.wait_for_selector("#anim_run:enabled")
    page.click("#anim_view_text")
    page.wait_for_function("document.querySelector('#anim_text').value.length > 100")
    page.fill("#anim_text", page.input_value("#anim_text").replace('"zoom": "0:(1.025)"', '"zoom": "0:(q)"'))
    page.wait_for_selector("#anim_run:disabled")
    open_problem(page, "zoom")
    assert page.evaluate(PLACE) == ["anim_text", '"zoom"']


def test_what_is_not_there_is_left_out_and_that_can_be_taken_back(page, tmp_path):
    load(page, settings_file(tmp_path, max_frames=3, freeu_enabled=True))
    page.wait_for_selector("#anim_run:disabled")
    assert page.is_enabled("#anim_look")
    page.click("#anim_problems button:text-is('Leave it out')")
    page.wait_for_selector("#anim_run:enabled")
    assert "Left out of the film: freeu_enabled." in page.inner_text("#anim_told")
    assert "left out: freeu_enabled: FreeU: not built yet; write freeu_enabled false" in page.inner_text("#anim_notes")
    page.reload()
    page.click("#anim_run:enabled")
    says(page, "small: 3 frames")
    assert json.loads((tmp_path / "out" / "small" / "settings.json").read_text())["freeu_enabled"] is True
    page.click("#anim_again")
    says(page, "small_2: 3 frames")
    load(page, settings_file(tmp_path, freeu_enabled=True, kohya_hrfix_enabled=True))
    page.click("#anim_problems button:text-is('Leave them out: freeu_enabled, kohya_hrfix_enabled')")
    page.wait_for_selector("#anim_run:enabled")
    page.click("#anim_undo")
    page.wait_for_selector("#anim_run:disabled")


def test_a_preview_is_shown_in_spite_of_problems_that_do_not_concern_it(page, tmp_path):
    load(page, settings_file(tmp_path, use_init=True))
    page.wait_for_selector("#anim_run:disabled")
    page.click("#anim_look:enabled")
    says(page, "Preview")
    page.fill("#anim_search", "zoom")
    page.fill("#anim_zoom", "0:(q)")
    page.wait_for_selector("#anim_look:disabled")
