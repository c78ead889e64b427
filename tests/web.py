"""A web server on this machine, which gives out what a test puts there and remembers what it was asked for."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web:
    """`files`: path -> bytes, or a function of the request's handler. `asked`: the paths, in their order."""

    def __init__(self):
        self.files, self.asked, self.url = {}, [], ""


@contextmanager
def web_server():
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked.append(self.path)
            found = web.files.get(self.path)
            if callable(found):
                found(self)
            elif found is None:
                self.send_error(404)
            else:
                give(self, found)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    web.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()


def give(handler, content, length=None):
    """Answer with `content`, and with the length that it should have; -1 tells none."""
    handler.send_response(200)
    if length != -1:
        handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def sent_to(address, code=302):
    """An answer that leads elsewhere."""

    def answer(handler):
        handler.send_response(code)
        handler.send_header("Location", address)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
