"""The commands that film: run, preview, stitch. Each takes the parsed options."""

from __future__ import annotations

from dataclasses import dataclass

from lib_anim import run as running
from lib_anim import settings as settings_file
from lib_anim.ahead import Ahead
from lib_anim.cli.console import DONE, progress, say, told
from lib_anim.cli.opening import Options, loaded, opened
from lib_anim.engines.base import Capabilities, Engine
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.errors import ModelError, OutputError, Problem, SettingsError
from lib_anim.output import RunFolder, check_space, run_name
from lib_anim.shot import Shot, Tools
from lib_anim.video import find_ffmpeg

ENGINES = ("diffusers", "preview", "passthrough")


@dataclass(frozen=True)
class _Job:
    """One run that has been looked at and can begin."""

    shot: Shot
    folder: RunFolder | None  # of the run to resume; a new one is made otherwise


def run(options: Options) -> int:
    """Render settings files, or go on with a run. All files are looked at before a model is loaded."""
    resumed = _resumed(options) if options.resume else None
    if not options.files and not resumed:
        raise SettingsError([Problem("", "", "no settings file was named", "write anim run FILE")])
    if not options.no_video:
        find_ffmpeg(options.ffmpeg)
    kind = _engine_kind(options, resumed)
    ahead = Ahead()
    try:
        tools = Tools(_capabilities(kind), ahead=ahead)
        jobs = [_resume_job(options, resumed, tools)] if resumed else [_job(file, options, tools) for file in options.files]
        engine = _engine(kind, options)
        return max(_film(job, engine, options) for job in jobs)
    finally:
        ahead.close()


def preview(options: Options) -> int:
    """Show the camera: what is done to pixels for the model's sake is left out, so the motion is plain to see."""
    still = [("noise_schedule", 0), ("amount_schedule", 0), ("color_coherence", "None"), ("use_init", False)]
    options.changes = [*still, *options.changes]
    options.engine, options.model, options.resume, options.allow_missing = "preview", None, None, True
    return run(options)


def stitch(options: Options) -> None:
    """Put the frames of a run together anew."""
    folder = RunFolder.open(options.folder)
    fps = settings_file.load(folder.path / "settings.json")["fps"]
    count = running.stitch(folder, fps, options.ffmpeg)
    say(f"{count} frames")
    print(folder.video)


def _film(job: _Job, engine: Engine, options: Options) -> int:
    settings, plan = job.shot.plan.settings, job.shot.plan
    folder = job.folder or RunFolder.create(options.out, run_name(settings), settings)
    try:
        part = [plan.frames.start, plan.frames.stop]
        chosen = {"engine": engine.name, "model": options.model, "frames": part, "allow_missing": options.allow_missing}
        folder.log("resume" if job.folder else "start", **chosen)
        with progress(folder.path.name, len(plan.frames)) as advance:
            wanted = not (options.no_video or settings["skip_video_creation"])
            running.film(job.shot, engine, folder, video=wanted, progress=advance, ffmpeg=options.ffmpeg)
    except Exception as error:
        return told(error)
    finally:
        print(folder.path, flush=True)
        folder.close()
    return DONE


def _job(file: str, options: Options, tools: Tools) -> _Job:
    shot = opened(loaded(file, options), options, tools)
    check_space(options.out, len(shot.plan.frames), shot.plan.size)
    return _Job(shot, None)


# -- resuming -----------------------------------------------------------------------------------------------------


def _resumed(options: Options) -> tuple[RunFolder, dict]:
    """The run to go on with and how it was begun."""
    if len(options.files) > 1:
        raise SettingsError([Problem("--resume", "", "takes one settings file at the most")])
    folder = RunFolder.open(options.resume)
    begun = next((line for line in folder.journal() if line["event"] == "start"), {})
    return folder, begun


def _resume_job(options: Options, resumed: tuple[RunFolder, dict], tools: Tools) -> _Job:
    folder, begun = resumed
    options.frames = options.frames or tuple(begun.get("frames", ())) or None
    options.allow_missing = options.allow_missing or begun.get("allow_missing", False)
    before = settings_file.load(folder.path / "settings.json")
    settings = loaded(options.files[0] if options.files else folder.path / "settings.json", options)
    if settings["seed"] == -1:
        settings = settings.replace(seed=before["seed"])
    shot = opened(settings, options, tools)
    for key in ("W", "H", "max_frames", "diffusion_cadence", "fps"):
        if settings[key] != before[key]:
            raise OutputError(f"{folder.path}: {key} was {before[key]} and cannot become {settings[key]} on the way")
    folder.write_settings(settings)
    return _Job(shot, folder)


# -- engines ------------------------------------------------------------------------------------------------------


def _engine_kind(options: Options, resumed: tuple[RunFolder, dict] | None) -> str:
    if resumed:
        options.model = options.model or resumed[1].get("model")
        options.engine = options.engine or resumed[1].get("engine")
    if options.engine in ("preview", "passthrough"):
        return options.engine
    if not options.model:
        raise ModelError("no model: name one with --model PATH, or use --engine preview, which needs none")
    return "diffusers"


def _capabilities(kind: str) -> Capabilities:
    if kind == "diffusers":
        from lib_anim.engines.diffusers import CAPABILITIES

        return CAPABILITIES
    return {"preview": Preview, "passthrough": Passthrough}[kind].capabilities


def _engine(kind: str, options: Options) -> Engine:
    if kind != "diffusers":
        return {"preview": Preview, "passthrough": Passthrough}[kind]()
    from lib_anim.engines.diffusers import DiffusersEngine

    return DiffusersEngine.load(
        options.model,
        device=options.device,
        lora_folders=options.lora,
        embedding_folders=options.embeddings,
        low_vram=options.low_vram,
        allow_pickle=options.allow_pickle,
        allow_download=options.allow_download,
    )
