"""The HTML of the page: a placeholder in a gradio page, or a whole document without a host.

The page is built in the browser (javascript/) and uses our own routes, so it is the same with every version of gradio and
without it.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from lib_anim import resources
from lib_anim.errors import BadInput
from lib_anim.page import assets

LANGUAGES = ("en", "ru", "zh_CN")
PLACE = '<div id="anim_root"></div>'


def blocks() -> Any:
    """Build a gradio page with the placeholder; the host loads style.css and anim.mjs."""
    import gradio as gr

    with gr.Blocks() as page:
        html = gr.HTML(PLACE, elem_id="anim_page")
        html.do_not_save_to_config = True
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


def document(language: str = "en") -> str:
    """Return the page as an HTML document. Raises BadInput if its files are not installed."""
    assets.files()
    # "<" is escaped, so that no text can end the script
    dictionary = json.dumps(words(language), ensure_ascii=False).replace("<", "\\u003c")
    return _DOCUMENT.format(
        lang=language.replace("_", "-"), dictionary=dictionary, place=PLACE, style=_STYLE, entry=assets.ENTRY
    ).replace(os.linesep, "\n")


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
body > main { max-width: 1500px; margin: 0 auto; }
@media (max-width: 1000px) { body { padding: 14px 16px 32px; } }
"""

_DOCUMENT = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Anim</title>
<link rel="icon" href="data:,">
<style>{style}</style>
<link rel="stylesheet" href="anim/assets/style.css">
<script>
window.localization = {dictionary};
(function () {{
  const chosen = new URLSearchParams(location.search).get("__theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("dark", chosen ? chosen === "dark" : dark.matches);
  apply();
  dark.addEventListener("change", apply);
}})();
</script>
</head>
<body><main>{place}</main>
<script type="module" src="anim/assets/{entry}"></script>
</body>
</html>
"""
