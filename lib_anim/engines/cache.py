"""A cache of loaded engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from lib_anim.engines.base import Capabilities, Engine
from lib_anim.engines.catalog import EngineSpec, kind_of
from lib_anim.engines.record import ModelRecord
from lib_anim.errors import ModelError


class Engines:
    """A cache of engines by specification. Each is loaded at first use and closed by `close`. Thread-safe.

    Of heavy engines only the last one is kept: another is closed before it is loaded, so callers use one at a time.
    `before_loading` is called with each specification before it is loaded.
    """

    def __init__(
        self,
        loaded: Mapping[EngineSpec, Engine] | None = None,
        before_loading: Callable[[EngineSpec], object] = lambda _spec: None,
    ):
        self._loaded = dict(loaded or {})
        self._before_loading = before_loading
        self._faults: dict[EngineSpec, str] = {}
        self._lock = threading.Lock()

    def get(self, spec: EngineSpec) -> Engine:
        """Return the engine, loading it if needed. Raises ModelError."""
        with self._lock:
            engine = self._loaded.get(spec)
            if engine is None:
                self._before_loading(spec)
                engine = self._load(spec)
                if kind_of(spec).cached:
                    self._loaded[spec] = engine
            return engine

    def fault(self, spec: EngineSpec) -> str:
        """Return why the engine could not be loaded when it was tried last, a Message, or ""."""
        return self._faults.get(spec, "")

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        """Return what the engine supports, without loading a model. Raises ModelError."""
        return self.get(spec).capabilities if kind_of(spec).reports else spec.capabilities()

    def chosen(self, spec: EngineSpec) -> EngineSpec:
        """Return `spec` with the model that is chosen in the WebUI now; unchanged for other engines. Raises ModelError."""
        kind = kind_of(spec)
        return spec.choosing(kind.chosen(self.get(spec) if kind.reports else None))

    def record(self, spec: EngineSpec, texts: Iterable[str]) -> ModelRecord:
        """Return the record of the model and the LoRAs that the prompts `texts` name, without loading it. Raises ModelError."""
        kind, words = kind_of(spec), list(texts)
        return self.get(spec).record(words) if kind.reports else kind.record(spec, words)

    def has(self, spec: EngineSpec) -> bool:
        """Return whether the engine is loaded."""
        return spec in self._loaded

    def close(self) -> None:
        """Close all engines."""
        with self._lock:
            while self._loaded:
                self._loaded.popitem()[1].close()

    def _load(self, spec: EngineSpec) -> Engine:
        """Load an engine. The caller holds the lock."""
        others = [other for other in self._loaded if kind_of(other).heavy and kind_of(spec).heavy]
        for other in others:
            self._loaded.pop(other).close()
        self._faults.pop(spec, None)
        try:
            return spec.load()
        except ModelError as error:
            self._faults[spec] = error.message
            raise
