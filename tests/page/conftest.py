"""The page in a real browser, as a fixture."""

import pytest

from tests.page.browser import ARGUMENTS, CHROMIUM, SLOW, Program


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path / "out", "--engine", "preview")
    yield program
    program.end()


@pytest.fixture
def page(browser, program):
    context = browser.new_context(bypass_csp=True, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(SLOW)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(program.url)
    page.wait_for_selector("#anim_run:enabled")
    yield page
    context.close()
    assert faults == []
