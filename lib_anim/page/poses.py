"""Pose tracks for the page: those that come along, and uploads, stored like pictures (pictures.py)."""

from __future__ import annotations

from pathlib import Path

from lib_anim import resources
from lib_anim.errors import BadInput
from lib_anim.images.frame import encode_jpeg
from lib_anim.images.skeleton import draw_skeletons
from lib_anim.media.pose_files import PoseTrack, parse_text, read_track
from lib_anim.page.stored import Store

_SQUARE, _THUMBNAIL = (256, 256), 256  # pixels, of a track without a canvas; the longer side
_MOST_SHOWN = 10  # poses in a thumbnail


class PoseFiles:
    """A folder of pose tracks named by a hash of their content. Those that come along are named as settings_defaults/ does."""

    def __init__(self, folder: Path):
        self._store = Store(folder, "poses", ("json",), "the pose track is not here")

    def add(self, data: bytes) -> str:
        """Store a pose track; return its id. Raises FieldError for an invalid one, OutputError if it cannot be written."""
        parse_text(data)
        return self._store.write(data, "json")

    def path(self, own_id: str) -> str:
        """Return the path of a pose track. Raises FieldError for an unknown id."""
        along = bundled().get(own_id)
        return str(along.absolute() if along else self._store.path(own_id))

    def id_of(self, path: str) -> str:
        """Return the id of a pose track's path, also as a settings file that comes along writes it; "" for any other path."""
        along = (own_id for own_id, file in bundled().items() if path in (own_id, str(file.absolute())))
        return self._store.id_of(path) or next(along, "")

    def thumbnail(self, own_id: str) -> bytes:
        """Return a small JPEG of a pose track, with up to ten of its poses. Raises FieldError."""
        track = read_track(self.path(own_id))
        size = _thumbnail_size(track)
        frames = track.frames[:: -(-len(track.frames) // _MOST_SHOWN)]
        return encode_jpeg(draw_skeletons([body for frame in frames for body in track.at(frame, size)], size))


def bundled() -> dict[str, Path]:
    """Return the pose tracks that come along: poses/NAME.json -> path; empty if they are not installed."""
    try:
        folder = resources.find("settings_defaults")
    except BadInput:
        return {}
    return {f"poses/{path.name}": path for path in sorted((folder / "poses").glob("*.json"))}


def _thumbnail_size(track: PoseTrack) -> tuple[int, int]:
    """Return the canvas of the first pose that says it, made small."""
    width, height = next((pose.canvas for pose in track.poses if pose.canvas), _SQUARE)
    shrink = _THUMBNAIL / max(width, height)
    return max(round(width * shrink), 1), max(round(height * shrink), 1)
