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


def picture(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def text(frame):
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


class Server:
    """`jobs` are the requests that were painted; `faults` are answers given instead, one after the other."""

    def __init__(self, login=None):
        self.login, self.jobs, self.faults, self.asked = login, [], [], []
        self.interrupted = []  # what `progress` says, picture after picture
        self.lists = {
            "samplers": [{"name": "Euler a"}, {"name": "Euler"}, {"name": "DPM++ 2M"}],
            "schedulers": [{"name": "automatic", "label": "Automatic"}, {"name": "karras", "label": "Karras"}],
            "sd-models": [{"title": "model.safetensors [abc]", "model_name": "model", "hash": "abc"}],
            "options": {"img2img_fix_steps": True, "CLIP_stop_at_last_layers": 1, "sd_model_checkpoint": "model"},
        }

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
            data = json.dumps(value).encode()
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
            if name == "progress":
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
            fault = server.faults.pop(0) if server.faults else None
            if isinstance(fault, str):  # hang up
                self.close_connection = True
                self.connection.close()
            elif isinstance(fault, tuple):
                self.answer(*fault)
            elif fault is not None:
                self.answer(200, {"images": [text(fault)], "info": "{}"})
            else:
                frame = server.paint(self.path.rpartition("/")[2], job)
                self.answer(200, {"images": [text(frame)], "info": "{}"})

    return Handler


@contextmanager
def webui_server(**how):
    """A server and its address."""
    server = Server(**how)
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
