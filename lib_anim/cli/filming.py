"""The commands that film: run, preview, stitch. Each takes the parsed options."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from lib_anim.cli.console import BAD_INPUT, DONE, progress, say, told
from lib_anim.cli.opening import Options, loaded, loaded_so_far, opened
from lib_anim.cli.status import StatusFile
from lib_anim.engines.base import Capabilities, Engine, Palette
from lib_anim.engines.diffusers.networks import lora_names
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.engines.webui import engine as webui
from lib_anim.engines.webui import options as host_options
from lib_anim.errors import BadInput, FieldError, ModelError, OutputError, Problem, SettingsError
from lib_anim.features.open import delivery
from lib_anim.media.encode import find_ffmpeg
from lib_anim.plan.keyframes import KEY, OFF
from lib_anim.plan.plan import SHAPE, Plan, check_goes_on, make_plan
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, check_space, run_name
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.writer import stitch as stitch_video
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

ENGINES = ("webui", "webui-api", "diffusers", "preview", "passthrough")
AUTO = "auto"
REMEMBERED = (
    "engine",
    "url",
    "model",
    "device",
    "lora",
    "embeddings",
    "low_vram",
    "allow_missing",
)  # by a run, for its resuming


@dataclass(frozen=True)
class _Job:
    """One run that has been looked at and can begin; `folder` is that of a run to resume."""

    kind: str
    shot: Shot
    folder: RunFolder | None = None


def run(options: Options) -> int:
    """Render settings files, or go on with a run. All files are looked at before a model is loaded."""
    if not options.files and not options.resume:
        raise SettingsError([Problem("", "", "no settings file was named", "write anim run FILE")])
    if not options.no_video:
        find_ffmpeg(options.ffmpeg)
    prefetch = Prefetch()
    try:
        going_on = options.resume and options.resume != AUTO
        jobs = [_resumed(options, prefetch)] if going_on else _looked_at(options, prefetch)
        status = StatusFile(options.status)
        engines = {kind: engine_of(kind, options) for kind in dict.fromkeys(job.kind for job in jobs)}
        for job in jobs:
            _say_remarks(job.shot.plan, engines[job.kind])
        return max((_film(job, engines[job.kind], options, status) for job in jobs), default=DONE)
    finally:
        prefetch.close()
        close_engines(options)


def preview(options: Options) -> int:
    """Show the camera: what is done to pixels for the model's sake is left out, so the motion is plain to see."""
    still = [("noise_schedule", 0), ("amount_schedule", 0), ("color_coherence", "None"), ("use_init", False)]
    options.changes = [*still, *options.changes]
    options.engine, options.model, options.resume, options.allow_missing, options.status = "preview", None, None, True, None
    return run(options)


def stitch(options: Options) -> None:
    """Put the frames of a run together anew."""
    folder = RunFolder.open(options.folder)
    plan = make_plan(settings_file.load(folder.path / "settings.json"), ffmpeg=options.ffmpeg)
    say(f"{stitch_video(folder, plan.settings, delivery(plan), options.ffmpeg)} frames")
    print(folder.video)


def _looked_at(options: Options, prefetch: Prefetch) -> list[_Job]:
    """The files as jobs. Every problem of every file is said before anything is refused."""
    jobs, fault = [], None
    for file in options.files:
        try:
            settings, problems = loaded_so_far(file, options)
            kind = _kind(settings, options)
            tools = Tools(capabilities_of(kind, options), prefetch=prefetch, ffmpeg=options.ffmpeg)
            shot = opened(settings, options, tools, problems)
            check_space(options.out, len(shot.plan.frames), shot.plan.size)
            jobs += [_Job(kind, shot)] if options.resume != AUTO else _where_it_stands(kind, shot, options, prefetch)
        except BadInput as error:
            if fault:
                told(fault)
            fault = error
    if fault:
        raise fault
    return jobs


def _film(job: _Job, engine: Engine, options: Options, status: StatusFile) -> int:
    plan = job.shot.plan
    try:
        folder = job.folder or RunFolder.create(options.out, run_name(plan.settings), plan.settings)
    except OutputError as error:
        told(error)
        return BAD_INPUT
    try:
        if not job.folder:
            begun = {name: getattr(options, name, None) for name in REMEMBERED}
            begun["url"] = getattr(engine, "url", None)  # without its login
            folder.log("start", **{**begun, "engine": job.kind}, frames=[plan.frames.start, plan.frames.stop])
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
                control=options.control,
            )
        status.end(summary["status"])
        result = folder.video if summary["video"] else folder.frames
        say(f"{summary['frames']} frames in {summary['seconds']:.1f} s: {result}")
    except Exception as error:
        status.end("failed", error)
        return told(error)
    except BaseException as ending:
        status.end("interrupted", ending)
        raise
    finally:
        print(folder.path, flush=True)
        folder.close()
    return DONE


def _say_remarks(plan: Plan, engine: Engine) -> None:
    texts = {text: None for one in plan.prompts for text, _ in (*one.positives, *one.negatives)}
    for remark in engine.remarks(texts):
        say(f"{plan.settings.source}: note: {remark}")


# -- resuming -----------------------------------------------------------------------------------------------------


def _where_it_stands(kind: str, shot: Shot, options: Options, prefetch: Prefetch) -> list[_Job]:
    """`--resume auto`: absent, it starts; unfinished, it goes on; finished, there is nothing to do."""
    settings = shot.plan.settings
    if "{timestring}" in str(settings["batch_name"]).lower():
        remedy = 'give the run a name that stays, such as "batch_name": "film"'
        raise SettingsError([Problem("batch_name", "", "--resume auto finds runs by their name", remedy)], settings.source)
    path = Path(options.out) / run_name(settings)
    if not (path / "settings.json").is_file():
        return [_Job(kind, shot)]
    folder = RunFolder.open(path)
    if folder.status() == "done":
        say(f"{path}: finished")
        print(path)
        folder.close()
        return []
    folder.close()
    alone = argparse.Namespace(**{**vars(options), "files": [settings.source], "resume": str(path)})
    return [_resumed(alone, prefetch)]


def _resumed(options: Options, prefetch: Prefetch) -> _Job:
    """The run to go on with, by the options it was begun with where none are given now."""
    if len(options.files) > 1:
        raise SettingsError([Problem("--resume", "", "takes one settings file at the most")])
    folder = RunFolder.open(options.resume)
    begun = next((line for line in folder.journal() if line["event"] == "start"), {})
    for name in REMEMBERED:
        setattr(options, name, getattr(options, name) or begun.get(name))
    options.frames = options.frames or tuple(begun.get("frames", ())) or None
    before = settings_file.load(folder.path / "settings.json")
    settings = loaded(options.files[0] if options.files else folder.path / "settings.json", options)
    if settings["seed"] == -1:
        settings = settings.replace(seed=before["seed"])
    _same_shape(before, settings, folder)
    kind = _kind(settings, options)
    shot = opened(settings, options, Tools(capabilities_of(kind, options), prefetch=prefetch, ffmpeg=options.ffmpeg))
    _check_goes_on(before, shot.plan, folder, options)
    folder.write_settings(settings)
    folder.log("resume", files=options.files)
    return _Job(kind, shot, folder)


def _same_shape(before: Settings, after: Settings, folder: RunFolder) -> None:
    for key in SHAPE:
        if after[key] != before[key]:
            raise OutputError(f"{folder.path}: {key} was {before[key]} and cannot become {after[key]} in the middle of a run")


def _check_goes_on(before: Settings, after: Plan, folder: RunFolder, options: Options) -> None:
    if before[KEY] == after.settings[KEY] == OFF:  # the cadence alone decides, and stays
        return
    try:
        check_goes_on(make_plan(before, options.frames, options.ffmpeg), after, folder.spans_done())
    except FieldError as error:
        raise OutputError(f"{folder.path}: {error}") from None


# -- engines ------------------------------------------------------------------------------------------------------


def _kind(settings: Settings, options: Options) -> str:
    if options.engine in ("preview", "passthrough", "webui-api"):
        return options.engine
    if settings["motion_preview_mode"]:
        return "preview"
    if options.engine == "webui" or (not options.engine and not options.model and webui.inside()):
        if not webui.inside():
            raise ModelError("--engine webui: this process is no WebUI; there it is --anim-run-now FILE")
        return "webui"
    return "diffusers"


def capabilities_of(kind: str, options: Options) -> Capabilities:
    """What an engine can do, without loading a model. Raises ModelError."""
    if kind == "diffusers":
        from lib_anim.engines.diffusers.engine import CAPABILITIES

        return CAPABILITIES
    if kind == "webui":
        return webui.capabilities()
    if kind == "webui-api":
        return engine_of(kind, options).capabilities
    return {"preview": Preview, "passthrough": Passthrough}[kind].capabilities


def palette_of(kind: str, options: Options) -> Palette:
    """The LoRAs and styles that an engine has. Raises ModelError."""
    if kind == "diffusers":
        return Palette.of(lora_names(options.lora or (), allow_pickle=options.allow_pickle))
    if kind == "webui-api":
        return engine_of(kind, options).palette()
    return webui.palette() if kind == "webui" else Palette()


def engine_of(kind: str, options: Options) -> Engine:
    """The engine as the options want it, made when a command first asks for it. Raises ModelError."""
    wanted = (kind, *(repr(getattr(options, name, None)) for name in REMEMBERED))
    if wanted not in options.engines:
        options.engines[wanted] = _made(kind, options)
    return options.engines[wanted]


def close_engines(options: Options) -> None:
    """Let go of all engines that a command has made."""
    while options.engines:
        options.engines.popitem()[1].close()


def _made(kind: str, options: Options) -> Engine:
    if kind == "webui":
        return host_options.engine()
    if kind == "webui-api":
        from lib_anim.engines.webui.api import DEFAULT_URL, WebuiApiEngine

        return WebuiApiEngine(options.url or DEFAULT_URL, options.model)
    if kind != "diffusers":
        return {"preview": Preview, "passthrough": Passthrough}[kind]()
    from lib_anim.engines.diffusers.checkpoint import BUNDLED
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    if not options.model:
        say("note: painted by the small model that comes along, a toy; --model PATH paints with a checkpoint of yours")
    return DiffusersEngine.load(
        options.model or BUNDLED,
        device=options.device,
        lora_folders=options.lora or (),
        embedding_folders=options.embeddings or (),
        low_vram=options.low_vram,
        allow_pickle=options.allow_pickle,
        allow_download=options.allow_download,
    )
