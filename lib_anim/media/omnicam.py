"""Camera tracks of OmniCam (ComfyUI-Majoor-OmniCam), version 1 of their JSON: read at every frame, and written.

A track has keyframes; each is a camera with position, target, fov (degrees, from top to bottom) and roll (degrees,
counter-clockwise on the axis of view). The world's y points up; cameras look along their own -z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import FieldError
from lib_anim.files import MOST_FRAMES
from lib_anim.messages import Message, Place

Values = NDArray[np.float64]

MOST_KEYS = 10_000  # that OmniCam takes
FOVS = (5.0, 150.0)  # degrees that OmniCam takes
_CHANNELS = ("pos_x", "pos_y", "pos_z", "target_x", "target_y", "target_z", "fov", "roll")
_EASING: dict[str, Callable[[Values], Values]] = {
    "hold": np.zeros_like,
    "linear": lambda t: t,
    "ease": lambda t: t * t * (3.0 - 2.0 * t),
    "ease_in": lambda t: t * t,
    "ease_out": lambda t: t * (2.0 - t),
    "smooth": lambda t: t**3 * (10.0 + t * (6.0 * t - 15.0)),
}


def is_track(data: object) -> bool:
    """Return whether a JSON value is a track, or a shot or a collection of shots that has one."""
    return isinstance(data, Mapping) and any(key in data for key in ("keyframes", "camera_track", "shots"))


def track_in(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the track of a track, of a shot, or of the first shot of a collection. Raises FieldError."""
    while not isinstance(data.get("keyframes"), list):
        shots = data.get("shots")
        inner = data.get("camera_track") or (shots[0] if isinstance(shots, list) and shots else None)
        if not isinstance(inner, Mapping):
            raise FieldError("an OmniCam file without keyframes")
        data = inner
    return data


def cameras_of_track(track: Mapping[str, Any]) -> tuple[Values, Values]:
    """Return the cameras (n, 4, 4), axes x right, y up, z to the viewer, and the fov (n,) at every frame. Raises FieldError."""
    look_at = track.get("constraints", {}).get("look_at") if isinstance(track.get("constraints"), Mapping) else None
    if isinstance(look_at, Mapping) and look_at.get("status", "active") == "active":
        raise FieldError("its camera is aimed at an object", "bake the camera in OmniCam, and save it again")
    by_frame = {_frame(key): key for key in track["keyframes"] if isinstance(key, Mapping)}
    keys = [by_frame[frame] for frame in sorted(by_frame)]
    if not keys:
        raise FieldError("an OmniCam file without keyframes")
    frames = np.array(sorted(by_frame), float)
    said = track.get("duration_frames")
    count = said if isinstance(said, int) and 0 < said <= MOST_FRAMES else int(frames[-1]) + 1
    at_keys = np.array([_values(key) for key in keys])
    columns = [_channel(keys, frames, at_keys[:, k], name, np.arange(count)) for k, name in enumerate(_CHANNELS)]
    position, target, (fov, roll) = np.stack(columns[:3], 1), np.stack(columns[3:6], 1), columns[6:]
    return _looking(position, target, roll), fov


def track_of_cameras(cameras: Values, fov: Values, facts: Mapping[str, object]) -> dict[str, object]:
    """Return the track with a key at every frame, lines between them; `facts` are fps, width, height and metadata.

    Raises FieldError for what OmniCam does not take.
    """
    if len(cameras) > MOST_KEYS:
        raise FieldError(Message("OmniCam takes {n} frames at the most", n=MOST_KEYS), "export a part: --frames A:B")
    for frame in np.flatnonzero((fov < FOVS[0]) | (fov > FOVS[1]))[:1]:
        reason = Message("OmniCam takes view angles from {low} to {high} degrees", low=FOVS[0], high=FOVS[1])
        raise FieldError(reason, "", Place(frame=int(frame)))
    position, forward = cameras[:, :3, 3], -cameras[:, :3, 2]
    upright = _looking(position, position + forward, np.zeros(len(cameras)))
    right, above = (np.einsum("ni,ni->n", cameras[:, :3, 0], upright[:, :3, k]) for k in (0, 1))
    columns = position, position + forward, fov, np.degrees(np.arctan2(above, right))
    fixed = {"camera_type": "perspective", "zoom": 1.0, "near": 0.01, "far": 10000.0}
    keys = [
        {"frame": k, "interpolation": "linear", "camera": {"position": p, "target": t, "fov": f, "roll": r, **fixed}}
        for k, (p, t, f, r) in enumerate(zip(*(column.tolist() for column in columns), strict=True))
    ]
    shown = {"duration_frames": len(keys), "render_mode": "omni_ref", "keyframes": keys, "objects": []}
    return {"schema_version": 1, **facts, **shown}


def _looking(position: Values, target: Values, roll_deg: Values) -> Values:
    """Return cameras (n, 4, 4) that look from a place to another; one that looks along y has -z of the world on top, or z."""
    forward = target - position
    length = np.linalg.norm(forward, axis=1, keepdims=True)
    forward = np.where(length < 1e-9, (0.0, 0.0, -1.0), forward / np.maximum(length, 1e-9))
    right = np.cross(forward, (0.0, 1.0, 0.0))
    straight = np.linalg.norm(right, axis=1) < 1e-6
    on_top = np.stack([np.zeros(len(forward)), np.zeros(len(forward)), np.where(forward[:, 1] > 0.0, -1.0, 1.0)], axis=1)
    right = np.where(straight[:, None], np.cross(forward, on_top), right)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(right, forward)
    cos, sin = np.cos(np.radians(roll_deg))[:, None], np.sin(np.radians(roll_deg))[:, None]
    cameras = np.tile(np.eye(4), (len(position), 1, 1))
    cameras[:, :3] = np.stack([right * cos + up * sin, up * cos - right * sin, -forward, position], axis=2)
    return cameras


def _frame(key: Mapping[str, Any]) -> int:
    frame = key.get("frame", 0)
    if not isinstance(frame, (int, float)) or not 0 <= frame < MOST_FRAMES:
        raise FieldError(Message("{value} is no frame number", value=repr(frame)))
    return int(frame)


def _values(key: Mapping[str, Any]) -> list[float]:
    """Return the eight numbers of a key, in the order of the channels. Raises FieldError."""
    place, camera = Place(frame=_frame(key)), key.get("camera", key)
    try:
        position, target = ([float(value) for value in camera[name]] for name in ("position", "target"))
        values = [*position, *target, float(camera.get("fov", 35.0)), float(camera.get("roll", 0.0))]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise FieldError("a camera has a position and a target of three numbers", "", place) from None
    if len(position) != 3 or len(target) != 3 or not (np.abs(values) < 1e9).all():
        raise FieldError("a camera has a position and a target of three numbers", "", place)
    if camera.get("camera_type", "perspective") != "perspective":
        raise FieldError("an orthographic camera has no view angle", "make it a perspective one", place)
    return values


def _channel(keys: Sequence[Mapping[str, Any]], frames: Values, values: Values, name: str, at: NDArray[np.int_]) -> Values:
    """Return the values of a channel at frames: eased between keys, by handles where one of the two is a `bezier`."""
    result = np.interp(at, frames, values)
    for k in range(len(keys) - 1):
        inside = (at >= frames[k]) & (at < frames[k + 1])
        share = (at[inside] - frames[k]) / (frames[k + 1] - frames[k])
        start, stop = values[k], values[k + 1]
        if name == "roll":
            stop = start + (stop - start + 540.0) % 360.0 - 180.0  # the shorter way round
        if "bezier" in (keys[k].get("interpolation"), keys[k + 1].get("interpolation")):
            out, into = _handles(keys, frames, values, k, name)[0], _handles(keys, frames, values, k + 1, name)[1]
            result[inside] = _bezier(share, (start, start + out[1], stop + into[1], stop), (out[0], 1.0 + into[0]))
        else:
            ease = _EASING.get(str(keys[k].get("interpolation", "ease")), _EASING["linear"])
            result[inside] = start + (stop - start) * ease(share)
    return result


def _bezier(share: Values, heights: tuple[float, float, float, float], across: tuple[float, float]) -> Values:
    """Return the heights of a cubic Bézier curve at shares of its width, found by bisection."""
    low, high = np.zeros_like(share), np.ones_like(share)
    for _ in range(50):
        middle = (low + high) / 2.0
        before = _cubic(middle, (0.0, *np.clip(across, 0.0, 1.0), 1.0)) < share
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return _cubic((low + high) / 2.0, heights)


def _cubic(s: Values, points: Sequence[float]) -> Values:
    rest = 1.0 - s
    curve: Values = rest**3 * points[0] + 3 * rest**2 * s * points[1] + 3 * rest * s**2 * points[2] + s**3 * points[3]
    return curve


def _handles(
    keys: Sequence[Mapping[str, Any]], frames: Values, values: Values, k: int, name: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the handles after and before a key, (share of the span, height); their mode is OmniCam's."""
    said = keys[k].get("tangents")
    whole: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    channels = whole.get("channels")
    own = channels.get(name) if isinstance(channels, Mapping) else None
    stored = own if isinstance(own, Mapping) else whole
    mode = stored.get("mode", whole.get("mode", "auto"))
    before, after = max(k - 1, 0), min(k + 1, len(keys) - 1)
    spans = [max(float(frames[k] - frames[before]), 1.0), max(float(frames[after] - frames[k]), 1.0)]
    slopes = [float(values[k] - values[before]) / spans[0], float(values[after] - values[k]) / spans[1]]
    flat = mode == "flat" or (mode != "vector" and before < k < after and slopes[0] * slopes[1] <= 0.0)
    if mode != "vector":
        ends = slopes[1:] if before == k else slopes[:1] if after == k else slopes
        slopes = [0.0 if flat else sum(ends) / len(ends)] * 2
    out, into = (1 / 3, slopes[1] * spans[1] / 3), (-1 / 3, -slopes[0] * spans[0] / 3)
    if mode not in ("free", "aligned"):
        return out, into
    out = min(max(_number(stored, "out_x", out[0]), 0.01), 0.99), _number(stored, "out_y", out[1])
    into = max(min(_number(stored, "in_x", into[0]), -0.01), -0.99), _number(stored, "in_y", into[1])
    if mode == "aligned":
        turned = float(np.hypot(*into)) / (float(np.hypot(*out)) or 1e-6)
        into = -out[0] * turned, -out[1] * turned
    return out, into


def _number(stored: Mapping[str, Any], key: str, otherwise: float) -> float:
    value = stored.get(key)
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else otherwise
