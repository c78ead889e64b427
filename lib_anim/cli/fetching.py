"""The command that fetches a depth model: it says what, from where, how large and under which licence, and asks."""

from __future__ import annotations

import sys

from lib_anim.cli.console import say
from lib_anim.cli.options import FetchDepthOptions
from lib_anim.errors import BadInput, FieldError, SettingsError
from lib_anim.media import fetched_depth
from lib_anim.media.fetched_depth import HUB, LICENCE, MODEL
from lib_anim.messages import Message, visible


def fetch_depth(options: FetchDepthOptions) -> None:
    """Fetch the depth model after the person agreed. Raises SettingsError, OutputError, BadInput."""
    hub = options.mirror or HUB
    try:
        files = fetched_depth.look_up(hub, local=options.fetch_local)
        size = sum(file.size for file in files) / 2**20
        text = "{model} from {hub}: {size} MB, licence {licence}"
        say(Message(text, model=MODEL, hub=hub, size=f"{size:.0f}", licence=LICENCE))
        for file in files:
            if file.sha256:
                say(Message("{name}: SHA-256 {checksum}", name=file.name, checksum=file.sha256))
        if not (options.yes or _agreed()):
            raise BadInput("nothing is fetched; --yes agrees")
        place = fetched_depth.fetch(files, say, hub, local=options.fetch_local)
    except FieldError as error:
        raise SettingsError([error.of("")]) from None
    print(visible(str(place)))


def _agreed() -> bool:
    """Ask whether to fetch. No where nobody can answer."""
    if not sys.stdin or not sys.stdin.isatty():
        return False
    return input("Fetch it? [y/N] ").strip().lower() in ("y", "yes")
