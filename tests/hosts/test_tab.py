"""The tab inside a gradio page, as a WebUI shows it: the same scripts, painted by the stand-in WebUI."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

gradio = pytest.importorskip("gradio", reason="the hosts' page is made of gradio")
playwright = pytest.importorskip("playwright.sync_api", reason="a browser is driven by playwright")

from tests.page.browser import ARGUMENTS, CHROMIUM, SLOW, settings_file  # noqa: E402

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium")
ROOT = Path(__file__).resolve().parents[2]
PARTS = sorted((ROOT / "javascript" / "page").glob("*.mjs"))


def go_to(page, tab):
    page.locator(".tab-nav button:visible, button[role=tab]:visible").filter(has_text=tab).first.click()


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    out = tmp_path_factory.mktemp("host") / "out"
    process = subprocess.Popen([sys.executable, "-m", "tests.ui_host", str(out)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    url = ""
    while not url.startswith("http://"):  # gradio may say something first
        url = process.stdout.readline().strip()
    yield url, out
    process.terminate()
    process.wait(60)


@pytest.fixture
def page(host):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(SLOW)
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        # nothing outside is asked for: the hosts' fonts and statistics are not what is tested
        page.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
        page.goto(host[0])
        go_to(page, "Anim")
        page.wait_for_selector("#anim_run:enabled")
        yield page
        browser.close()
        assert [fault for fault in faults if "anim" in fault.lower()] == []


def test_the_tab_films_with_the_webui(page, host, tmp_path):
    page.set_input_files("#anim_file", settings_file(tmp_path))
    page.wait_for_function("document.querySelector('#anim_max_frames')?.value === '12'")
    assert page.input_value("#anim_max_frames") == "12"
    page.click("#anim_run")
    page.wait_for_selector("#anim_video")
    assert "12 frames" in page.inner_text("#anim_state")
    summary = json.loads((host[1] / "small" / "summary.json").read_text())
    assert (summary["engine"], summary["status"], summary["frames"]) == ("webui", "done", 12)


@pytest.mark.parametrize("tab", ["img2img", "extras"])
def test_a_frame_goes_to_another_tab(page, tab):
    page.locator("#anim_films .anim-film").first.click()  # of the test before
    page.click(f"#anim_send_{tab}")
    go_to(page, tab)
    page.wait_for_function("id => document.querySelector(`#${id} img`)?.naturalWidth === 64", arg=f"{tab}_image")


def test_a_picture_of_a_gallery_comes_to_anim(page):
    go_to(page, "txt2img")
    page.click("#txt2img_send_to_anim")
    page.wait_for_selector("#anim_start_picture img")
    assert page.evaluate("document.querySelector('#anim_start_picture img').naturalWidth") == 96
    assert page.locator("#txt2img_send_to_anim").count() == 1


def test_our_routes_which_may_want_a_login_are_left_alone_until_the_tab_is_shown(host):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(SLOW)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
        page.goto(host[0])
        page.wait_for_selector("button:has-text('Anim')")  # gradio 6 makes what is in a tab when it is shown
        page.wait_for_timeout(1500)
        assert [url for url in asked if "/anim/" in url] == []
        go_to(page, "Anim")
        page.wait_for_selector("#anim_run:enabled")
        assert [url for url in asked if url.endswith("/anim/form")]
        browser.close()


def test_what_was_typed_is_there_when_one_comes_back_to_the_tab(page):
    page.click("#anim_view_essentials")
    page.fill("#anim_scenes", "a heron in the reeds")
    go_to(page, "txt2img")
    page.wait_for_selector("#anim_scenes", state="hidden")
    go_to(page, "Anim")
    page.wait_for_selector("#anim_scenes", state="visible")
    assert page.input_value("#anim_scenes") == "a heron in the reeds"


def test_loras_and_styles_of_the_webui_are_picked_for_prompts(page):
    page.click("#anim_view_essentials")
    page.fill("#anim_scenes", "0s a cat --neg fur\n2s a dog")
    page.evaluate("document.querySelector('#anim_scenes').setSelectionRange(4, 4)")
    page.click("#anim_pick_loras")
    assert page.locator(".anim-pick").all_inner_texts() == ["ink wash", "zen"]
    page.fill(".anim-picking input", "ink")
    assert [one.inner_text() for one in page.locator(".anim-pick").all() if one.is_visible()] == ["ink wash"]
    page.click(".anim-pick:visible")
    assert page.input_value("#anim_scenes") == "0s a cat <lora:ink wash:1> --neg fur\n2s a dog"
    page.click("#anim_pick_styles")
    assert page.locator(".anim-pick").all_inner_texts() == ["<b>bold</b>", "photo"]
    page.fill("#anim_avoid", "text")
    page.click(".anim-pick:has-text('photo')")
    page.wait_for_function("document.querySelector('#anim_avoid').value === 'text, drawing'")
    scenes = "0s photo of a cat <lora:ink wash:1>, 4k --neg fur\n2s photo of a dog, 4k"
    assert page.input_value("#anim_scenes") == scenes
    page.reload()
    go_to(page, "Anim")
    page.wait_for_selector("#anim_run:enabled")
    assert page.input_value("#anim_scenes") == scenes  # as if it had been typed


@pytest.mark.parametrize(
    ("prompts", "cursor", "put"),
    [
        ('{\n "0": "a cat --neg fur",\n "6": "a dog"\n}', 10, '{\n "0": "a cat <lora:zen:1> --neg fur",\n "6": "a dog"\n}'),
        ('{\n "0": "a cat",\n "6": "a dog"\n}', 30, '{\n "0": "a cat",\n "6": "a dog <lora:zen:1>"\n}'),
        ('{\n "0": "a cat",\n "6": "a dog"\n}', 99, '{\n "0": "a cat",\n "6": "a dog <lora:zen:1>"\n}'),
        ('{\n "0": ""\n}', 0, '{\n "0": "<lora:zen:1>"\n}'),
        ("a cat", 0, "a cat <lora:zen:1>"),
    ],
)
def test_a_lora_goes_into_the_prompt_that_the_cursor_is_in(page, prompts, cursor, put):
    page.click("#anim_view_all")
    page.fill("#anim_prompts", prompts)
    page.evaluate("at => document.querySelector('#anim_prompts').setSelectionRange(at, at)", cursor)
    page.click("#anim_pick_loras")
    page.click(".anim-pick:has-text('zen')")
    assert page.input_value("#anim_prompts") == put


def test_our_style_reaches_nothing_of_the_host():
    style = re.sub(
        r"/\*.*?\*/|@keyframes \S+ \{.*?\}\s*\}", "", (ROOT / "style.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"@media[^{]*\{", "", style))
    assert len(selectors) > 100
    ours = ("#anim_root", "#anim_sending")
    parts = [one for text in selectors for one in re.split(r",(?![^(]*\))", text)]
    assert [one for one in parts if not any(name in one for name in ours)] == []


def test_a_host_does_not_make_our_buttons_its_own(page):
    fields = page.evaluate(
        """() => ["#anim_run", ".anim-tile .anim-name", ".anim-help"].map((one) => {
            const style = getComputedStyle(document.querySelector(one));
            return [style.fontSize, style.paddingLeft, style.color];
        })"""
    )
    assert [one[:2] for one in fields] == [["14px", "12px"], ["13px", "6px"], ["12.5px", "0px"]]
    assert fields[0][2] == "rgb(255, 255, 255)"
    assert fields[2][2] != fields[1][2]


def test_each_script_of_ours_is_there_once(page):
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    asked = [re.sub(r"/v-[0-9a-f]+/", "/", path) for path in asked]  # files of one version have a folder of their own
    scripts = [path for path in asked if path.startswith(("/host/", "/anim/assets/")) and path.endswith(".mjs")]
    assert sorted(scripts) == sorted({"/host/anim.mjs", *(f"/anim/assets/page/{path.name}" for path in PARTS)})
