"""Video through ffmpeg.

While a video is written it is a fragmented MP4, which plays up to the last fragment even if this process is killed. Closing
converts it to a plain MP4 with its index in front. Settings and runs are unknown here.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from lib_anim.errors import VideoError, cannot_be_written
from lib_anim.images.frame import Frame, check_frame
from lib_anim.media.processes import give_way, kill, run, start
from lib_anim.messages import Message, one_line

ENVIRONMENT = "ANIM_FFMPEG"
# ffmpeg's names of formats that hold pictures and sound themselves
_CONTAINERS = ",".join(
    (
        *(
            "mov",
            "matroska",
            "avi",
            "flv",
            "asf",
            "mpeg",
            "mpegts",
            "mpegvideo",
            "m4v",
            "h264",
            "hevc",
            "ivf",
            "dv",
            "mxf",
            "rm",
        ),
        *("yuv4mpegpipe", "gif", "apng", "webp_anim", "webp_pipe", "png_pipe", "jpeg_pipe", "nut", "3gp"),
        *("wav", "w64", "mp3", "ogg", "flac", "aac", "ac3", "eac3", "aiff", "caf", "au", "ape", "wv", "tta", "amr", "dts"),
    )
)
PATIENCE_S = 15.0  # seconds to wait for a reader of the film (Windows)
# seconds that ffmpeg may take: to look at a file, to decode a sound beyond a tenth of its length, to copy and to encode a
# film beyond what its size takes
LOOKING_S, COPYING_S, ENCODING_S = 15.0, 300.0, 3600.0
_COPIED, _ENCODED = 5_000_000, 100_000  # bytes of a film that are copied and encoded in a second at least


def find_ffmpeg(chosen: str | None = None) -> str:
    """Return the ffmpeg to run: the chosen one, else $ANIM_FFMPEG, else imageio-ffmpeg's, else the system's.

    A chosen one is not checked. It never comes from a settings file, since those are data from strangers. Raises VideoError.
    """
    explicit = chosen or os.environ.get(ENVIRONMENT)
    if explicit:
        return explicit
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if not found:
        text = "there is no ffmpeg; run `pip install imageio-ffmpeg` or set {variable} to its path"
        raise VideoError(Message(text, variable=ENVIRONMENT))
    return found


class VideoWriter:
    """Writes an H.264 MP4. Use it as a context manager, or call close(); both end the process.

    `crf` is x264's quality, 0 lossless .. 51 worst. Colours are BT.709 and tagged as such, so that players agree. `comment` is
    in the file from its first frame on. Raises VideoError with ffmpeg's message when ffmpeg fails.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        fps: float,
        *,
        crf: int = 17,
        preset: str = "medium",
        comment: str = "",
        ffmpeg: str | None = None,
    ):
        self.path = Path(path)
        self.size = size
        self.frames = 0
        self.waiting_since: float | None = None  # for ffmpeg, by time.monotonic()
        self._killed = ""
        self._ffmpeg = find_ffmpeg(ffmpeg)
        self._resources = contextlib.ExitStack()  # released once ffmpeg has ended
        tags = self._resources.enter_context(_tags_beside(self.path, comment))
        self._command = _encoding_command(self._ffmpeg, self.path, size, fps, crf, preset, tags)
        with contextlib.suppress(OSError):  # the ffmpeg of a killed process may still hold it
            self.path.unlink(missing_ok=True)
        # ffmpeg logs to a file: a pipe that nobody reads would fill and block it
        self._log = self._resources.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        try:
            self._process = start(self._command, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log)
            give_way(self._process)
        except VideoError:
            self._resources.close()
            raise
        assert self._process.stdin is not None  # it is a pipe
        self._pipe = self._process.stdin

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, frame: Frame) -> None:
        """Add a frame of the video's size."""
        check_frame(frame, self.size)
        try:
            with self._waiting():
                self._pipe.write(memoryview(frame).cast("B") if frame.flags.c_contiguous else frame.tobytes())
        except OSError:
            raise self._ffmpeg_error() from None
        self.frames += 1

    def kill(self, why: str) -> None:
        """End ffmpeg from another thread: whoever waits for it gets VideoError with `why`. What is in the file plays."""
        self._killed = why
        kill(self._process)

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        self.waiting_since = time.monotonic()
        try:
            yield
        finally:
            self.waiting_since = None

    def close(self) -> None:
        """Finish the file. Without frames, delete it. Raises VideoError."""
        if self._log.closed:
            return
        with self._waiting():
            with contextlib.suppress(OSError):  # if ffmpeg has ended already, its exit status tells
                self._pipe.close()
            status = self._process.wait()
        if self.frames == 0:
            self.path.unlink(missing_ok=True)
        elif status != 0:
            raise self._ffmpeg_error()
        self._resources.close()
        if self.frames:
            make_seekable(self.path, self._ffmpeg)

    def _ffmpeg_error(self) -> VideoError:
        status = self._process.wait()
        self._log.seek(0)
        words = self._log.read().decode(errors="replace")
        self._resources.close()
        return _exit_error(self._command, status, self._killed or words)


@contextlib.contextmanager
def _tags_beside(path: Path, comment: str) -> Iterator[Sequence[str]]:
    """Provide the arguments for a video's comment. It is in a temporary file, since command lines are limited in length.

    Raises VideoError.
    """
    if not comment:
        yield ()
        return
    file = path.with_name(f"{path.stem}.part.txt")
    escaped = re.sub(r"([=;#\\\n])", r"\\\1", comment)
    try:
        file.write_bytes(f";FFMETADATA1\ncomment={escaped}\n".encode())
    except OSError as error:
        raise VideoError(cannot_be_written(file, error)) from None
    yield "-f", "ffmetadata", "-i", str(file), "-map_metadata", "1"
    file.unlink(missing_ok=True)


def make_seekable(path: Path, ffmpeg: str | None = None) -> None:
    """Rewrite a fragmented MP4 in place with its index in front, without re-encoding. Raises VideoError."""
    beside = path.with_name(f"{path.stem}.part{path.suffix}")
    command = [find_ffmpeg(ffmpeg), *QUIET, "-i", str(path), "-c", "copy", "-movflags", "+faststart", "-y", str(beside)]
    run_into(beside, command, COPYING_S + path.stat().st_size / _COPIED)
    put_in_place(beside, path)


def source(path: Path) -> list[str]:
    """Return ffmpeg's arguments to read a local file only: it may be a stranger's playlist that names addresses.

    "file:" forces the path to be taken as one, whatever it looks like. Playlists (HLS, DASH, concat) are none of the formats,
    since they open other files.
    """
    return ["-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS, "-i", f"file:{path}"]


# suffix -> ffmpeg's arguments; a GIF has 256 colours, so each film gets its own palette
_FORMATS = {
    ".gif": [
        "-filter_complex",
        "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=sierra2_4a",
        "-loop",
        "0",
    ],
    ".webp": ["-c:v", "libwebp_anim", "-quality", "85", "-loop", "0", "-an"],
}


def convert(video: Path, target: Path, ffmpeg: str | None = None) -> None:
    """Convert a video to an animated picture that loops: `target` ends in .gif or .webp. Raises VideoError."""
    beside = target.with_name(f"{target.stem}.part{target.suffix}")
    command = [find_ffmpeg(ffmpeg), *QUIET, "-i", str(video), *_FORMATS[target.suffix], "-y", str(beside)]
    run_into(beside, command, ENCODING_S + video.stat().st_size / _ENCODED)
    put_in_place(beside, target)


def put_in_place(made: Path, target: Path) -> None:
    """Replace `target`. On Windows that fails while a page or player reads it, so it is retried for PATIENCE_S."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            made.replace(target)
            return
        except PermissionError as error:
            if time.monotonic() >= end:
                made.unlink(missing_ok=True)
                text = "{path}: cannot be replaced: {said}; close what plays it"
                raise VideoError(Message(text, path=target, said=error)) from None
            time.sleep(0.1)


def run_into(target: Path, command: Sequence[str], seconds: float) -> None:
    """Run ffmpeg for so many seconds at the most; delete an incomplete `target` when it fails. Raises VideoError."""
    try:
        done = run(command, seconds, target.name)
        if done.returncode != 0:
            raise _exit_error(command, done.returncode, done.stderr.decode(errors="replace"))
    except VideoError:
        target.unlink(missing_ok=True)
        raise


QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin")


def _encoding_command(
    ffmpeg: str, path: Path, size: tuple[int, int], fps: float, crf: int, preset: str, tags: Sequence[str]
) -> list[str]:
    rate = Fraction(fps).limit_denominator(1001)
    # fmt: off
    return [
        ffmpeg, *QUIET,
        "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{size[0]}x{size[1]}", "-framerate", str(rate),
        "-i", "pipe:0",
        *tags,
        # players need 4:2:0, which needs even sizes
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,"
               "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p,"
               "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
        # at most four frames are buffered, on any number of cores: the file can be watched while the engine paints
        "-c:v", "libx264", "-preset", preset, "-crf", str(crf),
        "-x264-params", "rc-lookahead=2:sync-lookahead=0:bframes=1:sliced-threads=1",
        "-g", str(max(1, round(fps * 2))),
        "-movflags", "+frag_every_frame+empty_moov+default_base_moof", "-flush_packets", "1",
        "-y", str(path),
    ]
    # fmt: on


def _exit_error(command: Sequence[str], status: int, words: str) -> VideoError:
    error = one_line(words, 300) or Message("it said nothing")
    text = "ffmpeg ended with status {n}: {error} (command: {command})"
    return VideoError(Message(text, n=status, error=error, command=one_line(" ".join(command), 2000)))
