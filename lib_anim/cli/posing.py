"""The command that draws a pose track, as a video or as pictures that any ControlNet reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lib_anim.cli.console import progress, say
from lib_anim.cli.options import PoseOptions
from lib_anim.errors import FieldError, OutputError, Problem, SettingsError, cannot_be_written
from lib_anim.files import MOST_FRAMES
from lib_anim.images.frame import Frame, write_png
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.encode import VideoWriter
from lib_anim.media.pose_files import PoseTrack, read_track
from lib_anim.messages import Message, visible

_USUAL_SIZE = (512, 512)  # of a track that does not say that of its canvas
_LARGEST_SIDE = 4096


def pose(options: PoseOptions) -> None:
    """Draw a track into an .mp4, or into a folder of PNG files that is not there yet."""
    track = _read(options.file)
    size = options.size or _size_of(track)
    n_frames = options.n_frames or track.frames[-1] + 1
    if n_frames > MOST_FRAMES:
        reason = Message("{n} frames are too many at once; {most} are the most", n=n_frames, most=MOST_FRAMES)
        raise SettingsError([Problem("--frames", reason)])
    for note in track.crowds(options.file):
        say(note)
    with progress(Path(options.file).name, n_frames) as shown:
        frames = _drawn(track, size, n_frames, shown)
        target = Path(options.output)
        if target.suffix.lower() == ".mp4":
            _write_video(target, frames, size, options)
        else:
            _write_folder(target, frames)
    print(visible(options.output))


def _read(file: str) -> PoseTrack:
    try:
        return read_track(file)
    except FieldError as error:
        raise SettingsError([error.of("")], file) from None


def _size_of(track: PoseTrack) -> tuple[int, int]:
    """Return the canvas of the first pose that says it, in steps of 8 pixels as models paint."""
    width, height = next((pose.canvas for pose in track.poses if pose.canvas), _USUAL_SIZE)
    shrink = min(1.0, _LARGEST_SIDE / max(width, height))
    return max(round(width * shrink / 8) * 8, 8), max(round(height * shrink / 8) * 8, 8)


def _drawn(track: PoseTrack, size: tuple[int, int], n_frames: int, shown: Callable[[int, int], None]) -> Iterator[Frame]:
    for index in range(n_frames):
        yield draw_skeletons(track.at(index, size), size)
        shown(index + 1, n_frames)


def _write_video(target: Path, frames: Iterator[Frame], size: tuple[int, int], options: PoseOptions) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(target, size, options.fps, ffmpeg=options.ffmpeg) as video:
        for frame in frames:
            video.write(frame)


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
