"""Painters without a model: `Passthrough` changes nothing, `Preview` shows the motion."""

from __future__ import annotations

from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest
from lib_anim.images.test_card import outlined, test_card


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
        return Sampled(outlined(picture, request.denoise if request.init is not None else 1.0), request.seed)
