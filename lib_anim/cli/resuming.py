"""Resuming on the command line: a run goes on as it was, or from a frame on otherwise in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lib_anim.cli.console import print_result, say
from lib_anim.cli.opening import build_shot, load_settings
from lib_anim.cli.options import RunOptions
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.choice import choose
from lib_anim.errors import FieldError, OutputError, Problem, SettingsError
from lib_anim.plan.keyframes import KEY, OFF
from lib_anim.plan.plan import Plan, check_goes_on
from lib_anim.runs.branch import branch, last_before
from lib_anim.runs.control import Control
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, run_name
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.resume import (
    OtherModel,
    PastRun,
    changed_shape,
    grows,
    keep_seed,
    log_resume,
    log_start,
    log_trust,
    resuming,
    strange,
    with_its_model,
    with_record,
)
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools


@dataclass(frozen=True)
class Job:
    """One validated run; `folder` is that of a run to resume."""

    engine: EngineSpec
    shot: Shot
    folder: RunFolder | None = None


def resume_if_begun(job: Job, options: RunOptions, engines: Engines, prefetch: Prefetch) -> list[Job]:
    """Implement `--resume auto`: start a new run, resume an unfinished one, skip a finished one."""
    settings = job.shot.plan.settings
    if "{timestring}" in str(settings["batch_name"]).lower():
        remedy = 'give the run a name that stays, such as "batch_name": "film"'
        raise SettingsError([Problem("batch_name", "--resume auto finds runs by their name", remedy)], settings.source)
    path = options.out / run_name(settings)
    if not RunFolder.is_one(path):
        return [job]
    folder = RunFolder.open(path)
    if folder.status() == "done":
        say(f"{path}: finished")
        print_result(path)
        folder.close()
        return []
    folder.close()
    return [resume(replace(options, files=(settings.source,)), path, engines, prefetch)]


def resume(options: RunOptions, path: str | Path, engines: Engines, prefetch: Prefetch) -> Job:
    """Build the job to resume a run; options that are not given are those of its start."""
    if len(options.files) > 1:
        raise SettingsError([Problem("--resume", "takes one settings file at the most")])
    with resuming(path) as past:
        past.check_engine_is_known(options.engine)
        if not options.files:
            past.check_as_left()
        spec = _trusted_engine(past, options)
        file = options.files[0] if options.files else past.folder.path / "settings.json"
        settings = keep_seed(past.settings, load_settings(file, options))
        _check_shape(past, settings)
        frames, allow_missing = options.frames or past.frames_with(settings), options.allow_missing or past.allow_missing
        options = replace(options, frames=frames, allow_missing=allow_missing)
        if not (options.other_model or options.engine.model):
            spec = _keep_model(past, spec, engines, settings)
        settings = with_record(settings, spec, engines)
        shot = build_shot(settings, options, Tools(engines.capabilities(spec), prefetch=prefetch, ffmpeg=options.ffmpeg))
        _check_goes_on(past, shot.plan, options)
        _record_resume(past, Job(spec, shot), settings, options)
        return Job(spec, shot, past.folder)


def branch_off(options: RunOptions, engines: Engines, prefetch: Prefetch, control: Control) -> str:
    """Implement `--branch-at`: make a folder with the run up to that frame, and return its path.

    Pictures of which no state is left are painted again, as they were. Raises OutputError.
    """
    assert options.resume is not None
    assert options.branch_at is not None
    with resuming(options.resume) as past:
        plan = past.plan(past.frames, options.ffmpeg)
        last = last_before(past, plan, options.branch_at)
        folder = branch(past, plan, last)
        past.folder.close()
    folder.close()
    part = (last, plan.frames.stop) if plan.backwards else (plan.frames.start, last + 1)
    again = resume(replace(options, files=(), changes=(), frames=part), folder.path, engines, prefetch)
    assert again.folder is not None
    try:
        film(again.shot, engines.get(again.engine), again.folder, video=False, control=control, prefetch=prefetch, announce=say)
    finally:
        again.folder.close()
    return str(folder.path)


def _trusted_engine(past: PastRun, options: RunOptions) -> EngineSpec:
    """Choose the engine to resume with. Raises OutputError if a stranger's folder names an address or files outside of it that
    are not among the options."""
    spec = choose(options.engine.completed(past.engine), motion_preview=past.settings.switch("motion_preview_mode"))
    named = past.engine_reaches(options.engine, spec)
    if not options.files:
        given = {ALIASES.get(key, key) for key, _ in options.changes}
        reached = past.settings_reach(besides=given).items()
        named |= {f"--set {key}": path for key, path in reached}
    if not named or options.trust_run:
        return spec
    raise OutputError(f"{past.folder.path}: {strange(named)}; if you want that, say --trust-run, or give the options yourself")


def _record_resume(past: PastRun, job: Job, settings: Settings, options: RunOptions) -> None:
    """Record the resumed run, in the journal first: it tells whether settings.json is complete."""
    for remark in past.remarks:
        say(remark)
    if not past.engine.kind:
        _check_length(past, job.shot.plan)
        log_start(past.folder, job.engine, job.shot.plan.frames, allow_missing=options.allow_missing)
    if options.trust_run and not past.engine_is_ours:
        log_trust(past.folder, past.engine)
    ours = past.settings_are_ours or options.trust_run or bool(options.files)
    grown = options.frames if grows(past.settings, settings) else None
    log_resume(past.folder, options.files, settings=settings, frames=grown, ours=ours)
    past.folder.write_settings(settings)


def _check_length(past: PastRun, plan: Plan) -> None:
    """Raise OutputError if a run without its journal was a part of a film."""
    of = past.folder.summary().get("of")
    if isinstance(of, int) and of != len(plan.frames):
        reason = f"it was begun for {of} frames, and its settings have {len(plan.frames)}; its journal does not say which"
        raise OutputError(f"{past.folder.path}: {reason}; say them: --frames A:B")


def _keep_model(past: PastRun, spec: EngineSpec, engines: Engines, settings: Settings) -> EngineSpec:
    """Return the engine with the model of the run. Raises OutputError if it is not available."""
    try:
        return with_its_model(past.painter, spec, engines, settings)
    except OtherModel as error:
        raise OutputError(f"{past.folder.path}: {error}: --other-model") from None


def _check_shape(past: PastRun, after: Settings) -> None:
    for key in changed_shape(past.settings, after):
        reason = f"{key} was {past.settings[key]} and cannot become {after[key]} in the middle of a run"
        raise OutputError(f"{past.folder.path}: {reason}")


def _check_goes_on(past: PastRun, after: Plan, options: RunOptions) -> None:
    if past.settings[KEY] == after.settings[KEY] == OFF:  # the cadence decides, and it cannot change
        return
    try:
        check_goes_on(past.plan(options.frames, options.ffmpeg), after, past.folder.spans_done())
    except FieldError as error:
        raise OutputError(f"{past.folder.path}: {error}") from None
