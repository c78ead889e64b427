"""Pictures by frame, from a picture, a folder of pictures, a video, or a pose track that a setting names. Not a feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.file_problems import file_problems
from lib_anim.features.common.resizing import Size, fit, fit_note, is_stretched, resizing, several_sizes
from lib_anim.files import RECORDING, check_file
from lib_anim.images.frame import Frame, resized
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.download import check_is_path
from lib_anim.media.picture_folder import PICTURES, pictures_in, size_of
from lib_anim.media.pose_files import read_track
from lib_anim.media.source_video import Film
from lib_anim.plan.plan import Plan
from lib_anim.shot.steps import Tools

_REMEDY = "write the path of a picture, a video, a folder of pictures, or a pose track"
_CACHED = 8  # pictures of a folder that are kept in memory


class Pictures(NamedTuple):
    """`at(n)` returns the n-th picture, for n below `number`; the caller passes `notes` and `close` on to its Steps."""

    at: Callable[[int], Frame]
    number: int
    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()


def open_pictures(key: str, plan: Plan, tools: Tools, how: str) -> Pictures:
    """Open what the setting `key` names, brought to the film's size; `how` as in `fit`. Raises SettingsError."""
    return open_path(key, plan.settings.text(key), plan, tools, how)


def open_path(key: str, path: str, plan: Plan, tools: Tools, how: str) -> Pictures:
    """Open the pictures at a path that `key` names, as `open_pictures` does. Raises SettingsError."""
    if not path:
        raise SettingsError([Problem(key, "there is no picture", _REMEDY)])
    check_is_path(key, path, _REMEDY)
    source = _Source(key, plan.size, plan.frames.stop, tools, how)
    with file_problems(key, path, _REMEDY):
        if Path(path).is_dir():
            return source.folder(Path(path))
        if Path(path).suffix.lower() == ".json":
            return source.track(path)
        return source.picture(path) if Path(path).suffix.lower() in PICTURES else source.video(Path(path))


@dataclass(frozen=True)
class _Source:
    """Opens what `key` names, for a film of that size and number of frames."""

    key: str
    size: Size
    n_frames: int
    tools: Tools
    how: str

    def picture(self, path: str) -> Pictures:
        picture = self.tools.picture(path)
        frame = self._fitted(picture)
        return Pictures(lambda _: frame, 1, self._note(picture.shape[1::-1]))

    def folder(self, folder: Path) -> Pictures:
        """Return its pictures by name, numbers in names by value. All that the film needs are read here once."""
        files = pictures_in(folder)[: self.n_frames]
        sizes = {size_of(path, path.stat().st_mtime_ns) for path in files}
        notes = self._note(*sizes) if len(sizes) == 1 else (several_sizes(self.key, len(sizes), self.size),)
        read = lru_cache(maxsize=_CACHED)(lambda n: self._fitted(self.tools.picture(str(files[n]))))
        return Pictures(read, len(files), notes)

    def video(self, path: Path) -> Pictures:
        check_file(path, RECORDING)
        film = Film.open(path, self.tools.ffmpeg)
        frames = film.frames(film.size)
        return Pictures(lambda n: self._fitted(frames[n]), film.n_frames, self._note(film.size), (frames.close,))

    def track(self, path: str) -> Pictures:
        """Return the skeletons of a pose track, drawn at the film's size; a canvas of its shape is not remarked on."""
        track = read_track(path)
        sizes = {pose.canvas for pose in track.poses if pose.canvas and is_stretched(pose.canvas, self.size)}
        notes = resizing(self.key, sizes.pop(), self.size) if len(sizes) == 1 else ()
        return Pictures(
            lambda n: draw_skeletons(track.at(n, self.size), self.size), self.n_frames, (*notes, *track.crowds(self.key))
        )

    def _fitted(self, picture: Frame) -> Frame:
        return resized(fit(picture, self.size, self.how), self.size)

    def _note(self, own: Size) -> tuple[str, ...]:
        return fit_note(own, self.size, self.how, self.key)
