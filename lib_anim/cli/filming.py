"""The commands that film: run, preview, stitch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lib_anim.cli.console import BAD_INPUT, DONE, exit_status_of, print_result, progress, say
from lib_anim.cli.opening import build_shot, check_settings, load_settings
from lib_anim.cli.options import RunOptions, StitchOptions
from lib_anim.cli.status import StatusFile
from lib_anim.engines.base import Engine
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec, choose
from lib_anim.errors import BadInput, FieldError, OutputError, Problem, SettingsError
from lib_anim.features.open import delivery
from lib_anim.media.encode import find_ffmpeg
from lib_anim.plan.keyframes import KEY, OFF
from lib_anim.plan.plan import Plan, check_goes_on, make_plan
from lib_anim.runs.control import Control
from lib_anim.runs.disk import check_space
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, run_name
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.resume import (
    OtherModel,
    PastRun,
    changed_shape,
    keep_seed,
    log_resume,
    log_start,
    log_trust,
    resuming,
    strange,
    with_its_model,
    with_record,
)
from lib_anim.runs.writer import stitch as stitch_video
from lib_anim.settings import settings as settings_file
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

AUTO = "auto"


@dataclass(frozen=True)
class _Job:
    """One validated run; `folder` is that of a run to resume."""

    engine: EngineSpec
    shot: Shot
    folder: RunFolder | None = None


def run(options: RunOptions, control: Control) -> int:
    """Render settings files, or resume a run. All files are validated before a model is loaded."""
    if not options.files and not options.resume:
        raise SettingsError([Problem("", "no settings file was named", "write anim run FILE")])
    if not options.no_video:
        find_ffmpeg(options.ffmpeg)
    prefetch, engines = Prefetch(), Engines(before_loading=say_which_model)
    try:
        if options.resume and options.resume != AUTO:
            jobs = [_resume(options, options.resume, engines, prefetch)]
        else:
            jobs = _validate_files(options, engines, prefetch)
        status = StatusFile(options.status)
        loaded_engines = {spec: engines.get(spec) for spec in dict.fromkeys(job.engine for job in jobs)}
        for job in jobs:
            _say_remarks(job.shot.plan, loaded_engines[job.engine])
        return max((_film(job, loaded_engines[job.engine], options, status, control, prefetch) for job in jobs), default=DONE)
    finally:
        prefetch.close()
        engines.close()


def preview(options: RunOptions, control: Control) -> int:
    """Preview the camera, without noise, sharpening and colour corrections, so that motion is easy to see."""
    still = (("noise_schedule", 0), ("amount_schedule", 0), ("color_coherence", "None"), ("use_init", False))
    return run(replace(options, changes=(*still, *options.changes), engine=PREVIEW, allow_missing=True), control)


def stitch(options: StitchOptions) -> None:
    """Make the video of a run again from its frames."""
    folder = RunFolder.open(options.folder)
    plan = make_plan(settings_file.load(folder.path / "settings.json"), ffmpeg=options.ffmpeg)
    say(f"{stitch_video(folder, plan.settings, delivery(plan), options.ffmpeg)} frames")
    print_result(folder.video)


def _validate_files(options: RunOptions, engines: Engines, prefetch: Prefetch) -> list[_Job]:
    """Validate files; return their jobs. Problems of all files are printed before the last one is raised."""
    jobs, failure = [], None
    for file in options.files:
        try:
            settings, problems = check_settings(file, options)
            spec = choose(options.engine, motion_preview=settings.switch("motion_preview_mode"))
            settings = settings if problems else with_record(settings, spec, engines)
            tools = Tools(engines.capabilities(spec), prefetch=prefetch, ffmpeg=options.ffmpeg)
            job = _Job(spec, build_shot(settings, options, tools, problems))
            check_space(options.out, len(job.shot.plan.frames), job.shot.plan.size)
            jobs += [job] if options.resume != AUTO else _resume_if_begun(job, options, engines, prefetch)
        except BadInput as error:
            if failure:
                exit_status_of(failure)
            failure = error
    if failure:
        raise failure
    return jobs


def _film(job: _Job, engine: Engine, options: RunOptions, status: StatusFile, control: Control, prefetch: Prefetch) -> int:
    plan = job.shot.plan
    try:
        folder = job.folder or RunFolder.create(options.out, run_name(plan.settings), plan.settings)
    except OutputError as error:
        exit_status_of(error)
        return BAD_INPUT
    try:
        if not job.folder:
            log_start(folder, job.engine, plan.frames, settings=plan.settings, allow_missing=options.allow_missing)
        status.begin(str(folder.path), len(plan.frames))
        with progress(folder.path.name, len(plan.frames)) as shown:

            def advance(done: int, total: int) -> None:
                shown(done, total)
                status.advance(done, total)

            summary = film(
                job.shot,
                engine,
                folder,
                video=not (options.no_video or plan.settings["skip_video_creation"]),
                progress=advance,
                ffmpeg=options.ffmpeg,
                control=control,
                prefetch=prefetch,
                announce=say,
            )
        status.end(str(summary["status"]))
        result = folder.video if summary["video"] else folder.frames
        say(f"{summary['frames']} frames in {summary['seconds']:.1f} s: {result}")
    except Exception as error:
        status.end("failed", error)
        return exit_status_of(error)
    except BaseException as ending:
        status.end("interrupted", ending)
        raise
    finally:
        print_result(folder.path)
        folder.close()
    return DONE


def say_which_model(spec: EngineSpec) -> None:
    """Print a note that the bundled small model will be used."""
    if spec.kind == "diffusers" and not spec.model:
        say("note: painted by the small model that comes along, a toy; --model PATH paints with a checkpoint of yours")


def _say_remarks(plan: Plan, engine: Engine) -> None:
    texts = {text: None for one in plan.prompts for text, _ in (*one.positives, *one.negatives)}
    for remark in engine.remarks(texts):
        say(f"{plan.settings.source}: note: {remark}")


# -- resuming -----------------------------------------------------------------------------------------------------


def _resume_if_begun(job: _Job, options: RunOptions, engines: Engines, prefetch: Prefetch) -> list[_Job]:
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
    return [_resume(replace(options, files=(settings.source,)), path, engines, prefetch)]


def _resume(options: RunOptions, path: str | Path, engines: Engines, prefetch: Prefetch) -> _Job:
    """Build the job to resume a run; options that are not given are those of its start."""
    if len(options.files) > 1:
        raise SettingsError([Problem("--resume", "takes one settings file at the most")])
    with resuming(path) as past:
        past.check_engine_is_known(options.engine)
        if not options.files:
            past.check_as_left()
        frames, allow_missing = options.frames or past.frames, options.allow_missing or past.allow_missing
        options = replace(options, frames=frames, allow_missing=allow_missing)
        spec = _trusted_engine(past, options)
        file = options.files[0] if options.files else past.folder.path / "settings.json"
        settings = keep_seed(past.settings, load_settings(file, options))
        _check_shape(past, settings)
        if not (options.other_model or options.engine.model):
            spec = _keep_model(past, spec, engines, settings)
        settings = with_record(settings, spec, engines)
        shot = build_shot(settings, options, Tools(engines.capabilities(spec), prefetch=prefetch, ffmpeg=options.ffmpeg))
        _check_goes_on(past, shot.plan, options)
        _record_resume(past, _Job(spec, shot), settings, options)
        return _Job(spec, shot, past.folder)


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


def _record_resume(past: PastRun, job: _Job, settings: Settings, options: RunOptions) -> None:
    """Record the resumed run, in the journal first: it tells whether settings.json is complete."""
    for remark in past.remarks:
        say(remark)
    if not past.engine.kind:
        _check_length(past, job.shot.plan)
        log_start(past.folder, job.engine, job.shot.plan.frames, allow_missing=options.allow_missing)
    if options.trust_run and not past.engine_is_ours:
        log_trust(past.folder, past.engine)
    ours = past.settings_are_ours or options.trust_run or bool(options.files)
    log_resume(past.folder, options.files, settings=settings, ours=ours)
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
