"""The motion of a whole picture between two pictures, as one matrix."""

from __future__ import annotations

import cv2
import numpy as np

from lib_anim.images.frame import Frame, Matrix

PERSPECTIVE, AFFINE = "Perspective", "Affine"

_CORNERS, _QUALITY, _APART = 500, 0.01, 7  # corners at most, their least quality beside the best one, pixels between them
_FEWEST = 8  # corners that must be found again; with fewer there is no motion, as in Deforum
_RETURN_PX = 1.0  # how far from itself a corner may be that was followed there and back
_OUTLIER_PX, _AGREEING = 3.0, 0.5  # how far a corner may be from where the matrix puts it; the share that must not be


def matched(here: Frame, before: Frame, kind: str) -> Matrix:
    """Return the matrix src_from_dst that moves `before` onto `here`; the identity where too little is found in both.

    Corners are followed by pyramidal Lucas-Kanade flow, and the matrix is fitted to them by RANSAC. `kind` PERSPECTIVE is a
    homography; AFFINE turns, scales and shifts.
    """
    grey, other = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (here, before))
    corners = cv2.goodFeaturesToTrack(grey, _CORNERS, _QUALITY, _APART)
    if corners is None:
        return np.eye(3)
    found, there, _ = cv2.calcOpticalFlowPyrLK(grey, other, corners, None, winSize=(21, 21), maxLevel=4)
    returned, back, _ = cv2.calcOpticalFlowPyrLK(other, grey, found, None, winSize=(21, 21), maxLevel=4)
    close = np.linalg.norm(returned - corners, axis=2) < _RETURN_PX
    kept = ((there == 1) & (back == 1) & close).ravel()
    if np.count_nonzero(kept) <= _FEWEST:
        return np.eye(3)
    return _fitted(corners[kept], found[kept], kind)


def _fitted(points: np.ndarray, others: np.ndarray, kind: str) -> Matrix:
    """Fit a matrix from points to the others, (n, 1, 2) both; the identity where none fits."""
    if kind == AFFINE:
        part, agree = cv2.estimateAffinePartial2D(points, others, ransacReprojThreshold=_OUTLIER_PX)
        matrix = None if part is None else np.vstack([part, (0.0, 0.0, 1.0)])
    else:
        matrix, agree = cv2.findHomography(points, others, cv2.RANSAC, _OUTLIER_PX)
    if matrix is None or agree is None or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-6:
        return np.eye(3)
    chance = np.count_nonzero(agree) <= max(_FEWEST, _AGREEING * len(points))
    return np.eye(3) if chance else matrix.astype(np.float64)
