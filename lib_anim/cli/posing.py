"""The command that draws a pose track, as a video or as pictures that any ControlNet reads; and that makes one of a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lib_anim.cli.console import progress, say
from lib_anim.cli.options import PoseOptions
from lib_anim.errors import FieldError, ModelError, OutputError, Problem, SettingsError, cannot_be_written
from lib_anim.extras import how_to_install
from lib_anim.files import MB, MOST_FRAMES, RECORDING, check_file, write_bytes
from lib_anim.images.frame import Frame, write_png
from lib_anim.images.skeleton import Body, draw_skeletons
from lib_anim.media.encode import VideoWriter
from lib_anim.media.pose_files import LARGEST, PoseTrack, read_track, written_track
from lib_anim.media.source_video import Film
from lib_anim.messages import Message, visible
from lib_anim.models.dwpose import OF_PEOPLE, OF_POINTS, PoseNetworks, pose_networks
from lib_anim.models.sessions import can_run

_USUAL_SIZE, _USUAL_RATE = (512, 512), 15.0  # of a track that does not say that of its canvas, and of its video
_LARGEST_SIDE = 4096
_VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".gif")


@dataclass(frozen=True)
class _Poses:
    """The people of `n_frames` frames, in pixels of `size`, one frame after the other."""

    size: tuple[int, int]
    n_frames: int
    fps: float
    people: Iterator[list[Body]]


def pose(options: PoseOptions) -> None:
    """Draw a track, or the poses of a video, into an .mp4 or a folder of PNG files that is not there yet; or write those of a
    video as a track."""
    target, kind = Path(options.output), Path(options.file).suffix.lower()
    seen = kind != ".json" and (bool(options.pose_model) or kind in _VIDEOS)
    poses = _of_video(options) if seen else _of_track(options)
    if poses.n_frames > MOST_FRAMES:
        reason = Message("{n} frames are too many at once; {most} are the most", n=poses.n_frames, most=MOST_FRAMES)
        raise SettingsError([Problem("--frames", reason)])
    with progress(Path(options.file).name, poses.n_frames) as shown:
        people = _shown(poses, shown)
        if target.suffix.lower() == ".json":
            _write_track(target, people, poses.size)
        elif target.suffix.lower() == ".mp4":
            _write_video(target, people, poses, options.ffmpeg)
        else:
            _write_folder(target, (draw_skeletons(bodies, poses.size) for bodies in people))
    print(visible(options.output))


def _of_track(options: PoseOptions) -> _Poses:
    if options.output.lower().endswith(".json"):
        raise SettingsError([Problem("--output", "this is a pose track already", "name an .mp4 or a new folder")])
    try:
        track = read_track(options.file)
    except FieldError as error:
        raise SettingsError([error.of("")], options.file) from None
    for note in track.crowds(options.file):
        say(note)
    size, n_frames = options.size or _stepped(_canvas_of(track)), options.n_frames or track.frames[-1] + 1
    return _Poses(size, n_frames, options.fps or _USUAL_RATE, (track.at(index, size) for index in range(n_frames)))


def _of_video(options: PoseOptions) -> _Poses:
    """Return the poses that the networks see in a video. Raises SettingsError, ModelError, VideoError."""
    if not options.pose_model:
        remedy = Message("name a folder with {points} and {people}", points=OF_POINTS, people=OF_PEOPLE)
        raise SettingsError([Problem("--pose-model", "poses are seen in a video by networks of yours", remedy)])
    if not can_run():
        raise ModelError(Message("--pose-model: it needs onnxruntime: {command}", command=how_to_install("onnx")))
    try:
        check_file(options.file, RECORDING)
    except FieldError as error:
        raise SettingsError([error.of("")], options.file) from None
    film = Film.open(Path(options.file), options.ffmpeg)
    drawn = not options.output.lower().endswith(".json")
    size = options.size or (_stepped(film.size) if drawn else film.size)
    n_frames = min(options.n_frames or film.n_frames, film.n_frames)
    networks = pose_networks(options.pose_model)
    return _Poses(size, n_frames, options.fps or film.fps, _seen(film, size, n_frames, networks))


def _seen(film: Film, size: tuple[int, int], n_frames: int, networks: PoseNetworks) -> Iterator[list[Body]]:
    frames, someone = film.frames(size), False
    try:
        for index in range(n_frames):
            people = networks.see(frames[index])
            someone = someone or bool(people)
            yield people
    finally:
        frames.close()
    if not someone:
        say(Message("{name}: nobody is seen in it", name=film.path.name))


def _canvas_of(track: PoseTrack) -> tuple[int, int]:
    """Return the canvas of the first pose that says it."""
    return next((pose.canvas for pose in track.poses if pose.canvas), _USUAL_SIZE)


def _stepped(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size in steps of 8 pixels, as models paint, and not too large."""
    width, height = size
    shrink = min(1.0, _LARGEST_SIDE / max(width, height))
    return max(round(width * shrink / 8) * 8, 8), max(round(height * shrink / 8) * 8, 8)


def _shown(poses: _Poses, shown: Callable[[int, int], None]) -> Iterator[list[Body]]:
    for index, people in enumerate(poses.people):
        yield people
        shown(index + 1, poses.n_frames)


def _write_track(target: Path, people: Iterable[list[Body]], size: tuple[int, int]) -> None:
    data = written_track(people, size).encode()
    if len(data) > LARGEST:
        text = "{path}: a track of {n} MB cannot be read again, {most} MB is the most; take fewer frames, with --frames"
        raise OutputError(Message(text, path=target, n=round(len(data) / MB), most=LARGEST // MB))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, data)
    except OSError as error:
        raise OutputError(cannot_be_written(target, error)) from None


def _write_video(target: Path, people: Iterable[list[Body]], poses: _Poses, ffmpeg: str | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(target, poses.size, poses.fps, ffmpeg=ffmpeg) as video:
        for bodies in people:
            video.write(draw_skeletons(bodies, poses.size))


def _write_folder(folder: Path, frames: Iterator[Frame]) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise OutputError(Message("{path}: is there already; name a new folder, or a .mp4", path=folder)) from None
    except OSError as error:
        raise OutputError(cannot_be_written(folder, error)) from None
    for index, frame in enumerate(frames):
        try:
            write_png(folder / f"{index:05d}.png", frame)
        except OSError as error:
            raise OutputError(cannot_be_written(folder, error)) from None
