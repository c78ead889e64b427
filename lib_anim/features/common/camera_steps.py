"""The steps of the 3D camera at all frames, turned to a target if there is one. Not a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.distances import scene_distances
from lib_anim.images.camera_pose import CameraPose, aimed_turn, angles, cameras_of, leaps_of
from lib_anim.images.frame import Mask
from lib_anim.media.camera_file import CameraPath
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import ROTATION, TRANSLATION
from lib_anim.shot.steps import Tools

TARGET = "camera_target"
STILL = "still_scene"  # then cameras are those of one picture (camera/still_scene.py)
POINT = ("camera_target_x", "camera_target_y", "camera_target_z")

Triple = tuple[float, float, float]  # along or about x, y and z


@dataclass(frozen=True, eq=False)
class CameraSteps:
    """The step of the camera into every frame: `translate` in camera units and `rotate` in degrees, both (n_frames, 3)."""

    translate: NDArray[np.float64]
    rotate: NDArray[np.float64]

    def from_first(self) -> CameraSteps:
        """Return for every frame the one step that leads to it from frame 0."""
        return CameraSteps(*leaps_of(cameras_of(self.translate, self.rotate)))

    def at(self, index: int) -> tuple[Triple, Triple]:
        """Return the translation and the rotation of the step into a frame."""
        (x, y, z), (tilt, pan, roll) = self.translate[index].tolist(), self.rotate[index].tolist()
        return (x, y, z), (tilt, pan, roll)


def is_still(settings: Settings, plan: Plan) -> bool:
    """Return whether every frame is one step of the camera from the start picture."""
    return settings.switch(STILL) and plan.in_use(STILL)


def camera_steps(plan: Plan, depth: Mask | None = None) -> CameraSteps:
    """Return the steps of the 3D camera. With `camera_target` its rotations about x and y are those that keep the target where
    it is in the picture of frame 0. `depth` has the distances of the scene, (H, W), None for a flat one.

    Raises SettingsError with the first frame at which the target is behind the camera, or the camera passes through it.
    """
    translate, rotate = (_columns(plan, keys) for keys in (TRANSLATION, ROTATION))
    if plan.in_use(POINT[2]):
        rotate = _turned(_target(plan, depth), translate, rotate)
    return CameraSteps(translate, rotate)


def camera_path(plan: Plan, tools: Tools) -> CameraPath:
    """Return the path of the camera in space, for the frames of the plan. Raises SettingsError, such as for a 2D film."""
    if not plan.in_use("translation_z"):
        problem = Problem("animation_mode", "only the camera of a 3D film is in space", "write 3D")
        raise SettingsError([problem], plan.settings.source)
    steps, n_frames = camera_steps(plan, scene_distances(plan.settings, plan, tools).known), plan.timeline.n_frames
    c2w = cameras_of(steps.translate, steps.rotate)
    width, height = plan.size
    lens = 1.0 / np.tan(np.radians(plan.numbers["fov_schedule"]) / 2.0)
    aspect = plan.numbers["aspect_ratio_schedule"] if plan.in_use("aspect_ratio_schedule") else width / height
    focal = lens / aspect * width / 2.0, lens * height / 2.0
    intrinsics = np.stack([*focal, np.full(n_frames, width / 2.0), np.full(n_frames, height / 2.0)], axis=1)
    shown = slice(plan.frames.start, plan.frames.stop)
    return CameraPath(c2w[shown], intrinsics[shown], plan.size, plan.timeline.fps)


def _columns(plan: Plan, keys: Sequence[str]) -> NDArray[np.float64]:
    return np.stack([plan.numbers[key] for key in keys], axis=1)


def _target(plan: Plan, depth: Mask | None) -> NDArray[np.float64]:
    """Return the target at every frame, (n_frames, 3); a z of 0 is replaced by the distance of the scene there."""
    target = _columns(plan, POINT)
    places = [np.clip(np.rint((target[:, k] + 1.0) / 2.0 * (plan.size[k] - 1)), 0, plan.size[k] - 1) for k in (0, 1)]
    x, y = (place.astype(int) for place in places)
    target[:, 2] = np.where(target[:, 2] == 0.0, 1.0 if depth is None else depth[y, x], target[:, 2])
    return target


def _turned(target: NDArray[np.float64], translate: NDArray[np.float64], rotate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotations in degrees, (n_frames, 3), that keep the target at its place; frame 0 is entered from the last."""
    if target[0, 2] <= 0.0:
        raise _behind(0)
    pose, place, turned = CameraPose.at_rest(), target[0] / target[0, 2], rotate.copy()
    for index in (*range(1, len(target)), 0):
        point = pose(target[index])
        turn = aimed_turn(point, place, translate[index], float(rotate[index, 2]))
        if turn is not None:
            turned[index], pose = angles(turn), pose.after(translate[index], turn)
        elif index:  # frame 0 is entered in a film that goes round only, and is then led to by `loop`
            raise _behind(index) if point[2] <= 0.0 else _through(index)
    return turned


def _behind(index: int) -> SettingsError:
    remedy = Message("keep {key} above 0, and let it not move so fast", key=POINT[2])
    return SettingsError([Problem(POINT[2], "the target is behind the camera", remedy, Place(frame=index))])


def _through(index: int) -> SettingsError:
    remedy = Message("move less towards it, or put it farther away: {key}", key=POINT[2])
    return SettingsError([Problem(TARGET, "the camera would pass through its target", remedy, Place(frame=index))])
