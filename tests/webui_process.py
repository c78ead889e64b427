"""A WebUI without a page, as a process: `python -m tests.webui_process HOW FLAG…` films with --anim-run-now beside a server.

HOW is "uvicorn", which hears signals in our place and hands them on when it has shut down, or "return", where the process
just ends, as with older versions of it. It prints "painting" when the second picture is under way.
"""

import argparse
import runpy
import sys
import time

from lib_anim.hosts.run_now import RunNow
from tests.webui_host import webui


def serve(how):
    if how == "return":
        time.sleep(1.5)
        return
    import uvicorn

    async def app(scope, receive, send):
        pass

    uvicorn.run(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")


def main(how, *flags):
    parser = argparse.ArgumentParser()
    runpy.run_path("preload.py")["preload"](parser)
    around = webui("a1111")
    host = around.__enter__()  # a WebUI stays there until its process ends
    good = host.paint

    def slow(job):
        if len(host.jobs) == 2:
            print("painting", flush=True)
        time.sleep(0.3)
        return good(job)

    host.paint = slow
    RunNow(parser.parse_args(flags)).start()
    serve(how)
    return around


if __name__ == "__main__":
    kept = main(*sys.argv[1:])
