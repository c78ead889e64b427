"""The command that makes frames between the frames of a video, of a run, or of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lib_anim.cli.console import progress, say
from lib_anim.cli.options import InterpolateOptions
from lib_anim.errors import FieldError, OutputError, PictureError, Problem, SettingsError, cannot_be_written
from lib_anim.features.common.betweens import chosen
from lib_anim.features.common.film_rate import FilmRate
from lib_anim.files import RECORDING, check_file
from lib_anim.images.frame import Frame, read_picture, write_png
from lib_anim.images.interpolate import resampled
from lib_anim.media import metadata
from lib_anim.media.encode import VideoWriter
from lib_anim.media.picture_folder import pictures_in
from lib_anim.media.sound import Cut, add_sound, has_sound
from lib_anim.media.source_video import Film
from lib_anim.messages import Message, visible
from lib_anim.shot.movie import Movie

ENGINES = {"flow": "Flow", "blend": "Blend", "rife": "RIFE", "film": "FILM"}  # on the command line -> in settings

_USUAL_RATE = 15.0  # of pictures
_MOST_NAMED = 10  # cuts


@dataclass(frozen=True)
class _Footage:
    """What is there: a movie of `n_frames`; `sounding` is the video with its sound, and `carrier` the file whose settings go
    with it, if there are any."""

    movie: Movie
    n_frames: int
    sounding: Path | None = None
    carrier: Path | None = None


def interpolate(options: InterpolateOptions) -> None:
    """Write a video, or pictures into a new folder, with frames between those of a video or of a folder."""
    footage = _open(options)
    if footage.n_frames == 1:
        raise SettingsError([Problem("", "there is nothing between the frames of a film of one")], options.file)
    rate = _rate(options, footage.movie.fps)
    engine = chosen("--engine", ENGINES[options.engine], options.model, "--model")
    for note in engine.notes:
        say(note)
    cuts: list[int] = []
    period = footage.n_frames if options.loop else None
    frames = resampled(footage.movie.frames, rate.step, engine.between, period=period, at_cut=cuts.append)
    with progress(Path(options.file).name, round(footage.n_frames / rate.step)) as shown:
        counted = _counted(frames, round(footage.n_frames / rate.step), shown)
        _write(Movie(counted, footage.movie.size, float(rate.fps)), footage, rate, options)
    _say_cuts(options.file, cuts)
    print(visible(options.output))


def _rate(options: InterpolateOptions, fps: float) -> FilmRate:
    """Return the rate that the options ask for: twice as many frames as there are, or as many as slow motion needs."""
    try:
        if options.fps is not None:
            return FilmRate.to_rate(fps, options.fps, options.slow)
        return FilmRate.by_times(fps, options.times or max(2.0, options.slow), options.slow)
    except FieldError as error:
        raise SettingsError([error.of("--fps" if options.fps is not None else "--x")]) from None


def _open(options: InterpolateOptions) -> _Footage:
    path = Path(options.file)
    if not path.is_dir():
        return _video(path, options.ffmpeg)
    return _run(path, options) if (path / "frames").is_dir() else _pictures(path, options.rate or _USUAL_RATE)


def _video(path: Path, ffmpeg: str | None) -> _Footage:
    try:
        check_file(path, RECORDING)
    except FieldError as error:
        raise SettingsError([error.of("")], str(path)) from None
    film = Film.open(path, ffmpeg)
    sounding = path if has_sound(path, ffmpeg) else None
    return _Footage(Movie(_frames_of(film), film.size, film.fps), film.n_frames, sounding, path)


def _frames_of(film: Film) -> Iterator[Frame]:
    with closing(film.frames(film.size)) as frames:
        for index in range(film.n_frames):
            yield frames[index]


def _run(path: Path, options: InterpolateOptions) -> _Footage:
    """Return the frames of a run, at the rate of its settings, with the sound of its video."""
    settings, video = path / "settings.json", path / f"{path.name}.mp4"
    rate = options.rate or (metadata.load(settings).number("fps") if settings.is_file() else _USUAL_RATE)
    sounding = video if video.is_file() and has_sound(video, options.ffmpeg) else None
    footage = _pictures(path / "frames", rate)
    return _Footage(footage.movie, footage.n_frames, sounding, settings)


def _pictures(folder: Path, fps: float) -> _Footage:
    files = pictures_in(folder)
    first = read_picture(files[0])
    return _Footage(Movie(_read(files, first.shape), first.shape[1::-1], fps), len(files), carrier=files[0])


def _read(files: Sequence[Path], shape: tuple[int, ...]) -> Iterator[Frame]:
    for file in files:
        frame = read_picture(file)
        if frame.shape != shape:
            text = "{path}: {width}x{height} pixels, and the first picture has {size}"
            size = f"{shape[1]}x{shape[0]}"
            raise PictureError(Message(text, path=file, width=frame.shape[1], height=frame.shape[0], size=size))
        yield frame


def _write(movie: Movie, footage: _Footage, rate: FilmRate, options: InterpolateOptions) -> None:
    target = Path(options.output)
    if target.suffix.lower() != ".mp4":
        _write_folder(target, movie.frames)
        return
    if target.exists() and any(file and target.samefile(file) for file in (footage.sounding, footage.carrier)):
        raise OutputError(Message("{path}: this is the film itself; name another file", path=target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(cannot_be_written(target, error)) from None
    with VideoWriter(target, movie.size, movie.fps, comment=_settings_in(footage.carrier), ffmpeg=options.ffmpeg) as video:
        for frame in movie.frames:
            video.write(frame)
    if footage.sounding and not options.no_sound:
        seconds = video.frames / movie.fps
        add_sound(target, seconds, footage.sounding, cut=Cut(speed=float(1 / rate.slower)), ffmpeg=options.ffmpeg)


def _write_folder(folder: Path, frames: Iterator[Frame]) -> None:
    try:
        folder.mkdir(parents=True)
        for index, frame in enumerate(frames):
            write_png(folder / f"{index:09d}.png", frame)
    except FileExistsError:
        raise OutputError(Message("{path}: is there already; name a new folder, or a .mp4", path=folder)) from None
    except OSError as error:
        raise OutputError(cannot_be_written(folder, error)) from None


def _settings_in(carrier: Path | None) -> str:
    """Return the settings that a file carries as the text to embed, "" if it carries none."""
    try:
        return metadata.text_of(metadata.load(carrier)) if carrier else ""
    except SettingsError:
        return ""


def _counted(frames: Iterator[Frame], total: int, shown: Callable[[int, int], None]) -> Iterator[Frame]:
    for index, frame in enumerate(frames):
        yield frame
        shown(index + 1, total)


def _say_cuts(file: str, cuts: Sequence[int]) -> None:
    if cuts:
        named = ", ".join(map(str, cuts[:_MOST_NAMED])) + (", …" if len(cuts) > _MOST_NAMED else "")
        say(
            Message("{file}: note: another scene begins at frame {frames}; nothing is made over a cut", file=file, frames=named)
        )
