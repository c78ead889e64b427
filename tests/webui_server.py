"""A WebUI's HTTP interface as small as it can be, on a real socket: it paints, tells lists, and breaks when told to."""

from __future__ import annotations

import base64
import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

MODEL = ("sd_model_checkpoint", "sd_vae", "forge_additional_modules", "forge_unet_storage_dtype")


def picture(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def text(frame):
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


class Server:
    """`jobs` are the requests that were painted; `faults` are answers given instead, one after the other.

    `people` are functions called in the middle of the next pictures. A job's `override_settings` are put in and taken back as
    hosts do it, over whatever somebody chose meanwhile; `painted_by` has the options that choose the model in each picture.
    """

    def __init__(self, login=None, tells=True):
        self.login, self.jobs, self.faults, self.asked = login, [], [], []
        self.people, self.painted_by, self.tells = [], [], tells
        self.late = []  # the same, when the picture is painted
        self.maps = []  # further pictures of the last answer
        self.interrupted = []  # what `progress` says, picture after picture
        self.lists = {
            "samplers": [{"name": "Euler a"}, {"name": "Euler"}, {"name": "DPM++ 2M"}],
            "schedulers": [{"name": "automatic", "label": "Automatic"}, {"name": "karras", "label": "Karras"}],
            "sd-models": [{"title": "model.safetensors [abc]", "model_name": "model", "hash": "abc"}],
            "options": {"img2img_fix_steps": True, "CLIP_stop_at_last_layers": 1, "sd_model_checkpoint": "model"},
        }

    def paints(self, task, job):
        """A picture, and what is told of it."""
        options = self.lists["options"]
        overrides = {key: value for key, value in job.get("override_settings", {}).items() if key in options}
        before = {key: options[key] for key in overrides}
        options.update(overrides)
        if self.people:
            self.people.pop(0)()
        used = self.known(options["sd_model_checkpoint"])
        frame = self.paint(task, job)
        self.painted_by.append({key: options[key] for key in MODEL if key in options})
        modules = options.get("forge_additional_modules") or []
        told = "".join(f", Module {k}: {name}" for k, name in enumerate(modules, 1))
        info = {
            "sd_model_name": used["title"].partition(" [")[0].rpartition(".")[0],
            "sd_model_hash": used["hash"],
            "sd_vae_name": options.get("sd_vae"),
            "infotexts": [f"a cat\nSteps: 4, Sampler: Euler, CFG scale: 7{told}"],
        }
        if self.late:
            self.late.pop(0)()
        options.update(before)
        return frame, json.dumps(info if self.tells else {})

    def known(self, name):
        models = self.lists["sd-models"]
        return next((one for one in models if name in (one["title"], one["model_name"])), models[0])

    def paint(self, task, job):
        self.jobs.append((task, job))
        rng = np.random.default_rng(job["seed"])
        values = rng.random((job["height"], job["width"], 3)) * 200 + 20
        if task == "img2img":
            share = job["denoising_strength"]
            values = picture(job["init_images"][0]) * (1 - share) + values * share
        return values.astype(np.uint8)  # cut, not rounded: as the hosts do


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def answer(self, status, value):
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def refused(self):
            server.asked.append(self.path)
            expected = server.login and "Basic " + base64.b64encode(server.login.encode()).decode()
            if expected and self.headers.get("Authorization") != expected:
                self.answer(401, {"detail": "Incorrect username or password"})
                return True
            return False

        def do_GET(self):
            if self.refused():
                return
            name = self.path.removeprefix("/sdapi/v1/").partition("?")[0]
            if name == "progress" and name not in server.lists:
                state = {"interrupted": server.interrupted.pop(0) if server.interrupted else False}
                self.answer(200, {"progress": 0, "state": state})
            elif name in server.lists:
                self.answer(200, server.lists[name])
            else:
                self.answer(404, {"detail": "Not Found"})

        def do_POST(self):
            job = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            if self.refused():
                return
            if self.path == "/sdapi/v1/options":
                server.lists["options"].update(job)
                self.answer(200, None)
                return
            fault = server.faults.pop(0) if server.faults else None
            if isinstance(fault, str):  # hang up
                self.close_connection = True
                self.connection.close()
            elif isinstance(fault, tuple):
                self.answer(*fault)
            elif fault is not None:
                self.answer(200, {"images": [text(fault)], "info": "{}"})
            else:
                frame, info = server.paints(self.path.rpartition("/")[2], job)
                self.answer(200, {"images": [text(frame), *map(text, server.maps)], "info": info})

    return Handler


@contextmanager
def webui_server(kind=Server, **how):
    """A server and its address."""
    server = kind(**how)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
