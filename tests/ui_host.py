"""A stand-in WebUI with a gradio page around our tab: `python -m tests.ui_host OUT` serves it and prints its address.

The page does what the hosts do with an extension: the tab among others in gr.Tabs, our scripts and style in the head, the
routes hung in when the app has started.
"""

import socket
import sys
import types

from lib_anim import resources
from lib_anim.images.test_card import test_card
from tests.webui_host import webui


class Callbacks:
    """modules.script_callbacks as far as it is used."""

    def __init__(self):
        self.tabs, self.started = [], []

    def module(self):
        made = types.ModuleType("modules.script_callbacks")
        made.on_ui_tabs, made.on_app_started = self.tabs.append, self.started.append
        return made


class Paste:
    """modules.infotext_utils: buttons that send a picture to another tab."""

    def __init__(self):
        self.bindings = []

    def module(self):
        made = types.ModuleType("modules.infotext_utils")
        made.ParamBinding, made.register_paste_params_button = types.SimpleNamespace, self.bindings.append
        return made

    def connect(self, images):
        for one in self.bindings:
            one.paste_button.click(
                fn=lambda picture: picture, inputs=[one.source_image_component], outputs=[images[one.tabname]]
            )


def application(host, out):
    """The host's app: a FastAPI app with gradio's page in it."""
    import gradio as gr
    from fastapi import FastAPI
    from starlette.responses import FileResponse, Response

    from lib_anim.hosts import webui as webui_host

    callbacks, paste, images = Callbacks(), Paste(), {}
    sys.modules["modules.infotext_utils"] = paste.module()
    sys.modules["modules.script_callbacks"] = callbacks.module()
    sys.modules["modules.shared"].cmd_opts.anim_out = str(out)
    webui_host._state.clear()
    webui_host.register("root")
    tabs = [tab for make in callbacks.tabs for tab in make()]
    with gr.Blocks() as demo, gr.Tabs(elem_id="tabs"):
        with gr.TabItem("txt2img", id="txt2img", elem_id="tab_txt2img"):
            gr.Textbox(label="Prompt")
            gr.Gallery([test_card((96, 64))], elem_id="txt2img_gallery")
            gr.Button("extras", elem_id="txt2img_send_to_extras")
        for name in ("img2img", "extras"):
            with gr.TabItem(name, id=name, elem_id=f"tab_{name}"):
                images[name] = gr.Image(elem_id=f"{name}_image", type="pil")
        for blocks, title, name in tabs:
            with gr.TabItem(title, id=name, elem_id=f"tab_{name}"):
                blocks.render()
        paste.connect(images)
    app = FastAPI()
    scripts = sorted(resources.find("javascript").glob("*.mjs"))  # of no folder below: so do the hosts

    @app.middleware("http")
    async def with_our_files(request, answer_of):
        answer = await answer_of(request)
        if request.url.path != "/" or "html" not in answer.headers.get("content-type", ""):
            return answer
        body = b"".join([chunk async for chunk in answer.body_iterator])
        tags = '<link rel="stylesheet" href="/host/style.css">'
        tags += "".join(f'<script type="module" src="/host/{path.name}?{path.stat().st_mtime}"></script>' for path in scripts)
        return Response(body.replace(b"</head>", tags.encode() + b"</head>"), media_type="text/html")

    @app.get("/host/{name}")
    def file(name: str):
        return FileResponse(next(path for path in (*scripts, resources.find("style.css")) if path.name == name))

    app = gr.mount_gradio_app(app, demo, path="/")
    for started in callbacks.started:
        started(demo, app)
    return app


def main():
    import uvicorn

    with webui("a1111") as host:
        app = application(host, sys.argv[1])
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
