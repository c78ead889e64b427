"""What a run was begun with, as the `start` line of its journal says it, and how the run is gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib_anim.engines.catalog import Engines, EngineSpec
from lib_anim.engines.record import RECORD, ModelRecord
from lib_anim.engines.webui.job_fields import MODEL
from lib_anim.errors import OutputError
from lib_anim.messages import Message
from lib_anim.plan.plan import SHAPE, Plan, make_plan
from lib_anim.runs.folder import RunFolder
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings


@dataclass(frozen=True)
class PastRun:
    """A run to go on with: its folder, which is held, the settings it has now, and what it was begun with.

    frames         (first, stop) of the film, or None where the journal does not say
    allow_missing  whether it was begun without what is not built or not available
    """

    folder: RunFolder
    settings: Settings
    engine: EngineSpec
    frames: tuple[int, int] | None
    allow_missing: bool

    def plan(self, frames: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
        """The plan that it was filmed by so far; `frames` as in make_plan. Raises SettingsError."""
        return make_plan(self.settings, frames, ffmpeg)

    @property
    def painter(self) -> Mapping[str, object]:
        """What its journal says of the model that painted it last; nothing where it says nothing."""
        lines = (line for line in reversed(self.folder.journal()) if line.get("event") == "painter")
        return next(lines, {})


def log_start(folder: RunFolder, engine: EngineSpec, frames: range, *, allow_missing: bool = False) -> None:
    """Write into a new run's journal what it is begun with."""
    begun = {**engine.to_journal(), "allow_missing": allow_missing}
    folder.log("start", **begun, frames=[frames.start, frames.stop])


def log_resume(folder: RunFolder, files: Sequence[str] = ()) -> None:
    """Write into a run's journal that it goes on, by the settings of `files` where some were named."""
    folder.log("resume", files=list(files))


class OtherModel(OutputError):
    """A run would go on with another model than it was painted with: `differences`, parts of a sentence each."""

    def __init__(self, differences: Sequence[str]):
        text = "this film was painted otherwise: {differences}; put it back, or go on with the model of now"
        super().__init__(Message(text, differences="; ".join(differences)))


def with_its_model(painter: Mapping[str, object], engine: EngineSpec, engines: Engines, settings: Settings) -> EngineSpec:
    """An engine with the model of a run, by the `painter` line of its journal; with that of now where nothing says which.

    Raises OtherModel where it is not to be had.
    """
    options = _options_in(painter) if painter.get("engine") == engine.kind else {}
    own = engine.choosing(options) if options else engines.chosen(engine)
    different = list(ModelRecord.from_journal(painter).differences(engines.record(own, settings.prompts.values())))
    if different:
        raise OtherModel(different)
    return own


def with_record(settings: Settings, engine: EngineSpec, engines: Engines) -> Settings:
    """Settings that say what they are painted with, as far as that is known before. Raises ModelError."""
    told = engines.record(engine, settings.prompts.values()).to_settings()
    return settings.replace(**{**dict.fromkeys(RECORD), **told}) if told else settings


def _options_in(line: Mapping[str, object]) -> dict[str, object]:
    """The options that choose a model, as a line of a journal says them; the host knows which values there are."""
    said = line.get("options")
    return {key: said[key] for key in MODEL if isinstance(said.get(key), (str, list))} if isinstance(said, dict) else {}


@contextmanager
def resuming(path: str | Path) -> Iterator[PastRun]:
    """Open a run to go on with; its folder is closed again when the block fails. Raises OutputError, SettingsError."""
    folder = RunFolder.open(path)
    try:
        begun = next((line for line in folder.journal() if line.get("event") == "start"), {})
        yield PastRun(
            folder,
            settings_file.load(folder.path / "settings.json"),
            EngineSpec.from_journal(begun),
            tuple(begun.get("frames") or ()) or None,
            bool(begun.get("allow_missing")),
        )
    except BaseException:
        folder.close()
        raise


def keep_seed(before: Settings, asked: Settings) -> Settings:
    """What was asked for, with the seed of the run so far where none was, and what the run says of its model."""
    kept: dict[str, object] = {key: before[key] for key in RECORD if before[key] is not None}
    kept |= {"seed": before["seed"]} if asked["seed"] == -1 else {}
    return asked.replace(**kept) if kept else asked


def changed_shape(before: Settings, after: Settings) -> list[str]:
    """The settings that a run under way must keep, and that `after` does not."""
    return [key for key in SHAPE if after[key] != before[key]]
