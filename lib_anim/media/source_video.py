"""Films that are read: how long one is, and its frames by their number, of the size that is wanted.

One ffmpeg decodes forwards and is asked for a frame at a time. Frames are counted and not timed, so a film of any rate, also
one that changes, gives each of its frames once. Only files are opened: a playlist reaches no network.
"""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lib_anim.errors import VideoError
from lib_anim.images.frame import Frame
from lib_anim.media.encode import QUIET, find_ffmpeg, source, start
from lib_anim.messages import Message, one_line

_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) F(\d+):(\d+)")


@dataclass(frozen=True)
class Film:
    """A film on disk: `size` (width, height) as it is seen upright, `fps`, and how many frames it says it has."""

    path: Path
    size: tuple[int, int]
    fps: float
    n_frames: int
    ffmpeg: str | None = None

    @staticmethod
    def open(path: Path, ffmpeg: str | None = None) -> Film:
        """Look at a file; the last ones are remembered.

        Raises OSError when it is not there, and VideoError when there are no pictures in it or there is no ffmpeg.
        """
        state = path.stat()
        return _looked_at(path, (state.st_mtime_ns, state.st_size), ffmpeg)

    def numbers(self, every: int = 1, first: int = 0, last: int = -1) -> range:
        """Those of its frames whose number `every` divides, from `first` to `last` (-1 is the end): maybe none."""
        stop = self.n_frames if last < 0 else min(last + 1, self.n_frames)
        return range(-(-first // every) * every, stop, every)

    def frames(self, size: tuple[int, int], numbers: range | None = None) -> Frames:
        """The frames of these numbers (all without), stretched to `size`."""
        return Frames(self, size, self.numbers() if numbers is None else numbers)


class Frames:
    """A film's frames by their place among `numbers`; after the end it is the last one.

    Rising places are read on from where the last was, a lower one from the beginning. Nothing is opened before the first
    is asked for. Threads take turns.
    """

    def __init__(self, film: Film, size: tuple[int, int], numbers: range):
        self._film, self._size, self._numbers = film, size, numbers
        self._lock = threading.Lock()
        self._closed = False
        self._place = -1  # of the frame that was read last, among `numbers`
        self._frame: Frame | None = None
        self._stream = self._streamed()

    def __getitem__(self, place: int) -> Frame:
        """Raises VideoError."""
        with self._lock:
            if self._closed:
                raise VideoError(Message("{name}: it was closed", name=self._film.path.name))
            if place < self._place:
                self._stream.close()
                self._place, self._frame, self._stream = -1, None, self._streamed()
            while self._place < place and (frame := next(self._stream, None)) is not None:
                self._place, self._frame = self._place + 1, frame
            if self._frame is None:
                raise VideoError(Message("{name}: none of its frames can be read", name=self._film.path.name))
            return self._frame

    def close(self) -> None:
        """End the ffmpeg that reads. Nothing can be read any more."""
        with self._lock:
            self._closed = True
            self._stream.close()

    def _streamed(self) -> Generator[Frame, None, None]:
        """All of them, from the first."""
        return _streamed(_reading_command(self._film, self._size, self._numbers), self._film.path, self._size)


def _streamed(command: Sequence[str], path: Path, size: tuple[int, int]) -> Generator[Frame, None, None]:
    """The frames of `size` that an ffmpeg writes, as it writes them. Whoever closes this ends it. Raises VideoError."""
    # ffmpeg's words go to a file: a pipe that nobody reads would fill and stop it
    with tempfile.TemporaryFile() as words, start(command, stdout=subprocess.PIPE, stderr=words) as process:
        assert isinstance(process.stdout, io.BufferedReader)  # it is a pipe
        try:
            while (frame := _next(process.stdout, size)) is not None:
                yield frame
            if process.wait() != 0:
                words.seek(0)
                raise VideoError(Message("{name}: cannot be read on: {said}", name=path.name, said=_last_line(words.read())))
        finally:
            process.kill()


def _next(pipe: io.BufferedReader, size: tuple[int, int]) -> Frame | None:
    frame = np.empty((size[1], size[0], 3), np.uint8)
    return frame if pipe.readinto(memoryview(frame).cast("B")) == frame.size else None


def _reading_command(film: Film, size: tuple[int, int], numbers: range) -> list[str]:
    # fmt: off
    return [
        # the input's times are not looked at and what is selected is counted: no frame is left out or repeated
        find_ffmpeg(film.ffmpeg), *QUIET, "-r", "25", *_input(film.path),
        "-vf", f"select='gte(n,{numbers.start})*not(mod(n-{numbers.start},{numbers.step}))',setpts=N,"
               f"scale={size[0]}:{size[1]}:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp",
        "-frames:v", str(len(numbers)), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1",
    ]
    # fmt: on


def _input(path: Path) -> list[str]:
    """The pictures of a file. "V" leaves out a sound's cover."""
    return [*source(path), "-map", "0:V:0"]


@lru_cache(maxsize=16)
def _looked_at(path: Path, state: tuple[int, int], ffmpeg: str | None) -> Film:
    """`state` is that of the file, so that another one of its name is looked at anew."""
    counted = ["-c", "copy", "-f", "null", "-", "-progress", "pipe:2"]
    shown = ["-map", "0:V:0", "-frames:v", "1", "-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe", "pipe:1"]
    command = [find_ffmpeg(ffmpeg), *QUIET, *_input(path), *counted, *shown]
    with tempfile.TemporaryFile() as words, start(command, stdout=subprocess.PIPE, stderr=words) as process:
        header = _HEADER.match(process.communicate()[0])
        words.seek(0)
        said = words.read()
    found = re.findall(rb"^frame=\s*(\d+)", said, re.MULTILINE)
    if b"matches no streams" in said:
        raise VideoError(Message("{name}: there are no pictures in it", name=path.name))
    if process.returncode != 0 or not header or not found:
        raise VideoError(Message("{name}: not a video that can be read: {said}", name=path.name, said=_last_line(said)))
    width, height, frames, seconds = map(int, header.groups())
    return Film(path, (width, height), frames / seconds, int(found[-1]), ffmpeg)


def _last_line(words: bytes) -> str:
    """What ffmpeg said last, without its own names for things."""
    lines = [line for line in words.decode(errors="replace").splitlines() if line.strip() and not re.match(r"\w+=", line)]
    return one_line(re.sub(r"^(\[[^]]*\] )+", "", lines[-1]), 200) if lines else Message("it said nothing")
