"""The options of commands as frozen dataclasses, built from argparse's namespace."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lib_anim.engines.catalog import ANY, EngineSpec
from lib_anim.runs.guide_film import LONGEST

OUT = Path("output")

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Options = TypeVar("Options", bound="DataclassInstance")


@dataclass(frozen=True)
class FileOptions:
    """Options of all commands that read settings files."""

    changes: tuple[tuple[str, object], ...] = ()
    frames: tuple[int, int] | None = None
    allow_missing: bool = False
    fetch: bool = False
    fetch_local: bool = False
    out: Path = OUT
    ffmpeg: str | None = None


@dataclass(frozen=True)
class RunOptions(FileOptions):
    """`anim run`, and `anim preview`. `resume` is a run's folder, or AUTO; `branch_at`: it is left as it is, and goes on from
    that frame in a folder of its own; `trust_run`: what it names outside of it is used; `other_model`: it goes on with another
    model than it has."""

    files: tuple[str, ...] = ()
    engine: EngineSpec = ANY
    resume: str | None = None
    branch_at: int | None = None
    trust_run: bool = False
    other_model: bool = False
    status: str | None = None
    no_video: bool = False


@dataclass(frozen=True)
class CheckOptions(FileOptions):
    """`anim check`."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExplainOptions(FileOptions):
    """`anim explain`."""

    file: str = ""


@dataclass(frozen=True)
class PlanOptions(FileOptions):
    """`anim plan`: an overview, one `frame`, or all frames as `csv`."""

    file: str = ""
    frame: int | None = None
    csv: bool = False


@dataclass(frozen=True)
class PlotOptions(FileOptions):
    """`anim plot`."""

    file: str = ""
    output: str = ""


@dataclass(frozen=True)
class ExportOptions(FileOptions):
    """`anim export`: `camera` is the file to write, of the kind `camera_format`, or `guide` the folder, of pieces of at most
    `longest` frames. `source` is the picture that it begins with, or the finished film; "" the start picture of the settings.
    """

    file: str = ""
    camera: str = ""
    camera_format: str = "opencv"
    guide: str = ""
    source: str = ""
    longest: int = LONGEST


@dataclass(frozen=True)
class ConvertOptions(FileOptions):
    """`anim convert`: `scale` is how many scene units one of the file's is; `camera_format` the axes of matrices, None for
    those that are usual for the file."""

    file: str = ""
    output: str = ""
    tolerance: float = 1e-4
    scale: float = 1.0
    camera_format: str | None = None


@dataclass(frozen=True)
class PoseOptions:
    """`anim pose`: `size`, `n_frames`, `fps` are those of the track or video, if they are not given; `pose_model` is the path
    of the networks for a video."""

    file: str
    output: str
    size: tuple[int, int] | None = None
    n_frames: int | None = None
    fps: float | None = None
    pose_model: str = ""
    ffmpeg: str | None = None


@dataclass(frozen=True)
class FetchDepthOptions:
    """`anim fetch-depth`: `yes` agrees beforehand; `mirror` is the hub's address, None the usual one."""

    yes: bool = False
    mirror: str | None = None
    fetch_local: bool = False


@dataclass(frozen=True)
class ReportOptions:
    """`anim report`."""

    folders: tuple[str, ...]
    output: str | None = None


@dataclass(frozen=True)
class StitchOptions:
    """`anim stitch`."""

    folder: str
    ffmpeg: str | None = None


def options_of(kind: type[Options], args: argparse.Namespace, **more: object) -> Options:
    """Fill a dataclass from arguments by field names, lists as tuples, and from `more`. Fields without an argument keep their
    default."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in vars(args).items()}
    named = {one.name: given.get(one.name) for one in fields(kind)}
    return kind(**{name: value for name, value in named.items() if value is not None}, **more)
