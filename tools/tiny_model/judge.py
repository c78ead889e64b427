"""Looks at pictures and says what is on them: named colours for shapes, sky and ground for landscapes. No network involved.

The landscape judge is a ridge regression on coarse colours and edges of drawn examples; how often it is right on other
drawn pictures is the ceiling of what the evaluation can report, and is reported with it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .draw import draw
from .landscape import GROUNDS, TIMES, Land, choose_land
from .objects import COLOURS

NAMES = tuple(COLOURS)
SKIES = tuple(TIMES)
WATER = ("sea", "lake")  # one kind of ground to the judge
KINDS = ("water", *(g for g in GROUNDS if g not in WATER))


def _lab(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> float32 CIE Lab, L 0..100."""
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def named_colours(picture: np.ndarray) -> np.ndarray:
    """The index in NAMES of each pixel's nearest named colour: (H, W)."""
    palette = _lab((np.array(list(COLOURS.values()))[None] * 255).astype(np.uint8))[0]  # (names, 3)
    return np.linalg.norm(_lab(picture)[:, :, None] - palette, axis=-1).argmin(axis=-1)


def shape_colours(picture: np.ndarray) -> tuple[str, str]:
    """(object's colour, background's colour): the commonest on the rim, and the commonest other one on the rest."""
    names = named_colours(picture)
    margin = max(picture.shape[0] // 12, 1)
    inner = names[margin:-margin, margin:-margin]
    counts = np.bincount(names.ravel(), minlength=len(NAMES)) - np.bincount(inner.ravel(), minlength=len(NAMES))
    background = int(counts.argmax())
    others = np.bincount(inner.ravel(), minlength=len(NAMES))
    others[background] = 0
    return NAMES[int(others.argmax())], NAMES[background]


def kind_of(ground: str) -> str:
    return "water" if ground in WATER else ground


def _features(picture: np.ndarray) -> np.ndarray:
    """Mean Lab and mean edge strength on an 8x8 grid, as (8, 8, 5)."""
    lab = _lab(cv2.resize(picture, (128, 128), interpolation=cv2.INTER_AREA)) / 50
    across, down = np.abs(np.diff(lab[..., 0], axis=1, append=0)), np.abs(np.diff(lab[..., 0], axis=0, append=0))
    return cv2.resize(np.dstack([lab, 4 * across, 4 * down]), (8, 8), interpolation=cv2.INTER_AREA)


def _inputs(feature: np.ndarray, rows: slice) -> np.ndarray:
    """Features of some rows of the grid, their squares, and a one."""
    flat = feature[rows].ravel()
    return np.concatenate([flat, flat**2, [1]])


@dataclass(frozen=True)
class LandJudge:
    """Weights of the two regressions: the upper half tells the sky, the lower five eighths the ground."""

    sky: np.ndarray  # (inputs, len(SKIES))
    ground: np.ndarray  # (inputs, len(KINDS))

    def __call__(self, picture: np.ndarray) -> tuple[str, str]:
        feature = _features(picture)
        return SKIES[int((_inputs(feature, slice(0, 4)) @ self.sky).argmax())], KINDS[
            int((_inputs(feature, slice(3, 8)) @ self.ground).argmax())
        ]


def _plain_land(rng: np.random.Generator) -> Land:
    while True:
        land = choose_land(rng)
        if not land.look and land.weather in ("", "clouds"):
            return land


def _ridge(inputs: np.ndarray, labels: list[int], classes: int, strength: float = 0.3) -> np.ndarray:
    wanted = np.eye(classes)[labels]
    return np.linalg.solve(inputs.T @ inputs + strength * np.eye(inputs.shape[1]), inputs.T @ wanted)


def train_land_judge(n_pictures: int = 3500, seed: int = 77) -> LandJudge:
    """A judge taught on drawn landscapes (a few seconds)."""
    rng = np.random.default_rng(seed)
    lands = [_plain_land(rng) for _ in range(n_pictures)]
    features = [_features(draw(land, 128, 128)) for land in lands]
    upper = np.stack([_inputs(f, slice(0, 4)) for f in features])
    lower = np.stack([_inputs(f, slice(3, 8)) for f in features])
    skies, kinds = [SKIES.index(land.time) for land in lands], [KINDS.index(kind_of(land.ground)) for land in lands]
    return LandJudge(_ridge(upper, skies, len(SKIES)), _ridge(lower, kinds, len(KINDS)))


def ceiling(judge: LandJudge, n_pictures: int = 300, seed: int = 78) -> float:
    """Share of drawn landscapes, not seen by the judge, on which it names both sky and ground."""
    rng = np.random.default_rng(seed)
    lands = [_plain_land(rng) for _ in range(n_pictures)]
    return float(np.mean([judge(draw(land, 128, 128)) == (land.time, kind_of(land.ground)) for land in lands]))
