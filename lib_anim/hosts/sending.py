"""Sending a frame from the tab to the WebUI's img2img or extras, by paste buttons of the WebUI's own kind.

They are hidden. The page (javascript/page/sending.mjs) writes a ticket into a text box and presses the first button, which
loads the frame into a picture component; then it presses the paste button of a tab, whose source is that component.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from lib_anim.page.tickets import Tickets

TABS = ("img2img", "extras")


def tabs() -> tuple[str, ...]:
    """Return the tabs that frames can be sent to; none if the WebUI has no such buttons."""
    return TABS if _paste_module() else ()


def add(tickets: Tickets) -> None:
    """Add the hidden components to the gr.Blocks that is being built."""
    paste = _paste_module()
    if paste is None:
        return
    gr: Any = importlib.import_module("gradio")
    with gr.Row(elem_id="anim_sending"):
        ticket, taken = (_unsaved(gr.Textbox(label=name, elem_id=name)) for name in ("anim_ticket", "anim_taken"))
        picture = _unsaved(gr.Image(label="anim_frame", elem_id="anim_sent", type="pil", interactive=False))
        fetch = gr.Button("anim_fetch", elem_id="anim_fetch")
        fetch.click(fn=_redeemer(tickets), inputs=[ticket], outputs=[picture, taken], show_progress=False)
        for tab in TABS:
            button = gr.Button(f"anim_paste_{tab}", elem_id=f"anim_paste_{tab}")
            binding = paste.ParamBinding(paste_button=button, tabname=tab, source_image_component=picture)
            paste.register_paste_params_button(binding)


def _redeemer(tickets: Tickets) -> Callable[[str], tuple[Any, str]]:
    """Return the function that loads a ticket's frame: ticket -> (picture, ticket)."""

    def redeem(ticket: str) -> tuple[Any, str]:
        from PIL import Image

        from lib_anim.images.frame import read_picture

        frame = tickets.redeem(ticket)
        return (Image.fromarray(read_picture(frame)) if frame else None), ticket

    return redeem


def _paste_module() -> Any:
    """Return the WebUI's module of paste buttons, None if it has none."""
    for name in ("modules.infotext_utils", "modules.generation_parameters_copypaste"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if hasattr(module, "ParamBinding") and hasattr(module, "register_paste_params_button"):
            return module
    return None


def _unsaved(component: Any) -> Any:
    """Return a component whose value the WebUI does not store among its defaults."""
    component.do_not_save_to_config = True
    return component
