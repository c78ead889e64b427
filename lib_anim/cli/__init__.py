"""The command line: what can be asked. What the commands do is in `filming.py` and `looking.py`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence

from lib_anim import __version__, resources
from lib_anim.cli import filming, looking, serving
from lib_anim.cli.console import DONE, INTERRUPTED, TERMINATED, say, told
from lib_anim.cli.opening import check_changes
from lib_anim.runs.control import Control, Terminated

OUT = "output"


def main(argv: Sequence[str] | None = None, control: Control | None = None) -> int:
    """Run one command line. Returns the exit status: 0 done, 1 failed, 2 bad input, 130 interrupted, 143 terminated.

    `control` stops a run from beside it, where signals do not come (inside a WebUI).
    """
    options = build_parser().parse_args(argv)
    options.control, options.engines = control or Control(), {}
    if control is None:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        check_changes(options)
        return options.command(options) or DONE
    except KeyboardInterrupt:
        say("interrupted; what was painted is kept")
        return INTERRUPTED
    except Terminated:
        say("terminated; what was painted is kept")
        return TERMINATED
    except BrokenPipeError:  # `anim plan … | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return told(error)


def _terminate(*_: object) -> None:
    raise Terminated


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser("anim", description="Animations from keyframes, painted by Stable Diffusion.")
    parser.add_argument("--version", action="version", version=f"anim {__version__}")
    commands_of = parser.add_subparsers(required=True, metavar="COMMAND")
    for commands in (_filming, _looking, _page, _afterwards):
        commands(commands_of)
    return parser


def _filming(commands_of) -> None:
    run = _command(commands_of, "run", filming.run, "render settings files; prints the folder of each run")
    _file_argument(run, "files", nargs="*")
    _settings_options(run)
    _engine_options(run)
    run.add_argument(
        "--resume", metavar="DIR", help="go on with a run; FILE only to go on with other settings. auto: for each FILE"
    )
    run.add_argument("--status", metavar="JSON", help="keep a file that says how the run stands")

    preview = _command(commands_of, "preview", filming.preview, "the camera on a test card, no model")
    _file_argument(preview, "files", nargs="+")
    _settings_options(preview)
    _output_options(preview)


def _looking(commands_of) -> None:
    plan = _command(commands_of, "plan", looking.plan, "the numbers of every frame")
    _file_argument(plan, "file")
    _settings_options(plan)
    plan.add_argument("--frame", type=int, metavar="N", help="everything about one frame")
    plan.add_argument("--csv", action="store_true", help="all of it, for a spreadsheet")

    plot = _command(commands_of, "plot", looking.plot, "the curves as a picture")
    _file_argument(plot, "file")
    _settings_options(plot)
    plot.add_argument("-o", "--output", default="curves.png", metavar="PICTURE")

    explain = _command(commands_of, "explain", looking.explain, "what happens to a frame, in order")
    _file_argument(explain, "file")
    _settings_options(explain)

    check = _command(commands_of, "check", looking.check, "every problem of settings files; renders nothing")
    _file_argument(check, "files", nargs="+")
    _settings_options(check)
    _out_option(check)


def _page(commands_of) -> None:
    ui = _command(commands_of, "ui", serving.ui, "the page: everything above, in a browser")
    _engine_options(ui)
    _page_options(ui)


def _afterwards(commands_of) -> None:
    report = _command(commands_of, "report", looking.report, "how steady a run is; of two runs, side by side")
    report.add_argument("folders", nargs="+", metavar="DIR")
    report.add_argument("-o", "--output", metavar="PICTURE", help="where the curves go (default: report.png in DIR)")

    stitch = _command(commands_of, "stitch", filming.stitch, "the video of a run anew, from its frames")
    stitch.add_argument("folder", metavar="DIR")
    stitch.add_argument("--ffmpeg", metavar="PATH")


def _command(commands_of, name: str, function, text: str) -> argparse.ArgumentParser:
    parser = commands_of.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(command=function, changes=[], allow_missing=False, frames=None, fetch=False, out=OUT)
    return parser


def _file_argument(parser: argparse.ArgumentParser, name: str, nargs: str | None = None) -> None:
    films = ", ".join(resources.bundled_films())
    text = f"a settings file, or a picture or video made here; without a file of that name, one that comes along: {films}"
    parser.add_argument(name, nargs=nargs, metavar="FILE", help=text)


def _settings_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", dest="changes", type=_change, metavar="KEY=VALUE", help="change a setting")
    parser.add_argument("--frames", type=_part, metavar="A:B", help="only frames A to before B; the film stays as long")
    parser.add_argument("--allow-missing", action="store_true", help="leave out what is not built yet or not available")
    parser.add_argument("--fetch", action="store_true", help="fetch the files at web addresses that the film goes by")


def _out_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default=OUT, metavar="DIR", help="where runs go, and what is fetched (default: ./output)")


def _output_options(parser: argparse.ArgumentParser) -> None:
    _out_option(parser)
    parser.add_argument("--no-video", action="store_true", help="frames only")
    parser.add_argument("--ffmpeg", metavar="PATH", help="the ffmpeg to use")


def _engine_options(parser: argparse.ArgumentParser) -> None:
    _output_options(parser)
    parser.add_argument("--engine", choices=filming.ENGINES, metavar="E", help=", ".join(filming.ENGINES))
    parser.add_argument("--model", metavar="PATH", help="a .safetensors checkpoint or a diffusers folder")
    parser.add_argument("--url", help="of the WebUI that webui-api asks (default: http://127.0.0.1:7860)")
    parser.add_argument("--device", metavar="D", help="cuda, mps, xpu or cpu; the best there is without it")
    parser.add_argument("--lora", action="append", default=[], metavar="DIR", help="where <lora:name:1> is looked up")
    parser.add_argument("--embeddings", action="append", default=[], metavar="DIR", help="of textual inversions")
    parser.add_argument("--low-vram", action="store_true", help="slower, with much less memory on the card")
    parser.add_argument("--allow-pickle", action="store_true", help="load .ckpt files; they can hold code of their makers")
    parser.add_argument("--allow-download", action="store_true", help="let missing parts of a model be fetched")


def _page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=7870, metavar="N")
    parser.add_argument("--listen", action="store_true", help="let other machines in; wants --auth")
    parser.add_argument("--host", metavar="ADDRESS", help="listen at this address (default: 127.0.0.1)")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="the login to ask for; several with commas between them")
    parser.add_argument("--no-auth", action="store_true", help="with --listen: let everybody in")
    parser.add_argument("--language", default="en", metavar="L", help="en, ru or zh_CN")
    parser.add_argument("--fetch", action="store_true", help="fetch the files at web addresses in settings; not with --listen")
    parser.add_argument("--flow-model", metavar="FILE", help="an ONNX file of RAFT, for films that follow motion by it")
    parser.add_argument("--max-size", type=int, metavar="PIXELS", help="of a side, at the most (with --listen: 1536)")
    parser.add_argument("--max-frames", type=int, metavar="N", help="of a film, at the most (with --listen: 2000)")
    parser.add_argument("--max-steps", type=int, metavar="N", help="of sampling, at the most (with --listen: 60)")
    parser.add_argument("--max-upload", type=int, metavar="MB", help="of a file, at the most (with --listen: 16)")


def _change(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except (ValueError, RecursionError):
        return key, value


def _part(text: str) -> tuple[int, int]:
    first, colon, stop = text.partition(":")
    try:
        return int(first or 0), int(stop) if colon else int(first) + 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not A:B") from None
