"""Source videos: their length, and their frames by number at a given size.

One ffmpeg process decodes forwards, frame by frame. Frames are counted, not timed, so a video of constant or variable rate
yields each of its frames once. Only local files are opened: a playlist cannot reach the network.
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
from lib_anim.media.encode import LOOKING_S, QUIET, find_ffmpeg, source
from lib_anim.media.processes import kill, killed_after, start
from lib_anim.messages import Message, one_line

_COUNTED, _LONGEST_COUNT_S = 20_000_000, 120.0  # bytes a second that are read to count frames, and seconds at the most
_FRAME_S, _SKIPPED = 60.0, 10  # seconds to decode a frame, and frames a second that are decoded to be skipped
_BLOCK_BYTES = 64 * 2**20  # of frames that are kept for reading backwards
_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) F(\d+):(\d+)")


@dataclass(frozen=True)
class Film:
    """A video on disk: `size` (width, height) after rotation, `fps`, and its number of frames.

    `damage` is what ffmpeg said about packets of the file that it could not read, "" if there was none. Damage inside of
    packets shows when their frames are decoded only: ffmpeg then conceals it, or leaves a frame out.
    """

    path: Path
    size: tuple[int, int]
    fps: float
    n_frames: int
    ffmpeg: str | None = None
    damage: str = ""

    @staticmethod
    def open(path: Path, ffmpeg: str | None = None) -> Film:
        """Probe a file; the last results are cached.

        Raises OSError for a missing file, VideoError for one without pictures or without ffmpeg.
        """
        state = path.stat()
        return _probe(path, (state.st_mtime_ns, state.st_size), ffmpeg)

    def numbers(self, every: int = 1, first: int = 0, last: int = -1) -> range:
        """Return the frame numbers divisible by `every` from `first` to `last` inclusive (-1: to the end); may be empty."""
        stop = self.n_frames if last < 0 else min(last + 1, self.n_frames)
        return range(-(-first // every) * every, stop, every)

    def stream(self, size: tuple[int, int], numbers: range) -> Generator[Frame, None, None]:
        """Yield these frames, stretched to `size`. Closing the generator ends ffmpeg. Raises VideoError."""
        skipped = max(numbers.start, numbers.step)
        return _stream_frames(_reading_command(self, size, numbers), self.path, size, _FRAME_S + skipped / _SKIPPED)

    def frames(self, size: tuple[int, int], numbers: range | None = None) -> Frames:
        """Return a reader of these frames (all by default), stretched to `size`."""
        return Frames(self, size, self.numbers() if numbers is None else numbers)


class Frames:
    """A reader of a video's frames by their index in `numbers`; beyond the end it returns the last one.

    Reading is sequential. An index below the last one restarts from the beginning, and keeps a block of frames up to that
    index, so that reading backwards restarts once a block. The file is opened at the first read. Thread-safe.
    """

    def __init__(self, film: Film, size: tuple[int, int], numbers: range):
        self._film, self._size, self._numbers = film, size, numbers
        self._lock = threading.Lock()
        self._closed = False
        self._place = -1  # index in `numbers` of the last frame read
        self._frame: Frame | None = None
        self._block: dict[int, Frame] = {}  # index -> frame, of the last restart
        self._block_length = max(_BLOCK_BYTES // (3 * size[0] * size[1]), 1)
        self._stream = film.stream(size, numbers)

    def __getitem__(self, place: int) -> Frame:
        """Read a frame. Raises VideoError."""
        with self._lock:
            if self._closed:
                raise VideoError(Message("{name}: it was closed", name=self._film.path.name))
            if place in self._block:
                return self._block[place]
            if restarts := place < self._place:
                self._stream.close()
                self._place, self._frame, self._stream = -1, None, self._film.stream(self._size, self._numbers)
                self._block = {}
            while self._place < place and (frame := next(self._stream, None)) is not None:
                self._place, self._frame = self._place + 1, frame
                if restarts and self._place > place - self._block_length:
                    self._block[self._place] = frame
            if self._frame is None:
                raise VideoError(Message("{name}: none of its frames can be read", name=self._film.path.name))
            return self._frame

    def close(self) -> None:
        """End ffmpeg. Later reads raise VideoError."""
        with self._lock:
            self._closed = True
            self._stream.close()


def _stream_frames(command: Sequence[str], path: Path, size: tuple[int, int], seconds: float) -> Generator[Frame, None, None]:
    """Yield the frames of `size` that an ffmpeg process writes, each within so many seconds.

    Closing the generator ends it. Raises VideoError.
    """
    # ffmpeg logs to a file: a pipe that nobody reads would fill and block it
    with tempfile.TemporaryFile() as words, start(command, stdout=subprocess.PIPE, stderr=words) as process:
        assert isinstance(process.stdout, io.BufferedReader)  # it is a pipe
        try:
            while True:
                with killed_after(process, seconds, path.name):
                    frame = _read_frame(process.stdout, size)
                if frame is None:
                    break
                yield frame
            if process.wait() != 0:
                words.seek(0)
                raise VideoError(Message("{name}: cannot be read on: {said}", name=path.name, said=_last_line(words.read())))
        finally:
            kill(process)


def _read_frame(pipe: io.BufferedReader, size: tuple[int, int]) -> Frame | None:
    frame = np.empty((size[1], size[0], 3), np.uint8)
    return frame if pipe.readinto(memoryview(frame).cast("B")) == frame.size else None


def _reading_command(film: Film, size: tuple[int, int], numbers: range) -> list[str]:
    # fmt: off
    return [
        # input times are ignored and selected frames are numbered, so that none is dropped or repeated
        find_ffmpeg(film.ffmpeg), *QUIET, "-r", "25", *_input(film.path),
        "-vf", f"select='gte(n,{numbers.start})*not(mod(n-{numbers.start},{numbers.step}))',setpts=N,"
               f"scale={size[0]}:{size[1]}:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp",
        "-frames:v", str(len(numbers)), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1",
    ]
    # fmt: on


def _input(path: Path) -> list[str]:
    """Return ffmpeg's arguments for the pictures of a file. "V" excludes cover art."""
    return [*source(path), "-map", "0:V:0"]


@lru_cache(maxsize=16)
def _probe(path: Path, state: tuple[int, int], ffmpeg: str | None) -> Film:
    """Probe a video. `state` identifies the file's content, so that a replaced file is probed again."""
    counted = ["-c", "copy", "-f", "null", "-", "-progress", "pipe:2"]
    shown = ["-map", "0:V:0", "-frames:v", "1", "-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe", "pipe:1"]
    command = [find_ffmpeg(ffmpeg), *QUIET, *_input(path), *counted, *shown]
    seconds = min(LOOKING_S + state[1] / _COUNTED, _LONGEST_COUNT_S)
    with tempfile.TemporaryFile() as words, start(command, stdout=subprocess.PIPE, stderr=words) as process:
        try:
            with killed_after(process, seconds, path.name):
                header = _HEADER.match(process.communicate()[0])
        finally:
            kill(process)
        words.seek(0)
        said = words.read()
    found = re.findall(rb"^frame=\s*(\d+)", said, re.MULTILINE)
    if b"matches no streams" in said:
        raise VideoError(Message("{name}: there are no pictures in it", name=path.name))
    if process.returncode != 0 or not header or not found:
        raise VideoError(Message("{name}: not a video that can be read: {said}", name=path.name, said=_last_line(said)))
    width, height, frames, seconds = map(int, header.groups())
    said = b"\n".join(line for line in said.splitlines() if not line.startswith((b"[null", b"[out")))  # about what is written
    return Film(path, (width, height), frames / seconds, int(found[-1]), ffmpeg, _last_line(said, silent=""))


def _last_line(words: bytes, silent: str = Message("it said nothing")) -> str:
    """Return the last line of ffmpeg's log, without the names of its components; `silent` if there is none."""
    lines = [line for line in words.decode(errors="replace").splitlines() if line.strip() and not re.match(r"\w+=", line)]
    return one_line(re.sub(r"^(\[[^]]*\] )+", "", lines[-1]), 200) if lines else silent
