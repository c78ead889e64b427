"""Guides of a film for video models, written: what is known of its frames without a painter, and where nothing is, as videos.

DIR/control.mp4    the start picture, moved as the camera moves; grey where the moves uncovered
    mask.mp4       white there, black elsewhere
    start.png      the picture that the moves begin with
    prompts.txt    the prompts of the frames
    README.txt     which file goes where; written last
Of a film of several pieces there are control_1.mp4, control_2.mp4, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count, groupby, repeat
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.files import write_bytes
from lib_anim.images.frame import Frame, Grey, write_png
from lib_anim.media.encode import VideoWriter, find_ffmpeg
from lib_anim.messages import Message
from lib_anim.runs.guide_film import GuideFilm, Piece
from lib_anim.runs.guide_texts import notes, prompts, readme
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.guide import guide
from lib_anim.shot.spans import moves

_CRF = 1  # x264's quality: masks stay black and white; browsers do not show 0, which is lossless

Progress = Callable[[int, int], object]


def write_guide(
    film: GuideFilm, folder: Path, progress: Progress = lambda _done, _total: None, ffmpeg: str | None = None
) -> tuple[str, ...]:
    """Write the guides of a film into a folder that is new or empty; return notes for people.

    Raises OutputError, VideoError, and PictureError for a damaged frame of a finished film.
    """
    find_ffmpeg(ffmpeg)
    try:
        _make_empty(folder)
        with _removed_if_failed(folder / name for piece in film.pieces for name in film.names(piece)):
            said = notes(film, uncovers=_write_pieces(film, folder, progress, ffmpeg))
            write_bytes(folder / "prompts.txt", prompts(film).encode())
            write_bytes(folder / "README.txt", readme(film, said).encode())
    except OSError as error:
        raise OutputError(cannot_be_written(folder, error)) from None
    return said


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise OutputError(Message("{path}: there are files in it; name a new folder", path=folder))


@contextmanager
def _removed_if_failed(files: Iterable[Path]) -> Iterator[None]:
    """Remove files if what is done fails, so that it can be done again."""
    try:
        yield
    except BaseException:
        for path in files:
            with suppress(OSError):  # on Windows an ffmpeg that was killed may still hold it
                path.unlink(missing_ok=True)
        raise


def _write_pieces(film: GuideFilm, folder: Path, progress: Progress, ffmpeg: str | None) -> bool:
    """Write the start pictures and videos of all pieces; return whether a move uncovered anything."""
    total, done, uncovers = sum(piece.length for piece in film.pieces), count(1), False
    for piece, guides in groupby(_guides(film), attrgetter("piece")):
        names = film.names(piece)
        if start := film.start(film.filmed(piece)[0]):
            write_png(folder / names.start, film.cropped(start.frame))
        video = partial(VideoWriter, size=film.size, fps=film.plan.timeline.fps, crf=_CRF, ffmpeg=ffmpeg)
        with video(folder / names.control) as control, video(folder / names.mask) as mask:
            for one in _shown(film, piece, guides):
                control.write(one.frame)
                mask.write(np.repeat(one.mask[..., None], 3, axis=2))
                uncovers = uncovers or bool(one.mask.any())
                progress(next(done), total)
    return uncovers


class _Guide(NamedTuple):
    """A guide of a piece in the size of the videos; `mask` in levels, 255 is to be painted."""

    piece: Piece
    frame: Frame
    mask: Grey


def _guides(film: GuideFilm) -> Iterator[_Guide]:
    """Yield the guides of all pieces, in the order of filming. The moves of a start picture go on over all of them."""

    def of(canvas: Canvas | None) -> _Guide:
        frame, mask = guide(canvas, film.plan.size)
        return _Guide(piece, film.cropped(frame), film.cropped(np.uint8(255) * mask.astype(np.uint8)))

    canvas: Canvas | None = None
    for piece in film.pieces[:: -1 if film.plan.backwards else 1]:
        first, *others = film.filmed(piece)
        canvas = film.start(first) if canvas is None or film.is_finished else canvas
        yield of(canvas)
        for index, moved in zip(others, moves(film.shot, canvas, others), strict=True):
            canvas = moved
            yield of(film.start(index) if film.is_finished and index == others[-1] else moved)


def _shown(film: GuideFilm, piece: Piece, filmed: Iterable[_Guide]) -> Iterator[_Guide]:
    """Yield the guides of a piece in the order in which they are shown, the last one repeated."""
    for one in [*filmed][::-1] if film.plan.backwards else filmed:
        last = one
        yield one
    yield from repeat(last, piece.repeated)
