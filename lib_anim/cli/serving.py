"""The command that shows the page: `anim ui`."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lib_anim.cli.filming import REMEMBERED, capabilities_of, close_engines, engine_of, palette_of
from lib_anim.cli.opening import Options
from lib_anim.engines.base import Capabilities, Engine, Palette
from lib_anim.errors import BadInput

if TYPE_CHECKING:
    from lib_anim.engines.catalog import Painter

TOY = "the small model that comes along, a toy"


def ui(options: Options) -> None:
    """Show the page until Ctrl-C; the run under way is then stopped as by its button, and can be gone on with."""
    from lib_anim.engines.catalog import Painters
    from lib_anim.page.forms import LISTENING, Limits
    from lib_anim.page.server import Address, serve
    from lib_anim.page.service import Desk

    host = options.host or ("0.0.0.0" if options.listen else "127.0.0.1")
    address = Address(host, options.port, options.auth, options.no_auth)
    address.check()  # before anything is made
    if options.fetch and not address.private:
        raise BadInput("others can reach this page, and would fetch from this machine's network; leave out --fetch")
    most = LISTENING if options.listen else Limits()
    limits = Limits(
        options.max_size or most.side,
        options.max_frames or most.frames,
        options.max_steps or most.steps,
        options.max_upload * 2**20 if options.max_upload else most.upload,
    )
    said = {"flow_model": str(Path(options.flow_model).absolute())} if options.flow_model else {}
    allowed = {"defaults": lambda: said, "may_fetch": lambda: options.fetch}
    desk = Desk(Path(options.out), Painters(_painter(options)), limits, lambda: options.ffmpeg, **allowed)
    try:
        serve(desk, address, options.language, lambda url: print(url, flush=True))
    finally:
        close_engines(options)


def _painter(options: Options) -> Painter:
    """The painter of the page, by the same options as `anim run`: without a model the toy that comes along, and where it
    cannot run the camera preview."""
    from lib_anim.engines.catalog import PREVIEW, Painter
    from lib_anim.engines.diffusers.family_sizes import family

    model = options.model or _toy()
    kind = options.engine or ("diffusers" if model else "preview")
    if kind == PREVIEW.kind:
        return PREVIEW

    def load() -> Engine:
        return engine_of(kind, options)

    @lru_cache(maxsize=1)  # asked for with every look at a form, and webui-api asks another machine
    def capabilities() -> Capabilities:
        return capabilities_of(kind, options)

    def palette() -> Palette:
        return palette_of(kind, options)

    name = Path(options.model).name if options.model else TOY if kind == "diffusers" else kind
    begun = {key: getattr(options, key, None) for key in REMEMBERED if key not in ("engine", "allow_missing")}
    return Painter(kind, name, load, capabilities, lambda: family(model) if model else "sd1", begun, palette=palette)


def _toy() -> str | None:
    """The model that comes along, where there is one and something to run it."""
    from lib_anim.engines.diffusers import checkpoint

    model = getattr(checkpoint, "BUNDLED", None)
    runs = all(importlib.util.find_spec(name) for name in ("torch", "diffusers"))
    return str(model) if runs and model and Path(model).exists() else None
