"""The fields of start pictures, masks and videos among all settings, in a real browser: they appear when they matter."""

from tests.page.browser import IN_A_BROWSER

pytestmark = IN_A_BROWSER


def seen(page, *keys):
    """Which rows are visible, of those of settings."""
    return [page.is_visible(f".anim-row[data-key={key}]") for key in keys]


def test_settings_of_guides_appear_when_they_have_an_effect_or_are_searched(page):
    page.click("#anim_view_all")
    page.wait_for_selector(".anim-row[data-key=mask_file].anim-folded", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert seen(page, "use_mask", "mask_file", "hybrid_motion", "hybrid_flow_method") == [True, False, True, False]
    assert page.is_visible(".anim-more:has-text('more appear once they have an effect')")
    page.check("#anim_use_mask")
    page.wait_for_selector(".anim-row[data-key=mask_file]:not(.anim-folded)")
    assert seen(page, "mask_file", "mask_grow", "video_mask_path") == [True, True, False]
    page.fill("#anim_search", "video_mask_path")
    page.wait_for_selector(".anim-row[data-key=video_mask_path]")
    assert seen(page, "video_mask_path", "use_mask") == [True, False]


def test_names_of_settings_stay_in_their_column(page):
    page.set_viewport_size({"width": 800, "height": 900})
    page.click("#anim_view_all")
    page.fill("#anim_search", "cutoff")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.anim-row:not([hidden]) .anim-key')]
            .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
    )
    assert wide == []
