"""A stand-in for the ControlNet that is built into the first Forge: reads units and fails as that one does."""

import types
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tests.controlnet_scripts import Annotator, no_grad

# trap: exact names, the first with a capital letter
MODULES = ["None", "canny", "depth_midas", "reference_only", "ip-adapter_clip_sd15"]
MODELS = {"None": None, "control_v11p_sd15_canny": "canny.safetensors", "ip-adapter_sd15": "ip.safetensors"}


@dataclass
class Unit:
    """What the units of both Forges have."""

    mask_image: Any = None
    enabled: bool = True  # trap: a unit is on unless told otherwise
    module: str = "None"
    model: str = "None"
    weight: float = 1.0
    image: Any = None
    resize_mode: str = "Crop and Resize"
    processor_res: int = -1
    threshold_a: float = -1
    threshold_b: float = -1
    guidance_start: float = 0.0
    guidance_end: float = 1.0
    pixel_perfect: bool = False
    control_mode: str = "Balanced"
    save_detected_map: bool = True

    @classmethod
    def from_dict(cls, values):
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})


@dataclass
class ControlNetUnit(Unit):
    image_fg: Any = None


PROCESSORS = {"depth_midas": Annotator(), "canny": Annotator()}
global_state = types.SimpleNamespace(
    get_all_controlnet_names=lambda: list(MODELS),
    get_all_preprocessor_names=lambda: list(MODULES),
    get_preprocessor=PROCESSORS.__getitem__,  # trap: KeyError
)
external_code = types.SimpleNamespace()


class ControlNet:
    filename = "controlnet.py"
    args_from = args_to = 0
    alwayson = True
    unit = ControlNetUnit

    def title(self):
        return "ControlNet"

    @no_grad  # trap: a wrapper of another module
    def process(self, p, *args):
        self.current_params, self.detected, p.guided = {}, [], []
        units = [self.unit.from_dict(unit) if isinstance(unit, dict) else unit for unit in args]
        for n, unit in enumerate(unit for unit in units if unit.enabled):
            if unit.module not in MODULES:
                raise KeyError(unit.module)
            try:
                image, mask = self.pictures(p, unit)
            except ValueError:
                continue
            if unit.module != "reference_only":
                if unit.model == "None":
                    continue
                MODELS[unit.model]
            if unit.save_detected_map:
                self.detected.append(image)
            p.guided.append((image, unit.weight, None if mask is None else mask[..., :1] / 255.0))
            self.current_params[n] = object()

    def pictures(self, p, unit):
        drawn = None if unit.image_fg is None else unit.image_fg[:, :, 3]
        if unit.image is None:
            if not getattr(p, "init_images", None):
                raise ValueError("controlnet is enabled but no input image is given")
            image = np.asarray(p.init_images[0])
        elif (unit.image < 5).all() and (drawn > 5).any():  # trap: TypeError for a black picture with nothing drawn on it
            image = drawn
        else:
            image = unit.image
        mask = unit.mask_image if unit.mask_image is not None and (unit.mask_image > 5).any() else None
        return image, mask

    def before_process_batch(self, p, *args, **kwargs):
        pass

    def postprocess_batch(self, p, *args, **kwargs):
        pass

    def postprocess(self, p, processed, *args):
        processed.images.extend(self.detected)
