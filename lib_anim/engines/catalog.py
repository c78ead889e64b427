"""Which engines there are: a table of their kinds, what is asked for as plain data (`EngineSpec`), and the cache of those
that are loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.engines.base import Capabilities, Engine, Palette
from lib_anim.engines.diffusers import family_sizes
from lib_anim.engines.diffusers.networks import lora_names
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.engines.record import ModelRecord
from lib_anim.engines.webui import engine as webui
from lib_anim.engines.webui import model_facts
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui.own_options import chosen_model
from lib_anim.errors import ModelError

if TYPE_CHECKING:
    from lib_anim.engines.webui.api import WebuiApiEngine

TOY = "the small model that comes along, a toy"


@dataclass(frozen=True)
class EngineSpec:
    """An engine, not loaded: plain data that can be compared, pickled, and written into a journal.

    kind                  one of KINDS, or "" as long as `choose` has not decided
    model                 a checkpoint's file or folder; of a WebUI elsewhere the name that it has there
    url                   of that WebUI, perhaps with a login
    loras, embeddings     folders
    options               of a WebUI: those that choose the model there, as pairs; nothing is what is chosen when it is loaded
    """

    kind: str = ""
    model: str | None = None
    url: str | None = field(default=None, repr=False)
    device: str | None = None
    loras: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()
    low_vram: bool = False
    allow_pickle: bool = False
    allow_download: bool = False
    options: tuple[tuple[str, object], ...] = ()

    def load(self) -> Engine:
        """The engine itself, which may take minutes. Raises ModelError."""
        return _KINDS[self.kind].load(self)

    def capabilities(self) -> Capabilities:
        """What the engine can do, without loading a model. Raises ModelError."""
        return _KINDS[self.kind].capabilities(self)

    def palette(self) -> Palette:
        """What prompts can name. Raises ModelError."""
        return _KINDS[self.kind].palette(self)

    def family(self) -> str:
        """The family of the model (essentials.FAMILIES), which decides on the sizes of pictures."""
        return _KINDS[self.kind].family(self)

    def title(self) -> str:
        """What people call it."""
        return _KINDS[self.kind].title(self)

    def notes(self) -> list[str]:
        """What acts on its pictures besides, a sentence each."""
        return _KINDS[self.kind].notes()

    def few_steps(self) -> bool:
        """Whether the model is made for few steps and CFG scale 1."""
        return _KINDS[self.kind].few_steps()

    def choosing(self, options: Mapping[str, object]) -> EngineSpec:
        """The same with the model that these options of a WebUI choose."""
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
        return replace(self, options=tuple(sorted(plain.items())))

    def cautions(self) -> list[dict[str, object]]:
        """What stands in the way of painting: {text, values}, the values for the blanks of the text."""
        return _KINDS[self.kind].cautions()

    def completed(self, begun: EngineSpec) -> EngineSpec:
        """This, and what `begun` says where this says nothing; of another kind of engine it says nothing."""
        if self.kind and begun.kind and self.kind != begun.kind:
            return self
        return EngineSpec(**{one.name: getattr(self, one.name) or getattr(begun, one.name) for one in fields(self)})

    def reaching(self) -> tuple[str, ...]:
        """The fields by which it reaches beyond a run's folder: to an address, to files."""
        return tuple(name for name in _KINDS[self.kind].reaching if getattr(self, name))

    def to_journal(self) -> dict[str, object]:
        """As the `start` line of a journal has it: no login, and no permissions, which are given anew each time."""
        public = replace(self, url=_KINDS[self.kind].public_url(self))
        return {key: getattr(public, name) for key, name in _JOURNAL.items()}

    @classmethod
    def from_journal(cls, line: Mapping[str, object]) -> EngineSpec:
        """What a `start` line says; fields that it lacks have their defaults. ANY where it names no engine that there is, or
        a field is not of its kind: then nobody knows what it was begun with."""
        said: dict[str, Any] = {}
        for key, name in _JOURNAL.items():
            if value := line.get(key):
                if not isinstance(value, _TYPES.get(name, str)):
                    return ANY
                said[name] = tuple(map(str, value)) if isinstance(value, list) else value
        return cls(**said) if said.get("kind") in _KINDS else ANY


# key of a `start` line -> field
_JOURNAL = {
    "engine": "kind",
    "url": "url",
    "model": "model",
    "device": "device",
    "lora": "loras",
    "embeddings": "embeddings",
    "low_vram": "low_vram",
}
_TYPES: Mapping[str, type] = {"loras": list, "embeddings": list, "low_vram": bool}  # of fields that are no text


@dataclass(frozen=True)
class _Kind:
    """What there is to know of a kind of engine. `kept`: one engine serves all films; else each film gets its own.
    `asked`: the engine itself tells its capabilities, since making it is quick and asking anew is not. `reaching`: the
    fields by which it reaches beyond a run's folder. `chosen`: the options that choose its model now, where people choose it
    elsewhere; `record`: what is painted with, told without loading."""

    load: Callable[[EngineSpec], Engine]
    capabilities: Callable[[EngineSpec], Capabilities]
    title: Callable[[EngineSpec], str]
    palette: Callable[[EngineSpec], Palette] = lambda _spec: Palette()
    family: Callable[[EngineSpec], str] = lambda _spec: "sd1"
    cautions: Callable[[], list[dict[str, object]]] = list
    public_url: Callable[[EngineSpec], str | None] = lambda _spec: None
    notes: Callable[[], list[str]] = list
    few_steps: Callable[[], bool] = bool
    kept: bool = True
    asked: bool = False
    reaching: tuple[str, ...] = ()
    chosen: Callable[[Engine | None], Mapping[str, object]] = lambda _engine: {}
    record: Callable[[EngineSpec, Sequence[str]], ModelRecord] = lambda _spec, _texts: ModelRecord()


def _name_or_kind(spec: EngineSpec) -> str:
    return Path(spec.model).name if spec.model else spec.kind


def _load_api(spec: EngineSpec) -> WebuiApiEngine:
    from lib_anim.engines.webui.api import DEFAULT_URL, WebuiApiEngine

    return WebuiApiEngine(spec.url or DEFAULT_URL, spec.model, model=_options_of(spec))


def _options_of(spec: EngineSpec) -> dict[str, object] | None:
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in spec.options}
    return plain or None


def _api_capabilities(spec: EngineSpec) -> Capabilities:
    with closing(_load_api(spec)) as engine:
        return engine.capabilities


def _api_chosen(engine: Engine | None) -> Mapping[str, object]:
    from lib_anim.engines.webui.api import WebuiApiEngine

    assert isinstance(engine, WebuiApiEngine)
    return engine.chosen_now()


def _api_palette(spec: EngineSpec) -> Palette:
    with closing(_load_api(spec)) as engine:
        return engine.palette()


def _url_without_login(spec: EngineSpec) -> str:
    from lib_anim.engines.webui.api import DEFAULT_URL, split_login

    return split_login(spec.url or DEFAULT_URL)[0]


def _load_diffusers(spec: EngineSpec) -> Engine:
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    return DiffusersEngine.load(
        _checkpoint(spec),
        device=spec.device,
        lora_folders=spec.loras,
        embedding_folders=spec.embeddings,
        low_vram=spec.low_vram,
        allow_pickle=spec.allow_pickle,
        allow_download=spec.allow_download,
    )


def _checkpoint(spec: EngineSpec) -> str | Path:
    from lib_anim.engines.diffusers.checkpoint import BUNDLED

    return spec.model or BUNDLED


def _diffusers_capabilities(_spec: EngineSpec) -> Capabilities:
    from lib_anim.engines.diffusers.engine import CAPABILITIES

    return CAPABILITIES


_KINDS: Mapping[str, _Kind] = {
    "webui": _Kind(
        load=lambda spec: host_options.engine(_options_of(spec)),
        capabilities=lambda _spec: webui.capabilities(),
        title=lambda _spec: "painted by this WebUI",
        palette=lambda _spec: webui.palette(),
        family=lambda _spec: webui.family(),
        cautions=host_options.cautions,
        notes=host_options.notes,
        few_steps=webui.few_steps,
        chosen=lambda _engine: chosen_model(),
        record=lambda spec, texts: model_facts.record(_options_of(spec) or chosen_model(), texts),
        kept=False,  # it keeps the checkpoint that was chosen when it was made
    ),
    "webui-api": _Kind(
        load=_load_api,
        capabilities=_api_capabilities,
        title=_name_or_kind,
        palette=_api_palette,
        public_url=_url_without_login,
        asked=True,
        reaching=("kind", "url"),
        chosen=_api_chosen,
    ),
    "diffusers": _Kind(
        load=_load_diffusers,
        capabilities=_diffusers_capabilities,
        title=lambda spec: Path(spec.model).name if spec.model else TOY,
        palette=lambda spec: Palette.of(lora_names(spec.loras, allow_pickle=spec.allow_pickle)),
        family=lambda spec: family_sizes.family(_checkpoint(spec)),
        reaching=("model", "loras", "embeddings"),
    ),
    "preview": _Kind(
        load=lambda _spec: Preview(),
        capabilities=lambda _spec: Preview.capabilities,
        title=lambda _spec: "camera preview, no model",
    ),
    "passthrough": _Kind(
        load=lambda _spec: Passthrough(),
        capabilities=lambda _spec: Passthrough.capabilities,
        title=_name_or_kind,
    ),
}
KINDS = tuple(_KINDS)
ANY = EngineSpec()  # nothing was asked for
PREVIEW = EngineSpec("preview")
_WHATEVER_THE_FILM = ("preview", "passthrough", "webui-api")  # paint also what asks for the camera's preview


def choose(asked: EngineSpec, *, motion_preview: bool) -> EngineSpec:
    """The engine that paints a film: the kind that was asked for; the WebUI around us; else diffusers.

    `motion_preview` is the film's motion_preview_mode. Raises ModelError.
    """
    if asked.kind in _WHATEVER_THE_FILM:
        return asked
    if motion_preview:
        return replace(asked, kind="preview")
    inside = webui.inside()
    if asked.kind == "webui" and not inside:
        raise ModelError("--engine webui: this process is no WebUI; there it is --anim-run-now FILE")
    ours = asked.kind == "webui" or (inside and not asked.kind and not asked.model)
    return replace(asked, kind="webui" if ours else "diffusers")


class Engines:
    """The engines of a process by their specs: each is loaded when it is first asked for, and kept until `close`.

    `before_loading` is told each spec that is about to be loaded. Threads may share it.
    """

    def __init__(
        self,
        loaded: Mapping[EngineSpec, Engine] | None = None,
        before_loading: Callable[[EngineSpec], object] = lambda _spec: None,
    ):
        self._loaded = dict(loaded or {})
        self._before_loading = before_loading
        self._lock = threading.Lock()

    def get(self, spec: EngineSpec) -> Engine:
        """The engine, loaded now if it was not. Raises ModelError."""
        with self._lock:
            engine = self._loaded.get(spec)
            if engine is None:
                self._before_loading(spec)
                engine = spec.load()
                if _KINDS[spec.kind].kept:
                    self._loaded[spec] = engine
            return engine

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        """What the engine can do, without loading a model. Raises ModelError."""
        return self.get(spec).capabilities if _KINDS[spec.kind].asked else spec.capabilities()

    def chosen(self, spec: EngineSpec) -> EngineSpec:
        """The same with the model that is chosen now, where people choose it elsewhere. Raises ModelError."""
        kind = _KINDS[spec.kind]
        return spec.choosing(kind.chosen(self.get(spec) if kind.asked else None))

    def record(self, spec: EngineSpec, texts: Iterable[str]) -> ModelRecord:
        """What a film with these prompts is painted with, told without loading a model. Raises ModelError."""
        kind, words = _KINDS[spec.kind], list(texts)
        return self.get(spec).record(words) if kind.asked else kind.record(spec, words)

    def has(self, spec: EngineSpec) -> bool:
        """Whether asking for the engine costs nothing."""
        return spec in self._loaded

    def close(self) -> None:
        """Give back what the engines hold."""
        with self._lock:
            while self._loaded:
                self._loaded.popitem()[1].close()
