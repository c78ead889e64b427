"""The catalogue of engines: a table of kinds, and specifications as plain data (`EngineSpec`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.engines.base import Capabilities, Engine, Palette
from lib_anim.engines.diffusers import family_sizes
from lib_anim.engines.diffusers.controlnets import BUNDLED_CONTROLNETS, find_controlnets
from lib_anim.engines.diffusers.networks import lora_names
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.engines.record import ModelRecord
from lib_anim.engines.webui import engine as webui
from lib_anim.engines.webui import model_facts
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui.own_options import chosen_model
from lib_anim.models.depth import DepthNetwork
from lib_anim.models.upscale import Upscaler

if TYPE_CHECKING:
    from lib_anim.engines.webui.api import WebuiApiEngine

TOY = "the small model that comes along, a toy"


@dataclass(frozen=True)
class EngineSpec:
    """The specification of an engine: plain data that can be compared, pickled, and written to the journal.

    kind                  one of KINDS, or "" until `choose` decides
    model                 a checkpoint's file or folder; for webui-api the checkpoint's name in the WebUI
    url                   of that WebUI; may contain a login
    loras, embeddings, controlnets
                          folders
    motion_module         a motion module's file or folder, or the name of one that comes along: clips are painted
    options               of a WebUI: those that choose the model there, as pairs; nothing is what is chosen when it is loaded
    """

    kind: str = ""
    model: str | None = None
    url: str | None = field(default=None, repr=False)
    device: str | None = None
    loras: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()
    controlnets: tuple[str, ...] = ()
    motion_module: str | None = None
    low_vram: bool = False
    allow_pickle: bool = False
    allow_download: bool = False
    options: tuple[tuple[str, object], ...] = ()

    def load(self) -> Engine:
        """Load the engine; may take minutes. Raises ModelError."""
        return _KINDS[self.kind].load(self)

    def check(self) -> None:
        """Check that the engine can be loaded, as far as that is known without loading it. Raises ModelError."""
        _KINDS[self.kind].check(self)

    def capabilities(self) -> Capabilities:
        """Return what the engine supports, without loading a model. Raises ModelError."""
        return _KINDS[self.kind].capabilities(self)

    def depth(self, name: str) -> DepthNetwork | None:
        """Return the engine's own depth network of a name, None if it has none."""
        return _KINDS[self.kind].depth(name)

    def upscaler(self, name: str) -> Upscaler | None:
        """Return the engine's own upscaler of a name, None if it has none."""
        return _KINDS[self.kind].upscaler(name)

    def palette(self) -> Palette:
        """Return what prompts can name. Raises ModelError."""
        return _KINDS[self.kind].palette(self)

    def family(self) -> str:
        """Return the model's family, one of essentials.FAMILIES, which decides picture sizes."""
        return _KINDS[self.kind].family(self)

    def title(self) -> str:
        """Return the name to show people."""
        return _KINDS[self.kind].title(self)

    def few_steps(self) -> bool:
        """Whether the model is made for few steps and CFG scale 1."""
        return _KINDS[self.kind].few_steps()

    def choosing(self, options: Mapping[str, object]) -> EngineSpec:
        """The same with the model that these options of a WebUI choose."""
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
        return replace(self, options=tuple(sorted(plain.items())))

    def cautions(self) -> list[dict[str, object]]:
        """Return warnings about the engine's configuration, as {text, values}."""
        return _KINDS[self.kind].cautions()

    def completed(self, begun: EngineSpec) -> EngineSpec:
        """Return this specification with empty fields filled from `begun`, unless that is of another kind."""
        if self.kind and begun.kind and self.kind != begun.kind:
            return self
        return EngineSpec(**{one.name: getattr(self, one.name) or getattr(begun, one.name) for one in fields(self)})

    def reaching(self) -> tuple[str, ...]:
        """Return the set fields that refer to something outside of a run's folder: an address, files."""
        return tuple(name for name in _KINDS[self.kind].reaching if getattr(self, name))

    def to_journal(self) -> dict[str, object]:
        """Return the fields for the journal's `start` line: no login, and no permissions, which hold for one run only."""
        public = replace(self, url=_KINDS[self.kind].public_url(self))
        return {key: getattr(public, name) for key, name in _JOURNAL.items()}

    @classmethod
    def from_journal(cls, line: Mapping[str, object]) -> EngineSpec:
        """Read a `start` line; missing fields get their defaults. Returns ANY for an unknown engine or a field of a wrong type,
        since the run's engine is unknown then."""
        values: dict[str, Any] = {}
        for key, name in _JOURNAL.items():
            if value := line.get(key):
                if not isinstance(value, _TYPES.get(name, str)):
                    return ANY
                values[name] = tuple(map(str, value)) if isinstance(value, list) else value
        return cls(**values) if values.get("kind") in _KINDS else ANY


# key of a `start` line -> field
_JOURNAL = {
    "engine": "kind",
    "url": "url",
    "model": "model",
    "device": "device",
    "lora": "loras",
    "embeddings": "embeddings",
    "controlnet": "controlnets",
    "motion_module": "motion_module",
    "low_vram": "low_vram",
}
# of fields other than texts
_TYPES: Mapping[str, type] = {"loras": list, "embeddings": list, "controlnets": list, "low_vram": bool}


@dataclass(frozen=True)
class Kind:
    """A kind of engine. `cached`: one engine serves all films; otherwise each film gets its own. `reports`: the loaded engine
    reports its capabilities, since loading it is quick but a request for them is not. `reaching`: fields that refer to
    something outside of a run's folder. `chosen`: the options that select its model now, where people select it elsewhere.
    `record`: the model that it paints with, known without loading it. `heavy`: its weights fill the memory, so that one such
    engine is loaded at a time."""

    load: Callable[[EngineSpec], Engine]
    capabilities: Callable[[EngineSpec], Capabilities]
    title: Callable[[EngineSpec], str]
    palette: Callable[[EngineSpec], Palette] = lambda _spec: Palette()
    depth: Callable[[str], DepthNetwork | None] = lambda _name: None
    upscaler: Callable[[str], Upscaler | None] = lambda _name: None
    family: Callable[[EngineSpec], str] = lambda _spec: "sd1"
    cautions: Callable[[], list[dict[str, object]]] = list
    public_url: Callable[[EngineSpec], str | None] = lambda _spec: None
    few_steps: Callable[[], bool] = bool
    check: Callable[[EngineSpec], None] = lambda _spec: None
    cached: bool = True
    heavy: bool = False
    reports: bool = False
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
    from lib_anim.engines.webui.address import split_login
    from lib_anim.engines.webui.api import DEFAULT_URL

    return split_login(spec.url or DEFAULT_URL)[0]


def _load_diffusers(spec: EngineSpec) -> Engine:
    from lib_anim.engines.diffusers.clip import ClipEngine
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    load = partial(ClipEngine.load_with, spec.motion_module) if spec.motion_module else DiffusersEngine.load
    return load(
        _checkpoint(spec),
        device=spec.device,
        lora_folders=spec.loras,
        embedding_folders=spec.embeddings,
        controlnet_folders=_controlnet_folders(spec),
        low_vram=spec.low_vram,
        allow_pickle=spec.allow_pickle,
        allow_download=spec.allow_download,
    )


def _check_diffusers(spec: EngineSpec) -> None:
    from lib_anim.engines.diffusers import checkpoint, motion

    checkpoint.check(_checkpoint(spec), allow_pickle=spec.allow_pickle)
    if spec.motion_module:
        motion.check(spec.motion_module, Path(_checkpoint(spec)), allow_pickle=spec.allow_pickle)


def _checkpoint(spec: EngineSpec) -> str | Path:
    from lib_anim.engines.diffusers.checkpoint import BUNDLED

    return spec.model or BUNDLED


def _controlnet_folders(spec: EngineSpec) -> tuple[str, ...]:
    """The user's folders, then, for the small model that comes along, the one of its own."""
    return spec.controlnets if spec.model else (*spec.controlnets, str(BUNDLED_CONTROLNETS))


def _diffusers_capabilities(spec: EngineSpec) -> Capabilities:
    from lib_anim.engines.diffusers import clip, engine

    can = clip.CAPABILITIES if spec.motion_module else engine.CAPABILITIES
    found = find_controlnets(_controlnet_folders(spec), allow_pickle=spec.allow_pickle)
    return replace(can, words=can.words.union(() if spec.model else ("small_world",)), controls=tuple(sorted(found)))


_KINDS: Mapping[str, Kind] = {
    "webui": Kind(
        load=lambda spec: host_options.engine(_options_of(spec)),
        capabilities=lambda _spec: webui.capabilities(host_options.let_through()),
        title=lambda _spec: "painted by this WebUI",
        palette=lambda _spec: webui.palette(),
        depth=webui.depth,
        upscaler=webui.upscaler,
        family=lambda _spec: webui.family(),
        cautions=host_options.cautions,
        few_steps=webui.few_steps,
        chosen=lambda _engine: chosen_model(),
        record=lambda spec, texts: model_facts.record(_options_of(spec) or chosen_model(), texts),
        cached=False,  # it is bound to the checkpoint that was selected when it was created
    ),
    "webui-api": Kind(
        load=_load_api,
        capabilities=_api_capabilities,
        title=_name_or_kind,
        palette=_api_palette,
        public_url=_url_without_login,
        reports=True,
        reaching=("kind", "url"),
        chosen=_api_chosen,
    ),
    "diffusers": Kind(
        load=_load_diffusers,
        capabilities=_diffusers_capabilities,
        title=lambda spec: Path(spec.model).name if spec.model else TOY,
        palette=lambda spec: Palette.of(lora_names(spec.loras, allow_pickle=spec.allow_pickle)),
        family=lambda spec: family_sizes.family(_checkpoint(spec)),
        check=_check_diffusers,
        heavy=True,
        reaching=("model", "loras", "embeddings", "controlnets", "motion_module"),
    ),
    "preview": Kind(
        load=lambda _spec: Preview(),
        capabilities=lambda _spec: Preview.capabilities,
        title=lambda _spec: "camera preview, no model",
    ),
    "passthrough": Kind(
        load=lambda _spec: Passthrough(),
        capabilities=lambda _spec: Passthrough.capabilities,
        title=_name_or_kind,
    ),
}
KINDS = tuple(_KINDS)
ANY = EngineSpec()  # no engine was specified
PREVIEW = EngineSpec("preview")


def kind_of(spec: EngineSpec) -> Kind:
    """Return the table's row of a specification."""
    return _KINDS[spec.kind]
