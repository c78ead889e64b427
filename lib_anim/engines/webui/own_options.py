"""The host WebUI's options during one picture: a film has its own options, and what users choose persists.

Users can set options at any time; only loading a model waits for the queue's lock. So a film's options are set while the lock
is held. Those that choose the model are restored as soon as the model is loaded, the others after the picture. An option that
a user changed meanwhile is not restored; the host's own `override_settings` would overwrite it.
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
_ABSENT = object()  # the value of an option that was never set


class OwnOptions:
    """A context in which the host's options are `ours`. The caller holds the queue's lock.

    Afterwards `touched` is whether another model was loaded or chosen meanwhile; then the picture must be discarded.
    Raises EngineError if the host no longer has our checkpoint.
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
        self._select(self._changed_models())
        return self

    def model_is_loaded(self) -> None:
        """Restore the options that choose the model. Called when the host has loaded the model for the picture."""
        data = _options()
        self.touched = not all(self._is_ours(key, data) for key in MODEL if key in self._ours) or self._is_another()
        self._loaded = _loaded()
        self._restore(MODEL)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.touched = self.touched or (self._loaded is not None and self._loaded != _loaded())
        self._restore(tuple(self._theirs))
        if "sd_vae" in self._ours and _options().get("sd_vae") != self._ours["sd_vae"]:
            _reload_vae()

    def _changed_models(self) -> set[str]:
        """Return the options that choose the model and whose previous value differs from ours."""
        return {key for key, value in self._theirs.items() if key in MODEL and value != self._ours[key]}

    def _select(self, changed: set[str]) -> None:
        """Make the host apply changed options that choose the model."""
        if changed:
            _refresh_forge()
        if "sd_vae" in changed:  # hosts read this option only when they load a checkpoint
            _module("sd_models").reload_model_weights()
            _reload_vae()

    def _restore(self, keys: Iterable[str]) -> None:
        """Restore options, except those that a user changed meanwhile."""
        changed, data = self._changed_models(), _options()
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
        """Return whether an option still has our value. Hosts write the full name of a checkpoint after loading it."""
        now, ours = data.get(key), self._ours[key]
        return bool(now == ours or (key == "sd_model_checkpoint" and _known(ours) and _known(now) is _known(ours)))

    def _is_another(self) -> bool:
        """Return whether the host has certainly loaded another checkpoint than ours."""
        ours = _known(self._ours.get("sd_model_checkpoint"))
        loaded = getattr(getattr(_module("shared"), "sd_model", None), "sd_checkpoint_info", None)
        return bool(ours and loaded and getattr(ours, "filename", None) != getattr(loaded, "filename", None))


def chosen_model() -> dict[str, object]:
    """Return the current options that choose the model, as far as the host has them."""
    data = _options()
    return {key: data[key] for key in MODEL if data.get(key) not in (None, "")}


def _loaded() -> tuple[object, ...]:
    """Return what identifies the loaded model, for comparison."""
    model = getattr(_module("shared"), "sd_model", None)
    checkpoint = getattr(getattr(model, "sd_checkpoint_info", None), "filename", None)
    vae = getattr(_optional("modules.sd_vae"), "loaded_vae_file", None)
    forge = getattr(getattr(_module("sd_models"), "model_data", None), "forge_hash", None)
    return model, checkpoint, vae, forge


def _known(checkpoint: object) -> Any:
    """Return the host's entry of a checkpoint by any of its names; None if it is unknown or the host has no such list."""
    return (getattr(_module("sd_models"), "checkpoint_aliases", None) or {}).get(checkpoint)


def _require_checkpoint(checkpoint: object) -> None:
    """Raise EngineError if a checkpoint no longer exists, since the host would load another one."""
    has_list = bool(getattr(_module("sd_models"), "checkpoint_aliases", None))
    if checkpoint and has_list and _known(checkpoint) is None:
        raise EngineError(Message(_GONE, name=str(checkpoint)))


def _refresh_forge() -> None:
    """Make a Forge read the options again; it loads what it read last."""
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
