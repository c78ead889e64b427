"""The parser of the command line, and the function of each command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import lib_anim.cli.converting as converting
import lib_anim.cli.fetching as fetching
import lib_anim.cli.filming as filming
import lib_anim.cli.interpolating as interpolating
import lib_anim.cli.live as live
import lib_anim.cli.looking as looking
import lib_anim.cli.posing as posing
from lib_anim import resources
from lib_anim.cli.options import (
    OUT,
    CheckOptions,
    ConvertOptions,
    ExplainOptions,
    ExportOptions,
    FetchDepthOptions,
    InterpolateOptions,
    LiveOptions,
    PlanOptions,
    PlotOptions,
    PoseOptions,
    ReportOptions,
    RunOptions,
    StitchOptions,
    options_of,
)
from lib_anim.cli.values import (
    parse_change,
    parse_count,
    parse_part,
    parse_rate,
    parse_scale,
    parse_size,
    parse_slowness,
    parse_times,
    parse_tolerance,
)
from lib_anim.engines.catalog import KINDS, EngineSpec
from lib_anim.jobs.live import FPS, SECONDS, SLIDER_HELP, SLIDERS
from lib_anim.media.camera_file import FORMATS
from lib_anim.media.camera_reading import AXES
from lib_anim.runs.control import Control
from lib_anim.runs.guide_film import LONGEST
from lib_anim.version import __version__

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Group = Callable[[Commands], None]  # adds commands
Work = Callable[[argparse.Namespace, Control], int | None]


def build_parser(groups: Sequence[Group] = ()) -> argparse.ArgumentParser:
    """Build the parser, with the commands that `groups` add."""
    parser = argparse.ArgumentParser("anim", description="Animations from keyframes, painted by Stable Diffusion.")
    parser.add_argument("--version", action="version", version=f"anim {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (_add_filming, _add_looking, *groups, _add_afterwards):
        group(commands)
    return parser


def _add_filming(commands: Commands) -> None:
    run = add_command(commands, "run", _run, "render settings files; prints the folder of each run")
    _file_argument(run, "files", nargs="*")
    _settings_options(run)
    output_options(run)
    engine_options(run)
    run.add_argument(
        "--resume", metavar="DIR", help="go on with a run; FILE only to go on with other settings. auto: for each FILE"
    )
    text = "with --resume: leave that run as it is, and go on from frame N, with other settings, in a folder beside it"
    run.add_argument("--branch-at", type=int, metavar="N", help=text)
    text = "with --resume: use the engine, address and files that a run of others names"
    run.add_argument("--trust-run", action="store_true", help=text)
    text = "with --resume: go on although its model or a LoRA is gone or another, with the model of now"
    run.add_argument("--other-model", action="store_true", help=text)
    run.add_argument("--status", metavar="JSON", help="keep a file that says how the run stands")

    _add_live(commands)

    preview = add_command(commands, "preview", _preview, "the camera on a test card, no model")
    _file_argument(preview, "files", nargs="+")
    _settings_options(preview)
    output_options(preview)


def _add_live(commands: Commands) -> None:
    text = "a photo brought to life: a short film that goes round, as GIF, WebP or MP4; needs no model"
    parser = add_command(commands, "live", _live, text)
    parser.add_argument("photo", metavar="PHOTO", help="a picture: AVIF, BMP, GIF, JPEG, PNG, TIFF or WebP")
    parser.add_argument("-o", "--output", required=True, metavar="FILM", help="a .gif, .webp or .mp4")
    for name, text in SLIDER_HELP.items():
        slider = SLIDERS[name]
        about = f"{text}, {slider.low:g} to {slider.high:g} (default: {slider.usual:g})"
        parser.add_argument(f"--{name}", type=float, metavar="N", help=about)
    parser.add_argument("--ping-pong", action="store_true", help="there and back, in twice the time")
    parser.add_argument("--seconds", type=float, metavar="S", help=f"its length (default: {SECONDS:g})")
    parser.add_argument("--fps", type=parse_rate, metavar="F", help=f"frames a second (default: {FPS:g})")
    parser.add_argument("--size", type=parse_size, metavar="WxH", help="of the film (default: the photo's shape)")
    parser.add_argument("--depth", metavar="FILE", help="a grey picture that says how near things are, white near")
    parser.add_argument("--depth-model", metavar="PATH", help="a folder of a depth model, or an ONNX file, which sees that")
    parser.add_argument("--prompt", metavar="WORDS", help="with --engine or --model: what is painted over the photo")
    _settings_changes(parser)
    _out_option(parser)
    parser.add_argument("--ffmpeg", metavar="PATH", help="the ffmpeg to use")
    engine_options(parser)


def _live(args: argparse.Namespace, control: Control) -> int:
    return live.live(options_of(LiveOptions, args, engine=options_of(EngineSpec, args)), control)


def _run(args: argparse.Namespace, control: Control) -> int:
    return filming.run(options_of(RunOptions, args, engine=options_of(EngineSpec, args)), control)


def _preview(args: argparse.Namespace, control: Control) -> int:
    return filming.preview(options_of(RunOptions, args), control)


def _add_looking(commands: Commands) -> None:
    plan = add_command(commands, "plan", _without_control(looking.plan, PlanOptions), "the numbers of every frame")
    _file_argument(plan, "file")
    _settings_options(plan)
    plan.add_argument("--frame", type=int, metavar="N", help="everything about one frame")
    plan.add_argument("--csv", action="store_true", help="all of it, for a spreadsheet")

    plot = add_command(commands, "plot", _without_control(looking.plot, PlotOptions), "the curves as a picture")
    _file_argument(plot, "file")
    _settings_options(plot)
    plot.add_argument("-o", "--output", default="curves.png", metavar="PICTURE")

    _add_export(commands)
    _add_convert(commands)

    explain = add_command(
        commands, "explain", _without_control(looking.explain, ExplainOptions), "what happens to a frame, in order"
    )
    _file_argument(explain, "file")
    _settings_options(explain)

    _add_pose(commands)
    _add_fetch_depth(commands)

    text = "every problem of settings files; renders nothing"
    check = add_command(commands, "check", _without_control(looking.check, CheckOptions), text)
    _file_argument(check, "files", nargs="+")
    _settings_options(check)
    _out_option(check)


def _add_pose(commands: Commands) -> None:
    text = "a pose track drawn as skeletons, as a video or as pictures for any ControlNet; or a track made of a video"
    pose = add_command(commands, "pose", _without_control(posing.pose, PoseOptions), text)
    text = "OpenPose's JSON: one pose, a list of them, or poses by frame; or a video with people"
    pose.add_argument("file", metavar="TRACK", help=text)
    text = "an .mp4, or the name of a new folder for PNG files; of a video also a .json, its track"
    pose.add_argument("-o", "--output", required=True, metavar="FILM", help=text)
    pose.add_argument(
        "--size", type=parse_size, metavar="WxH", help="of the pictures (default: the track's canvas, the video's)"
    )
    pose.add_argument(
        "--frames", type=parse_count, dest="n_frames", metavar="N", help="how many (default: to its last key, all)"
    )
    pose.add_argument("--fps", type=parse_rate, metavar="F", help="of the video (default: 15, or that of a video's)")
    text = "networks that see a video's poses: a folder with dw-ll_ucoco_384.onnx and yolox_l.onnx, or the first alone"
    pose.add_argument("--pose-model", metavar="PATH", help=text)
    pose.add_argument("--ffmpeg", metavar="PATH")


def _add_fetch_depth(commands: Commands) -> None:
    text = "fetch a depth model for 3D films, once: Depth Anything V2 Small, 95 MB, Apache 2.0; asks first"
    fetch = add_command(commands, "fetch-depth", _without_control(fetching.fetch_depth, FetchDepthOptions), text)
    fetch.add_argument("--yes", action="store_true", help="agree beforehand")
    fetch.add_argument("--mirror", metavar="URL", help="fetch from this copy of the Hugging Face hub")
    fetch.add_argument("--fetch-local", action="store_true", help="the mirror may be on this machine or its network")


def _add_export(commands: Commands) -> None:
    text = "the camera for other programs: matrices of a 3D film, or guides for video models"
    export = add_command(commands, "export", _without_control(looking.export, ExportOptions), text)
    _file_argument(export, "file")
    _settings_options(export)
    what = export.add_mutually_exclusive_group(required=True)
    what.add_argument("--camera", metavar="FILE", help="where its matrices go: a name that ends in .npz or .json")
    what.add_argument("--guide", metavar="DIR", help="a new folder for control and mask videos, as Wan VACE takes them")
    text = "opencv: c2w and intrinsics (default); blender, omnicam: a .json for that program"
    export.add_argument("--camera-format", choices=FORMATS, metavar="F", help=text)
    text = "with --guide: the picture to move (default: the start picture), or the folder or video of the finished film"
    export.add_argument("--from", dest="source", metavar="PATH", help=text)
    text = f"with --guide: frames of a piece, at the most (default: {LONGEST})"
    export.add_argument("--longest", type=int, metavar="N", help=text)
    export.add_argument("--ffmpeg", metavar="PATH", help="with --guide: the ffmpeg to use")


def _add_convert(commands: Commands) -> None:
    text = "a camera from elsewhere as the settings of a 3D film: Blender, OmniCam, COLMAP, c2w"
    convert = add_command(commands, "convert", _without_control(converting.convert, ConvertOptions), text)
    convert.add_argument("file", metavar="CAMERA", help="a .json, .npz, .npy or .txt; what it is, is told by what it holds")
    text = "the settings file to write; one that is there keeps its other settings"
    convert.add_argument("-o", "--output", required=True, metavar="FILM", help=text)
    convert.add_argument(
        "--set", action="append", dest="changes", type=parse_change, metavar="KEY=VALUE", help="change a setting"
    )
    text = (
        "how far the film's camera may be from that of the file, added up over the film: scene units, of which the flat scene "
        "is 1 away, plus radians it is turned by; a lens by its share; 0: as exact as can be (default: 0.0001)"
    )
    convert.add_argument("--tolerance", type=parse_tolerance, metavar="T", help=text)
    text = "how many scene units one of the file's is (default: 1)"
    convert.add_argument("--scale", type=parse_scale, metavar="S", help=text)
    text = "the axes of matrices: opencv (x right, y down, z away) or blender (x right, y up, z to the viewer)"
    convert.add_argument("--camera-format", choices=AXES, metavar="F", help=text)


def _add_afterwards(commands: Commands) -> None:
    text = "how steady a run is; of two runs, side by side"
    report = add_command(commands, "report", _without_control(looking.report, ReportOptions), text)
    report.add_argument("folders", nargs="+", metavar="DIR")
    report.add_argument("-o", "--output", metavar="PICTURE", help="where the curves go (default: report.png in DIR)")

    text = "the video of a run anew, from its frames"
    stitch = add_command(commands, "stitch", _without_control(filming.stitch, StitchOptions), text)
    stitch.add_argument("folder", metavar="DIR")
    stitch.add_argument("--ffmpeg", metavar="PATH")

    _add_interpolate(commands)


def _add_interpolate(commands: Commands) -> None:
    text = "frames between the frames of a video, a run or pictures: smoother, or slow motion"
    work = _without_control(interpolating.interpolate, InterpolateOptions)
    interpolate = add_command(commands, "interpolate", work, text)
    interpolate.add_argument("file", metavar="FILM", help="a video, the folder of a run, or a folder of pictures")
    interpolate.add_argument("-o", "--output", required=True, metavar="OUT", help="an .mp4, or a new folder for PNG files")
    rate = interpolate.add_mutually_exclusive_group()
    text = "how many times as many frames (default: 2, or as many as --slow)"
    rate.add_argument("--x", type=parse_times, dest="times", metavar="N", help=text)
    rate.add_argument("--fps", type=parse_rate, metavar="F", help="to so many frames a second")
    text = "flow follows what moves (default), blend mixes; rife, film: networks of yours"
    interpolate.add_argument("--engine", choices=interpolating.ENGINES, metavar="E", help=text)
    text = "of rife (.pkl, .pth, .safetensors) or film (TorchScript: .pt); it is tried in a process of its own first"
    interpolate.add_argument("--model", metavar="FILE", help=text)
    interpolate.add_argument("--loop", action="store_true", help="the film goes round: on from its last frame to its first")
    interpolate.add_argument("--slow", type=parse_slowness, metavar="N", help="so many times slower, its sound too")
    interpolate.add_argument("--no-sound", action="store_true", help="without the film's sound")
    interpolate.add_argument("--rate", type=parse_rate, metavar="F", help="of pictures, a second (default: the run's, or 15)")
    interpolate.add_argument("--ffmpeg", metavar="PATH", help="the ffmpeg to use")


def _without_control(function: Callable[[Any], int | None], kind: type[Any]) -> Work:
    """Adapt a function of options alone to `Work`."""
    return lambda args, _control: function(options_of(kind, args))


def add_command(commands: Commands, name: str, work: Work, text: str) -> argparse.ArgumentParser:
    """Add a command; `work` runs it and returns its exit status. The caller adds options to the returned parser."""
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(work=work, changes=[])
    return parser


def _file_argument(parser: argparse.ArgumentParser, name: str, nargs: str | None = None) -> None:
    films = ", ".join(resources.bundled_films())
    text = f"a settings file, or a picture or video made here; without a file of that name, one that comes along: {films}"
    parser.add_argument(name, nargs=nargs, metavar="FILE", help=text)


def _settings_changes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", dest="changes", type=parse_change, metavar="KEY=VALUE", help="change a setting"
    )


def _settings_options(parser: argparse.ArgumentParser) -> None:
    _settings_changes(parser)
    parser.add_argument("--frames", type=parse_part, metavar="A:B", help="only frames A to before B; the film stays as long")
    parser.add_argument("--allow-missing", action="store_true", help="leave out what is not built yet or not available")
    parser.add_argument("--fetch", action="store_true", help="fetch the files at web addresses that the film goes by")
    parser.add_argument("--fetch-local", action="store_true", help="the same, also from this machine and its network")


def _out_option(parser: argparse.ArgumentParser) -> None:
    text = "where runs go, and what is fetched (default: ./output)"
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=text)


def output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for output."""
    _out_option(parser)
    parser.add_argument("--no-video", action="store_true", help="frames only")
    parser.add_argument("--ffmpeg", metavar="PATH", help="the ffmpeg to use")


def engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the fields of an EngineSpec."""
    add = parser.add_argument
    add("--engine", dest="kind", choices=KINDS, metavar="E", help=", ".join(KINDS))
    add("--model", metavar="PATH", help="a .safetensors checkpoint or a diffusers folder")
    add("--url", help="of the WebUI that webui-api asks (default: http://127.0.0.1:7860)")
    add("--device", metavar="D", help="cuda, mps, xpu or cpu; the best there is without it")
    add("--lora", action="append", dest="loras", default=[], metavar="DIR", help="where <lora:name:1> is looked up")
    add("--embeddings", action="append", default=[], metavar="DIR", help="of textual inversions")
    text = "of ControlNets and IP-Adapters, files or diffusers folders"
    add("--controlnet", action="append", dest="controlnets", default=[], metavar="DIR", help=text)
    text = "paint clips: an AnimateDiff module's file or folder"
    add("--motion-module", metavar="FILE", help=text)
    add("--low-vram", action="store_true", help="slower, with much less memory on the card")
    add("--allow-pickle", action="store_true", help="load .ckpt files; they can hold code of their makers")
    add("--allow-download", action="store_true", help="let missing parts of a model be fetched")
