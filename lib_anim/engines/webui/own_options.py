"""The options of the WebUI around us for the time of one picture: a film has its own, and what people choose stays chosen.

People set options whenever they like; only loading a model waits for the queue's lock. So a film's options are put in while
we hold the lock, those that choose the model are given back as soon as it is loaded, the others after the picture, and none
is given back over what somebody chose meanwhile. The host's own `override_settings` give back what was there before.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import ModuleType, TracebackType
from typing import Any

from lib_anim.engines.webui.job_fields import MODEL
from lib_anim.errors import EngineError
from lib_anim.messages import Message

_GONE = (
    "the WebUI no longer has the checkpoint '{name}' that this film is painted with; put it back into its folder and go on, "
    "or choose another"
)
_ABSENT = object()  # of an option that nobody has set yet


class OwnOptions:
    """A context in which the host's options are `ours`. The queue's lock is held all the time.

    `touched` says afterwards whether another model was loaded or chosen on the way, so that the picture does not count.
    Raises EngineError where the host no longer has our checkpoint.
    """

    def __init__(self, ours: Mapping[str, object]):
        self.touched = False
        self._ours = ours
        self._theirs: dict[str, object] = {}
        self._loaded: object = None

    def __enter__(self) -> OwnOptions:
        _require_checkpoint(self._ours.get("sd_model_checkpoint"))
        data = _options()
        self._theirs = {key: data.get(key, _ABSENT) for key in self._ours}
        data.update(self._ours)
        self._choose(self._differing())
        return self

    def model_is_loaded(self) -> None:
        """The host has loaded what it paints with: from now on people see and choose their own model again."""
        data = _options()
        self.touched = not all(self._is_ours(key, data) for key in MODEL if key in self._ours) or self._is_another()
        self._loaded = _loaded()
        self._give_back(MODEL)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.touched = self.touched or (self._loaded is not None and self._loaded != _loaded())
        self._give_back(tuple(self._theirs))
        if "sd_vae" in self._ours and _options().get("sd_vae") != self._ours["sd_vae"]:
            _reload_vae()

    def _differing(self) -> set[str]:
        return {key for key, value in self._theirs.items() if key in MODEL and value != self._ours[key]}

    def _choose(self, changed: set[str]) -> None:
        """Have the host take note of options that choose the model."""
        if changed:
            _refresh_forge()
        if "sd_vae" in changed:  # a host looks at this one only when it loads a checkpoint
            _module("sd_models").reload_model_weights()
            _reload_vae()

    def _give_back(self, keys: Iterable[str]) -> None:
        """Put back what was there, but for what somebody chose meanwhile."""
        changed, data = self._differing(), _options()
        for key in keys:
            before = self._theirs.pop(key, data.get(key))
            if key not in self._ours or not self._is_ours(key, data):
                continue
            if before is _ABSENT:
                data.pop(key, None)
            else:
                data[key] = before
        if changed.intersection(keys):
            _refresh_forge()

    def _is_ours(self, key: str, data: Mapping[str, Any]) -> bool:
        """Whether an option still has our value; hosts write the full name of a checkpoint once they have loaded it."""
        now, ours = data.get(key), self._ours[key]
        return bool(now == ours or (key == "sd_model_checkpoint" and _known(ours) and _known(now) is _known(ours)))

    def _is_another(self) -> bool:
        """Whether the checkpoint that the host has loaded is known to be another than ours."""
        ours = _known(self._ours.get("sd_model_checkpoint"))
        loaded = getattr(getattr(_module("shared"), "sd_model", None), "sd_checkpoint_info", None)
        return bool(ours and loaded and getattr(ours, "filename", None) != getattr(loaded, "filename", None))


def chosen_model() -> dict[str, object]:
    """The options that choose the model, as they are now; those that the host has."""
    data = _options()
    return {key: data[key] for key in MODEL if data.get(key) not in (None, "")}


def _loaded() -> tuple[object, ...]:
    """What the host has loaded, to be compared."""
    model = getattr(_module("shared"), "sd_model", None)
    checkpoint = getattr(getattr(model, "sd_checkpoint_info", None), "filename", None)
    vae = getattr(_optional("modules.sd_vae"), "loaded_vae_file", None)
    forge = getattr(getattr(_module("sd_models"), "model_data", None), "forge_hash", None)
    return model, checkpoint, vae, forge


def _known(checkpoint: object) -> Any:
    """What the host knows of a checkpoint by any of its names; None when it does not know it, or does not tell."""
    return (getattr(_module("sd_models"), "checkpoint_aliases", None) or {}).get(checkpoint)


def _require_checkpoint(checkpoint: object) -> None:
    """Raise EngineError where the host would take another in place of a checkpoint that is gone."""
    tells = bool(getattr(_module("sd_models"), "checkpoint_aliases", None))
    if checkpoint and tells and _known(checkpoint) is None:
        raise EngineError(Message(_GONE, name=str(checkpoint)))


def _refresh_forge() -> None:
    """The Forges load what they last read from the options."""
    refresh = getattr(_optional("modules_forge.main_entry"), "refresh_model_loading_parameters", None)
    if refresh:
        refresh()


def _reload_vae() -> None:
    reload = getattr(_optional("modules.sd_vae"), "reload_vae_weights", None)
    if reload:
        reload()


def _options() -> dict[str, Any]:
    data: dict[str, Any] = _module("shared").opts.data
    return data


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"modules.{name}")


def _optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
