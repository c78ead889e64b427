"""Resuming runs: what a run was started with, as its journal says, and with what it continues.

A run's folder is data that can come from anybody. Lines of the journal that this user signed are trusted. Other addresses,
models and files outside of the folder are shown, and used only after the user agrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.record import RECORD, ModelRecord
from lib_anim.engines.webui.job_fields import MODEL
from lib_anim.errors import OutputError, SettingsError, cannot_be_written
from lib_anim.messages import Message, as_message, one_line
from lib_anim.plan.plan import SHAPE, Plan, make_plan
from lib_anim.runs import journal, own
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.outside import paths_outside
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings

LENGTH = "max_frames"
_OF_FRAMES = ("start", "resume", "edit")  # lines that can say which frames are filmed
_FLAGS = {
    "kind": "--engine",
    "url": "--url",
    "model": "--model",
    "loras": "--lora",
    "embeddings": "--embeddings",
    "controlnets": "--controlnet",
    "motion_module": "--motion-module",
}


@dataclass(frozen=True)
class PastRun:
    """A run to resume: its locked folder, its last settings, and what it was started with.

    engine         ANY if the journal does not say it
    frames         (first, stop) of the film, None if the journal does not say it
    allow_missing  whether it was started or edited without features that are missing or not available
    engine_is_ours, settings_are_ours   whether this user signed them on this machine
    edited         how settings.json differs from the run's last settings, "" if it does not
    remarks        sentences on damaged files
    """

    folder: RunFolder
    settings: Settings
    engine: EngineSpec
    frames: tuple[int, int] | None
    allow_missing: bool
    engine_is_ours: bool = True
    settings_are_ours: bool = True
    edited: str = ""
    remarks: tuple[str, ...] = ()

    def plan(self, frames: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
        """Return the plan of the run so far; `frames` as in make_plan. Raises SettingsError."""
        return make_plan(self.settings, frames, ffmpeg)

    def check_engine_is_known(self, asked: EngineSpec) -> None:
        """Raise OutputError if neither the journal nor `asked` says which engine paints, since it is never guessed."""
        if not (self.engine.kind or asked.kind or asked.model):
            raise OutputError(
                Message(
                    "{path}: its journal does not say what painted it, or is not whole; "
                    "say it: --engine E, with --model or --url if it had one",
                    path=self.folder.path,
                )
            )

    def frames_with(self, after: Settings) -> tuple[int, int] | None:
        """Return (first, stop) of the frames to go on with: those of the run, to the end of a film that grows."""
        if self.frames and grows(self.settings, after) and self.frames[1] == self.settings.integer(LENGTH):
            return self.frames[0], after.integer(LENGTH)
        return self.frames

    @property
    def painter(self) -> Mapping[str, object]:
        """The journal's record of the model that painted last, empty if there is none."""
        lines = (line for line in reversed(self.folder.journal()) if line.get("event") == "painter")
        return next(lines, {})

    def check_as_left(self) -> None:
        """Raise OutputError if settings.json was changed since the run ended, by a user or by damage."""
        if self.edited:
            raise OutputError(
                Message(
                    "{file}: {said}; put it back, or go on with the file as it is: anim run {file} --resume {path}",
                    file=self.folder.path / "settings.json",
                    said=self.edited,
                    path=self.folder.path,
                )
            )

    def engine_reaches(self, asked: EngineSpec, chosen: EngineSpec) -> dict[str, str]:
        """Return flag -> value of what the engine `chosen` uses outside of the folder by unsigned lines, without `asked`."""
        names = () if self.engine_is_ours else chosen.reaching()
        found = {_FLAGS[name]: getattr(chosen, name) for name in names if not getattr(asked, name)}
        return {flag: value if isinstance(value, str) else ", ".join(value) for flag, value in found.items()}

    def settings_reach(self, folders: Sequence[Path] = (), besides: Iterable[str] = ()) -> dict[str, str]:
        """Return key -> path of files outside of the folder and of `folders` that unsigned settings name."""
        return {} if self.settings_are_ours else paths_outside(self.settings, (self.folder.path, *folders), besides)


def strange(named: Mapping[str, str]) -> Message:
    """Return the message on an unsigned run that would use `named`, flag or key -> value, outside of its folder."""
    said = one_line(", ".join(f"{name} {value}" for name, value in named.items()), 300)
    return Message(
        "it was begun by somebody else or elsewhere, or before runs were signed, and would go on with {named}", named=said
    )


def log_start(
    folder: RunFolder, engine: EngineSpec, frames: range, *, settings: Settings | None = None, allow_missing: bool = False
) -> None:
    """Log what a run is started with. Raises OutputError."""
    begun = {**engine.to_journal(), "allow_missing": allow_missing, "frames": [frames.start, frames.stop]}
    _log(folder, "start", {**begun, **_copy(settings)})


def log_resume(
    folder: RunFolder,
    files: Sequence[str] = (),
    *,
    settings: Settings | None = None,
    frames: tuple[int, int] | None = None,
    ours: bool = True,
) -> None:
    """Log that a run is resumed, with the settings of `files` if some were named; `ours` is whether this user vouches for them.
    `frames` are those of a film that grows.

    Raises OutputError.
    """
    more = {"frames": list(frames)} if frames else {}
    _log(folder, "resume", {"files": list(files), **more, **_copy(settings)}, ours)


def log_trust(folder: RunFolder, begun: EngineSpec) -> None:
    """Log that this user vouches for what a run was started with. Raises OutputError."""
    _log(folder, "trust", begun.to_journal())


def log_edit(folder: RunFolder, before: Settings, after: Settings, *, allow_missing: bool = False) -> None:
    """Log that a run continues with other settings, and which values change. Raises OutputError."""
    changed = {key: [before[key], value] for key, value in after.items() if value != before[key]}
    more = {"frames": [0, after.integer(LENGTH)]} if grows(before, after) else {}  # a part of a film is not edited
    _log(folder, "edit", {"changed": changed, "allow_missing": allow_missing, **more, **_copy(after)})


class OtherModel(OutputError):
    """A run would continue with another model than before. Each of `differences` is a part of a sentence."""

    def __init__(self, differences: Sequence[str]):
        text = "this film was painted otherwise: {differences}; put it back, or go on with the model of now"
        super().__init__(Message(text, differences=_joined(differences)))


def _joined(parts: Sequence[str]) -> Message:
    """Join parts of a sentence with semicolons, as nested messages."""
    first, *others = map(as_message, parts)
    for part in others:
        first = Message("{said}; {then}", said=first, then=part)
    return first


def with_its_model(painter: Mapping[str, object], engine: EngineSpec, engines: Engines, settings: Settings) -> EngineSpec:
    """Return the engine with the model of a run, by the `painter` line of its journal, or with the current model if unknown.

    Raises OtherModel if that model is not available, and ModelError.
    """
    options = _options_in(painter) if painter.get("engine") == engine.kind else {}
    own = engine.choosing(options) if options else engines.chosen(engine)
    different = list(ModelRecord.from_journal(painter).differences(engines.record(own, settings.prompts.values())))
    if different:
        raise OtherModel(different)
    return own


def with_record(settings: Settings, engine: EngineSpec, engines: Engines) -> Settings:
    """Return settings that store the record of the model, as far as it is known before painting. Raises ModelError."""
    record = engines.record(engine, settings.prompts.values()).to_settings()
    return settings.replace(**{**dict.fromkeys(RECORD), **record}) if record else settings


def _options_in(line: Mapping[str, object]) -> dict[str, object]:
    """Return the options that choose a model from a journal's line. The host checks their values."""
    said = line.get("options")
    return {key: said[key] for key in MODEL if isinstance(said.get(key), (str, list))} if isinstance(said, dict) else {}


@contextmanager
def resuming(path: str | Path) -> Iterator[PastRun]:
    """Open a run to resume it; its folder is closed if the block raises. Raises OutputError, SettingsError."""
    folder = RunFolder.open(path)
    try:
        yield _read_past_run(folder)
    except OSError as error:
        folder.close()
        raise OutputError(cannot_be_written(folder.path, error)) from None
    except BaseException:
        folder.close()
        raise


def keep_seed(before: Settings, asked: Settings) -> Settings:
    """Return `asked` with the run's seed if it has a random one, and with the run's record of its model."""
    kept: dict[str, object] = {key: before[key] for key in RECORD if before[key] is not None}
    kept |= {"seed": before["seed"]} if asked["seed"] == -1 else {}
    return asked.replace(**kept) if kept else asked


def changed_shape(before: Settings, after: Settings) -> list[str]:
    """Return the keys that a running film cannot change and that `after` changes. It can become longer (`grows`)."""
    return [key for key in SHAPE if after[key] != before[key] and not (key == LENGTH and grows(before, after))]


def grows(before: Settings, after: Settings) -> bool:
    """Return whether a film becomes longer, and its frames so far stay what they are: its end is neither painted first, nor
    blended into its beginning."""
    longer = after.integer(LENGTH) > before.integer(LENGTH)
    return longer and not (before.switch("loop") or before.switch("reverse"))


def _log(folder: RunFolder, event: str, values: Mapping[str, object], ours: bool = True) -> None:
    """Log an event durably, signed if `ours`. Raises OutputError."""
    signature = own.signature({"event": event, **values}) if ours else None
    try:
        folder.log_durably(event, **values, **({"signature": signature} if signature else {}))
    except OSError as error:
        raise OutputError(cannot_be_written(folder.path, error)) from None


def _copy(settings: Settings | None) -> dict[str, object]:
    """Return the settings as a part of a journal's line, empty for None."""
    return {"settings": settings_file.to_json(settings)} if settings else {}


def _read_past_run(folder: RunFolder) -> PastRun:
    """Read a run from its files. Raises OutputError, SettingsError, OSError."""
    lines, damaged = journal.read(folder.path / "journal.jsonl")
    remarks: list[str] = []
    if damaged:
        remarks.append(
            Message("{run}: journal.jsonl: {n} of its lines are not whole, and left out", run=folder.path, n=damaged)
        )
    begun = next((line for line in lines if line["event"] == "start"), {})
    engine = EngineSpec.from_journal(begun)
    copies = [(line, copy) for line in lines if (copy := settings_in(line, folder)) is not None]
    settings = _settings(folder, [copy for _, copy in copies], remarks)
    left = copies[-1][1] if copies and not any(_same(copy, settings) for _, copy in copies) else settings
    vouched = [line for line in lines if line["event"] in ("start", "trust") and EngineSpec.from_journal(line) == engine]
    return PastRun(
        folder,
        left,
        engine,
        _frames(next((line["frames"] for line in reversed(lines) if line["event"] in _OF_FRAMES and "frames" in line), None)),
        any(line.get("allow_missing") is True for line in lines if line["event"] in ("start", "edit")),
        any(map(own.is_ours, vouched)),
        any(own.is_ours(line) for line, copy in copies if _same(copy, left)),
        _difference(left, settings),
        tuple(remarks),
    )


def settings_in(line: Mapping[str, Any], folder: RunFolder) -> Settings | None:
    """Return the copy of the settings in a journal's line, or None."""
    try:
        copy = line.get("settings")
        return settings_file.parse(copy, str(folder.path / "settings.json"), folder.path) if isinstance(copy, dict) else None
    except SettingsError:
        return None


def _settings(folder: RunFolder, copies: Sequence[Settings], remarks: list[str]) -> Settings:
    """Read settings.json. If it is damaged, replace it with the journal's last copy. Raises SettingsError, OSError."""
    file = folder.path / "settings.json"
    try:
        return settings_file.load(file)
    except SettingsError:
        if not copies:
            raise
        folder.set_aside(file, Message("the journal's copy of it is taken"), remarks.append)
        folder.write_settings(copies[-1])
        return copies[-1]


def _same(one: Settings, other: Settings) -> bool:
    """Return whether two settings make the same film. Unknown keys have no effect."""
    return one.values_by_key == other.values_by_key


def _difference(left: Settings, found: Settings) -> str:
    """Return the message on the first setting in `found`, the file, that differs from the run's last settings, or ""."""
    key = next((key for key, value in found.items() if value != left[key]), None)
    if key is None:
        return ""
    now, before = (one_line(str(one[key]), 100) for one in (found, left))
    return Message("{key} is {now}, and the run was left with {before}", key=key, now=now, before=before)


def _frames(value: object) -> tuple[int, int] | None:
    match value:
        case [int(first), int(stop)]:
            return first, stop
    return None
