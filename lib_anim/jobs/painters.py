"""The painters of films: the engine that a page was started with, and the models of a folder, of which one can be chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lib_anim import messages
from lib_anim.engines.base import Capabilities
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.engines.diffusers.model_folder import checkpoints
from lib_anim.errors import BadInput, ModelError, OutputError
from lib_anim.extras import how_to_install
from lib_anim.jobs import history
from lib_anim.messages import Message
from lib_anim.runs.resume import OtherModel, PastRun

_OWN = ""  # the name of the engine that the page was started with


class Painters:
    """The engines that a page can paint with; `models` is the folder of models, None without one.

    `chosen` paints the films that are queued from now on. A film that waits or is painted keeps its own.
    """

    def __init__(self, own: EngineSpec, engines: Engines, models: Path | None = None):
        self._own, self._engines, self._models = own, engines, models
        self.chosen = own

    def capabilities(self, engine: EngineSpec) -> Capabilities:
        """Return what an engine supports; a preview knows the small world if the painter does, so that it shows the depth that
        the film will have. Raises ModelError."""
        known = self._engines.capabilities(engine)
        if engine != PREVIEW:
            return known
        try:
            painter = self._engines.capabilities(self.chosen)
        except ModelError:  # nobody answers now
            return known
        return replace(known, words=known.words | painter.words & {"small_world"})

    def choose(self, name: str) -> None:
        """Paint with this model from now on; its weights are loaded when it paints. Raises BadInput, ModelError."""
        spec = self._specs().get(name)
        if spec is None:
            raise BadInput(Message("there is no model '{name}' any more; reload the page", name=name))
        spec.check()
        self.chosen = spec

    def like(self, out: Path, run_id: str) -> EngineSpec:
        """Return the engine that a run in the folder `out` was begun with if it is one of ours, else the chosen one."""
        folder = history.folder_of(out, run_id)
        return (self._ours(history.begun(folder)) if folder else None) or self.chosen

    def of_run(self, past: PastRun, run_id: str, *, other_model: bool) -> EngineSpec:
        """Return our engine that a run was begun with, or one of its kind with `other_model`; never one that its folder names.

        Raises OutputError, OtherModel.
        """
        if own := self._ours(past.engine):
            return own
        now, kind = self.chosen, past.engine.kind
        if not kind:
            raise OutputError(
                Message(
                    "{name}: its journal does not say what painted it, or is not whole; "
                    "go on with it by anim run --engine E --resume {path}",
                    name=run_id,
                    path=past.folder.path,
                )
            )
        if kind != now.kind:
            text = "{name} was begun with the painter '{before}'; this page has {now}"
            raise OutputError(Message(text, name=run_id, before=kind, now=now.kind))
        if past.engine.title() != now.title() and not other_model:
            differs = "the model was '{before}' and is '{now}'"
            raise OtherModel([Message(differs, before=past.engine.title(), now=now.title())])
        return now

    def describe(self) -> dict[str, object]:
        """Describe the painter for the page: names and labels of `models`, which of them is `chosen`, its `fault` if it could
        not be loaded, and the `advice` on how to get a real one."""
        spec, specs = self.chosen, self._specs()
        fault, advice = self._engines.fault(spec), self._advice(len(specs) > 1)
        return {
            "kind": spec.kind,
            "name": spec.title(),
            "ready": self._engines.has(spec),
            "models": [[name, name or one.title()] for name, one in specs.items()] if len(specs) > 1 else [],
            "chosen": next((name for name, one in specs.items() if one == spec), _OWN),
            "fault": messages.as_data(fault) if fault else None,
            "advice": messages.as_data(advice) if advice else None,
        }

    def _ours(self, begun: EngineSpec) -> EngineSpec | None:
        """Return the engine of ours with the kind and the model that a journal names, or None."""
        known = (self.chosen, PREVIEW, *self._specs().values())
        return next((one for one in known if (one.kind, one.model) == (begun.kind, begun.model)), None)

    def _specs(self) -> dict[str, EngineSpec]:
        """Return the engines by their names: of the models, their paths in the folder."""
        paths = checkpoints(self._models) if self._models else {}
        own = self._own.model and Path(self._own.model).absolute()
        others = {name: path.absolute() for name, path in paths.items() if path.absolute() != own}
        return {
            _OWN: self._own,
            **{name: replace(self._own, kind="diffusers", model=str(path)) for name, path in others.items()},
        }

    def _advice(self, any_models: bool) -> str:
        """Return how to get a real model, where a toy or none paints; "" elsewhere."""
        spec = self.chosen
        if spec != self._own or spec.model or spec.kind not in ("diffusers", PREVIEW.kind):
            return ""
        if spec.kind == PREVIEW.kind:
            text = "To paint, install what painting needs: {command}"
            return "" if _runs(EngineSpec("diffusers")) else Message(text, command=how_to_install("diffusers"))
        if any_models:
            return Message("Choose a model of yours for real pictures.")
        if self._models:
            text = "There is no model in {folder}; put .safetensors files or diffusers folders of SD 1.x, 2.x or SDXL there."
            return Message(text, folder=self._models)
        return Message("For real pictures start the page with --models and the folder of your .safetensors files.")


def _runs(spec: EngineSpec) -> bool:
    """Whether an engine can be loaded here, as far as that is known without loading it."""
    try:
        spec.check()
    except ModelError:
        return False
    return True
