"""Painters without a model: `Passthrough` changes nothing, `Preview` shows the motion."""

from __future__ import annotations

import cv2

from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest
from lib_anim.frame import Frame, test_card


class Passthrough(Engine):
    """Returns the picture it is given, or a test card: the free sampler of tests and benchmarks, and the definition of
    what the least an engine does."""

    name = "passthrough"
    capabilities = Capabilities(words=frozenset({"soft_mask", "no_model"}))

    def paint(self, request: SampleRequest) -> Sampled:
        """The picture itself."""
        return Sampled(test_card(request.size) if request.init is None else request.init, request.seed)


class Preview(Engine):
    """Shows how the camera moves: a frame outline is laid on every picture, the fainter the less would be painted anew,
    and goes round the loop with it. Prompt and frame number are written on what is shown, not on what goes round."""

    name = "preview"
    capabilities = Capabilities(words=frozenset({"soft_mask", "caption", "no_model"}))

    def paint(self, request: SampleRequest) -> Sampled:
        """The picture with an outline."""
        picture = test_card(request.size) if request.init is None else request.init
        return Sampled(_outlined(picture, request.denoise if request.init is not None else 1.0), request.seed)


def _outlined(frame: Frame, weight: float) -> Frame:
    height, width = frame.shape[:2]
    inset, thickness = min(width, height) // 6, max(1, min(width, height) // 128)
    outline = frame.copy()
    cv2.rectangle(outline, (inset, inset), (width - 1 - inset, height - 1 - inset), (255, 255, 255), thickness)
    return cv2.addWeighted(outline, weight, frame, 1.0 - weight, 0.0)
