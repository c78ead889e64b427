"""A stand-in for the ControlNet that is built into Forge Neo: that of Forge, but for its pictures."""

import types

import numpy as np

from tests.controlnet_scripts import forge, no_grad

ControlNetUnit = forge.Unit
global_state, external_code = forge.global_state, types.SimpleNamespace()


class ControlNet(forge.ControlNet):
    unit = ControlNetUnit

    @no_grad  # trap: a wrapper of another module
    def process(self, p, *args):
        super().process(p, *args)

    def pictures(self, p, unit):
        if unit.image is None:
            if not getattr(p, "init_images", None):
                raise ValueError
            return np.asarray(p.init_images[0]), None
        if (unit.image["image"] < 5).all() and (unit.image["mask"] > 5).any():
            return unit.image["mask"], None  # trap: a black picture gives way to what is drawn on it
        mask = None
        if unit.mask_image is not None and (unit.mask_image["image"] > 5).any():
            mask = unit.mask_image["image"]
        elif (unit.image["mask"] > 5).any():
            mask = unit.image["mask"]
        return unit.image["image"], mask
