"""The page without a WebUI: the command `anim ui`."""

from __future__ import annotations

import argparse
import importlib.util
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lib_anim.cli.filming import say_which_model
from lib_anim.cli.options import OUT, options_of
from lib_anim.cli.parser import Commands, add_command, engine_options, output_options
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import ANY, EngineSpec
from lib_anim.errors import BadInput
from lib_anim.runs.control import Control
from lib_anim.settings.table import NETWORKS


@dataclass(frozen=True)
class PageOptions:
    """Options of `anim ui`. Each `max_…` is None for the default limit."""

    engine: EngineSpec = ANY
    out: Path = OUT
    ffmpeg: str | None = None
    port: int = 7870
    listen: bool = False
    host: str | None = None
    auth: str | None = None
    no_auth: bool = False
    server_name: str | None = None
    language: str = ""  # empty for the browser's
    fetch: bool = False
    fetch_local: bool = False
    flow_model: str | None = None
    depth_model: str | None = None
    mask_model: str | None = None
    interpolation_model: str | None = None
    models: str | None = None
    max_size: int | None = None
    max_frames: int | None = None
    max_steps: int | None = None
    max_upload: int | None = None  # MB
    live: bool = False


def add_commands(commands: Commands) -> None:
    """Add `anim ui` to the command line."""
    parser = add_command(commands, "ui", _ui, "the page: everything above, in a browser")
    output_options(parser)
    engine_options(parser)
    _page_options(parser)


def _ui(args: argparse.Namespace, _control: Control) -> None:
    show(options_of(PageOptions, args, engine=options_of(EngineSpec, args)))


def _page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=7870, metavar="N")
    parser.add_argument("--listen", action="store_true", help="let other machines in; wants --auth")
    parser.add_argument("--host", metavar="ADDRESS", help="listen at this address (default: 127.0.0.1)")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="the login to ask for; several with commas between them")
    parser.add_argument("--no-auth", action="store_true", help="open to others: let everybody in")
    parser.add_argument("--server-name", metavar="NAME", help="with --no-auth: a name it is opened by; several with commas")
    parser.add_argument("--language", default="", metavar="L", help="en, ru or zh_CN, to begin with (default: the browser's)")
    parser.add_argument("--live", action="store_true", help="the page of live photos: drop a picture, and it moves")
    parser.add_argument(
        "--fetch", action="store_true", help="fetch the files at web addresses in settings; not where others reach the page"
    )
    parser.add_argument("--fetch-local", action="store_true", help="the same, also from this machine and its network")
    parser.add_argument(
        "--models",
        metavar="DIR",
        help="a folder of models, .safetensors files and diffusers folders, to choose from on the page",
    )
    parser.add_argument("--flow-model", metavar="FILE", help="an ONNX file of RAFT, for films that follow motion by it")
    text = "a folder of a depth model in transformers' layout, or an ONNX file, which sees distances in 3D films"
    parser.add_argument("--depth-model", metavar="PATH", help=text)
    text = "a folder of CLIPSeg or SAM 3 in transformers' layout, which finds <words> in mask expressions"
    parser.add_argument("--mask-model", metavar="DIR", help=text)
    text = "a file of RIFE or FILM, for frames between frames"
    parser.add_argument("--interpolation-model", metavar="FILE", help=text)
    parser.add_argument("--max-size", type=int, metavar="PIXELS", help="of a side, at the most (open to others: 1536)")
    parser.add_argument("--max-frames", type=int, metavar="N", help="of a film, at the most (open to others: 2000)")
    parser.add_argument("--max-steps", type=int, metavar="N", help="of sampling, at the most (open to others: 60)")
    parser.add_argument("--max-upload", type=int, metavar="MB", help="of a file, at the most (open to others: 16)")


def show(options: PageOptions) -> None:
    """Serve the page until Ctrl-C, which stops the current run like the page's button; it can be resumed. Raises BadInput."""
    from lib_anim.page.forms import LISTENING, Limits
    from lib_anim.page.server import Address, serve
    from lib_anim.page.service import Service

    host = options.host or ("0.0.0.0" if options.listen else "127.0.0.1")
    names = tuple(name.strip() for name in (options.server_name or "").split(",") if name.strip())
    address = Address(host, options.port, options.auth, options.no_auth, names)
    address.check()  # before folders and threads are created
    if (options.fetch or options.fetch_local) and not address.private:
        raise BadInput("others can reach this page, and would fetch from this machine's network; leave out --fetch")
    most = Limits() if address.private else LISTENING
    limits = Limits(
        options.max_size or most.side,
        options.max_frames or most.frames,
        options.max_steps or most.steps,
        options.max_upload * 2**20 if options.max_upload else most.upload,
    )
    networks = {key: getattr(options, key, None) for key in NETWORKS}
    defaults = {key: str(Path(path).absolute()) for key, path in networks.items() if path}
    service = Service(
        options.out,
        page_engine(options.engine),
        Engines(before_loading=say_which_model),
        limits,
        ffmpeg=lambda: options.ffmpeg,
        defaults=lambda: defaults,
        may_fetch=lambda: options.fetch or options.fetch_local,
        fetch_local=options.fetch_local,
        models=_folder(options.models),
    )
    serve(service, address, options.language, partial(print, flush=True), options.live)


def _folder(name: str | None) -> Path | None:
    """Return the folder of models. Raises BadInput if there is none."""
    if name is None:
        return None
    path = Path(name).expanduser()
    if not path.is_dir():
        raise BadInput(f"--models {name}: there is no such folder")
    return path.absolute()


def page_engine(asked: EngineSpec) -> EngineSpec:
    """Return the engine of the page: the requested one, else the bundled small model, or the preview if that cannot run."""
    if asked.kind:
        return asked
    return replace(asked, kind="diffusers" if asked.model or _toy_runs() else "preview")


def _toy_runs() -> bool:
    """Return whether the bundled small model and the packages that run it are installed."""
    from lib_anim.engines.diffusers.checkpoint import BUNDLED

    return BUNDLED.exists() and all(importlib.util.find_spec(name) for name in ("torch", "diffusers"))
