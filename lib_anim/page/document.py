"""The HTML of the page: a placeholder in a gradio page, or a whole document without a host.

The page is built in the browser (javascript/) and uses our own routes, so it is the same with every version of gradio and
without it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

from lib_anim import resources
from lib_anim.errors import BadInput
from lib_anim.page import assets

LANGUAGES = ("en", "ru", "zh_CN")
PLACE = '<div id="anim_root"></div>'
LIVE = '<div id="anim_live"></div>'


def blocks(more: Callable[[], None] = lambda: None, place: str = PLACE) -> Any:
    """Build a gradio page with a placeholder and the components of `more`; the host loads style.css and anim.mjs."""
    import gradio as gr

    with gr.Blocks() as page:
        html = gr.HTML(place, elem_id="anim_page" if place == PLACE else "anim_live_page")
        html.do_not_save_to_config = True
        more()
    return page


def words(language: str) -> dict[str, str]:
    """Load the dictionary of a language: English text -> translation; empty for English. Raises BadInput."""
    if language not in LANGUAGES:
        raise BadInput(f"there is no language '{language}'; there are {', '.join(LANGUAGES)}")
    path = resources.find("localizations") / f"{language}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def words_of_host(language: str) -> dict[str, str]:
    """Load the dictionary by a host's name of the language, such as ru_RU or zh-Hans; empty for an unknown one."""
    short = re.split("[^a-z]", language.lower())[0]
    return next((words(ours) for ours in LANGUAGES if ours.split("_")[0] == short), {})


def document(language: str = "", place: str = PLACE) -> str:
    """Return a placeholder's page as an HTML document, in this language at first, or the browser's; readers can choose another.

    Raises BadInput for an unknown language, or if the page's files are not installed.
    """
    assets.files()
    words(language or "en")  # raises BadInput for an unknown one
    text = _DOCUMENT.format(language=language, place=place, style=_STYLE, entry=assets.ENTRY)
    return text.replace(os.linesep, "\n")


# values of the host's CSS variables that style.css uses, for a page without a host
_STYLE = """
:root { color-scheme: light;
  --body-text-color: #1f2733; --border-color-primary: #dfe3ea;
  --block-background-fill: #ffffff; --input-background-fill: #ffffff; --background-fill-secondary: #f3f5f8;
  --color-accent: #2f6fde; --body-background-fill: #fafbfc; }
:root.dark { color-scheme: dark;
  --body-text-color: #e6e9ef; --border-color-primary: #2f3645;
  --block-background-fill: #1a1f29; --input-background-fill: #141820; --background-fill-secondary: #12161d;
  --color-accent: #5b93f5; --body-background-fill: #0e1117; }
body { margin: 0; padding: 18px 24px 40px; background: var(--body-background-fill); color: var(--body-text-color);
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", Arial, sans-serif; }
body > header, body > main { max-width: 1500px; margin: 0 auto; }
body > header { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-height: 32px;
  padding-bottom: 14px; }
h1 { margin: 0; font-size: 18px; }
#anim_preferences { display: flex; gap: 8px; }
#anim_preferences select { font: inherit; font-size: 13px; color: inherit; padding: 5px 8px;
  border: 1px solid var(--border-color-primary); border-radius: 8px; background: var(--block-background-fill); }
#anim_preferences select:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 2px; }
@media (max-width: 1000px) { body { padding: 14px 16px 32px; } }
"""

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Anim</title>
<link rel="icon" href="data:,">
<style>{style}</style>
<link rel="stylesheet" href="anim/assets/style.css">
<script>
(function () {{
  const asked = new URLSearchParams(location.search).get("__theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {{
    try {{ return localStorage.getItem("anim.theme") || asked; }} catch (error) {{ return asked; }}
  }};
  const apply = () => document.documentElement.classList.toggle("dark", chosen() ? chosen() === "dark" : dark.matches);
  apply();
  dark.addEventListener("change", apply);
  addEventListener("anim-theme", apply);
}})();
</script>
</head>
<body>
<header><h1>Anim</h1><div id="anim_preferences" data-language="{language}"></div></header>
<main>{place}</main>
<script type="module" src="anim/assets/{entry}"></script>
</body>
</html>
"""
