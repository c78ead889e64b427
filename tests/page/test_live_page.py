"""The page of live photos in a real browser: a picture in, its film in the same place, what goes wrong in words."""

import numpy as np
import pytest

from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.settings import settings as settings_file
from tests.page.browser import IN_A_BROWSER, SLOW, Program
from tests.page.test_accessibility import AXE, FOUND, needs_axe

pytestmark = IN_A_BROWSER


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path / "out", "--engine", "preview", "--live")
    yield program
    program.end()


@pytest.fixture
def page(browser, program):
    context = browser.new_context(bypass_csp=True, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(2 * SLOW)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(program.url)
    page.wait_for_selector(".anim-live-box")
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def photo(tmp_path):
    write_png(tmp_path / "photo.png", card((96, 64)))
    return str(tmp_path / "photo.png")


def test_a_picture_becomes_a_film_in_its_place(page, photo):
    page.set_input_files("#anim_live_file", photo)
    page.wait_for_selector(".anim-live-busy img")
    assert page.is_disabled("#anim_live_file")
    assert page.text_content(".anim-live-said") == "Generating…"
    page.wait_for_selector("#anim_live_film")
    page.wait_for_function("document.querySelector('#anim_live_film').videoWidth === 96")
    assert page.is_enabled("#anim_live_file")
    with page.expect_download() as download:
        page.click(".anim-live-actions a:has-text('GIF')")
    assert download.value.suggested_filename.endswith(".gif")


def test_sliders_count_for_the_next_film_and_show_their_values(page, photo, tmp_path):
    page.fill("#anim_live_motion_bucket_id", "0")
    assert page.text_content("output[for=anim_live_motion_bucket_id]") == "0"
    page.set_input_files("#anim_live_file", photo)
    page.wait_for_selector("#anim_live_film")
    (first,) = (tmp_path / "out").glob("live_*")
    page.check("#anim_live_ping_pong")
    page.click("#anim_live_again")
    page.wait_for_selector(".anim-live-busy")
    page.wait_for_selector("#anim_live_film")
    (second,) = set((tmp_path / "out").glob("live_*")) - {first}
    made = [settings_file.load(folder / "settings.json") for folder in (first, second)]
    assert [one["ping_pong"] for one in made] == [False, True]
    assert "(0.000000), 1:(0.000000)" in made[0].text("translation_z")


def test_what_goes_wrong_is_said(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    page.set_input_files("#anim_live_file", str(tmp_path / "notes.txt"))
    page.wait_for_selector(".anim-live-said.anim-live-fault")
    assert "notes.txt: this type of file is not read" in page.text_content(".anim-live-said")
    (tmp_path / "photo.png").write_bytes(np.random.default_rng(0).bytes(100))
    page.set_input_files("#anim_live_file", str(tmp_path / "photo.png"))
    page.wait_for_function("document.querySelector('.anim-live-said').textContent.includes('not a picture')")
    assert page.is_enabled("#anim_live_file")


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_or_moderate(page, program, photo, theme):
    page.goto(f"{program.url}/?__theme={theme}")
    page.wait_for_selector(".anim-live-box")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FOUND) == []
    page.set_input_files("#anim_live_file", photo)
    page.wait_for_selector("#anim_live_film")
    for width in (1400, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(FOUND) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
