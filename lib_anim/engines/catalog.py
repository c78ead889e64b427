"""The painters a page can ask for: how each is made, and the one that is loaded, kept.

Which painter it is comes from outside (the command line, a WebUI); the preview is always there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from lib_anim.engines.base import Capabilities, Engine, Palette
from lib_anim.engines.preview import Preview


@dataclass(frozen=True)
class Painter:
    """A kind of engine: `name` for people, `family` of its model (essentials.FAMILIES) for the sizes of pictures.

    `load` makes the engine, which may take minutes; `capabilities` tells without that. `begun` is what the journal of a
    run notes, so that `anim run --resume` finds the same painter again.
    """

    kind: str
    name: str
    load: Callable[[], Engine]
    capabilities: Callable[[], Capabilities]
    family: Callable[[], str] = lambda: "sd1"
    begun: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    cautions: Callable[[], Sequence[Mapping[str, object]]] = tuple  # what stands in the way of painting: {text, values}
    palette: Callable[[], Palette] = Palette  # what prompts can name; asked for when a page is opened
    kept: bool = True  # False where making it is cheap and depends on what is chosen now


PREVIEW = Painter("preview", "camera preview, no model", Preview, lambda: Preview.capabilities)


class Painters:
    """The page's painter, and the preview. Each engine is loaded once, when it is first asked for, and kept."""

    def __init__(self, main: Painter):
        self.main = main
        self._painters = {PREVIEW.kind: PREVIEW, main.kind: main}
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def __getitem__(self, kind: str) -> Painter:
        return self._painters[kind]

    def __contains__(self, kind: str) -> bool:
        return kind in self._painters

    def loaded(self, kind: str) -> bool:
        """Whether asking for the engine costs nothing."""
        return kind in self._engines

    def engine(self, kind: str) -> Engine:
        """The engine of a kind, loaded now if it was not. Raises what loading raises (ModelError)."""
        with self._lock:
            if not self._painters[kind].kept:
                return self._painters[kind].load()
            if kind not in self._engines:
                self._engines[kind] = self._painters[kind].load()
            return self._engines[kind]

    def close(self) -> None:
        """Give back what the engines hold."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].close()
