"""The commands that film: run, preview, stitch."""

from __future__ import annotations

from dataclasses import replace

from lib_anim.cli.console import BAD_INPUT, DONE, exit_status_of, print_result, progress, say
from lib_anim.cli.opening import build_shot, check_settings
from lib_anim.cli.options import RunOptions, StitchOptions
from lib_anim.cli.resuming import Job, branch_off, resume, resume_if_begun
from lib_anim.cli.status import StatusFile
from lib_anim.engines.base import Engine
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.engines.choice import choose
from lib_anim.errors import BadInput, OutputError, Problem, SettingsError
from lib_anim.features.open import delivery
from lib_anim.media.encode import find_ffmpeg
from lib_anim.plan.plan import Plan, make_plan
from lib_anim.runs.control import Control
from lib_anim.runs.disk import check_space
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, run_name
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.resume import (
    log_start,
    with_record,
)
from lib_anim.runs.writer import stitch as stitch_video
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Tools

AUTO = "auto"


def run(options: RunOptions, control: Control) -> int:
    """Render settings files, or resume a run. All files are validated before a model is loaded."""
    if not options.files and not options.resume:
        raise SettingsError([Problem("", "no settings file was named", "write anim run FILE")])
    if options.branch_at is not None and options.resume in (None, AUTO):
        raise SettingsError([Problem("--branch-at", "there is no run to branch off", "write --resume DIR")])
    if not options.no_video:
        find_ffmpeg(options.ffmpeg)
    prefetch, engines = Prefetch(), Engines(before_loading=say_which_model)
    try:
        if options.resume and options.resume != AUTO:
            path = options.resume if options.branch_at is None else branch_off(options, engines, prefetch, control)
            jobs = [resume(options, path, engines, prefetch)]
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


def film_one(settings: Settings, spec: EngineSpec, options: RunOptions, control: Control) -> tuple[int, RunFolder]:
    """Film settings with an engine; return the exit status, and the folder of the run. Raises AnimError before it begins."""
    find_ffmpeg(options.ffmpeg)
    prefetch, engines = Prefetch(), Engines(before_loading=say_which_model)
    try:
        settings = with_record(settings, spec, engines)
        shot = build_shot(settings, options, Tools(engines.capabilities(spec), prefetch=prefetch, ffmpeg=options.ffmpeg))
        check_space(options.out, len(shot.plan.frames), shot.plan.size)
        engine = engines.get(spec)
        folder = RunFolder.create(options.out, run_name(shot.plan.settings), shot.plan.settings)
        log_start(folder, spec, shot.plan.frames, settings=shot.plan.settings)
        return _film(Job(spec, shot, folder), engine, options, StatusFile(None), control, prefetch), folder
    finally:
        prefetch.close()
        engines.close()


def _validate_files(options: RunOptions, engines: Engines, prefetch: Prefetch) -> list[Job]:
    """Validate files; return their jobs. Problems of all files are printed before the last one is raised."""
    jobs, failure = [], None
    for file in options.files:
        try:
            settings, problems = check_settings(file, options)
            spec = choose(options.engine, motion_preview=settings.switch("motion_preview_mode"))
            settings = settings if problems else with_record(settings, spec, engines)
            tools = Tools(engines.capabilities(spec), prefetch=prefetch, ffmpeg=options.ffmpeg)
            job = Job(spec, build_shot(settings, options, tools, problems))
            check_space(options.out, len(job.shot.plan.frames), job.shot.plan.size)
            jobs += [job] if options.resume != AUTO else resume_if_begun(job, options, engines, prefetch)
        except BadInput as error:
            if failure:
                exit_status_of(failure)
            failure = error
    if failure:
        raise failure
    return jobs


def _film(job: Job, engine: Engine, options: RunOptions, status: StatusFile, control: Control, prefetch: Prefetch) -> int:
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
