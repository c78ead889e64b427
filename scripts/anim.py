"""Registers the extension with the WebUI. No logic: that is in lib_anim/ui.

A failing import of ours must never keep the WebUI from starting, so then a tab says what is wrong and how to mend it.
"""

import sys
import traceback

from modules import script_callbacks, scripts

root = scripts.basedir()
if root not in sys.path:
    sys.path.insert(0, root)

try:
    from lib_anim.hosts import webui as webui_host

    webui_host.register(root)

    class LastValues(scripts.Script):
        def title(self):
            return "Anim: last values of scripts"

        def show(self, is_img2img):
            return scripts.AlwaysVisible

        def process(self, p, *args):
            webui_host.remember_scripts(p)

except Exception as error:
    trace = traceback.format_exc()
    print(f"anim: the tab cannot be shown: {error}", file=sys.stderr)
    folder = root.replace("\\", "/").rsplit("/", 1)[-1]
    reason = f"{type(error).__name__}: {error}"

    def failed_tab():
        import gradio as gr

        with gr.Blocks() as page:
            gr.Markdown(
                f"### The Anim tab could not be loaded\n\n`{reason}`\n\n"
                "Update the extension, or install what is missing: in the WebUI's folder run "
                f"`python extensions/{folder}/install.py`, and start the WebUI again. "
                f"What follows belongs into a report.\n\n```\n{trace}\n```"
            )
        return [(page, "Anim", "anim")]

    script_callbacks.on_ui_tabs(failed_tab)
