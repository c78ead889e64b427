"""Engines without a model: `Passthrough` changes nothing, `Preview` shows motion."""

from __future__ import annotations

from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest
from lib_anim.images.test_card import outlined, test_card


class Passthrough(Engine):
    """Returns `init`, or a test card without one. For tests and benchmarks, and as the smallest example of an engine."""

    name = "passthrough"
    capabilities = Capabilities(words=frozenset({"soft_mask", "controlnet", "no_model"}))

    def paint(self, request: SampleRequest) -> Sampled:
        """Return `init` or the test card."""
        return Sampled(test_card(request.size) if request.init is None else request.init, request.seed)


class Preview(Engine):
    """Shows how the camera moves: draws an outline on every picture, with the denoise as its opacity, which is fed back and
    moved. Prompt and frame number are written only on frames that are shown, not on those fed back."""

    name = "preview"
    capabilities = Capabilities(words=frozenset({"soft_mask", "controlnet", "caption", "no_model"}))

    def paint(self, request: SampleRequest) -> Sampled:
        """Return the picture with the outline."""
        picture = test_card(request.size) if request.init is None else request.init
        return Sampled(outlined(picture, request.denoise if request.init is not None else 1.0), request.seed)
