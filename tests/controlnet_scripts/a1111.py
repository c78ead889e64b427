"""A stand-in for the script of AUTOMATIC1111's extension sd-webui-controlnet: reads units and fails as that one does."""

import types
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tests.controlnet_scripts import Annotator

MODULES = ["none", "canny", "depth_midas", "reference_only", "ip-adapter_clip_sd15"]
RESIZE = ("Just Resize", "Crop and Resize", "Resize and Fill")
CONTROL = ("Balanced", "My prompt is more important", "ControlNet is more important")


PROCESSORS = {"depth_midas": Annotator(), "canny": Annotator()}
Preprocessor = types.SimpleNamespace(get_preprocessor=PROCESSORS.get)


@dataclass
class ControlNetUnit:
    enabled: bool = False  # trap: a unit is off unless told otherwise
    module: str = "none"
    model: str = "None"
    weight: float = 1.0
    image: Any = None
    mask: Any = None
    resize_mode: str = "Crop and Resize"
    control_mode: str = "Balanced"
    processor_res: int = -1
    threshold_a: float = -1
    threshold_b: float = -1
    guidance_start: float = 0.0
    guidance_end: float = 1.0
    low_vram: bool = False
    pixel_perfect: bool = False
    save_detected_map: bool = True
    effective_region_mask: Any = None

    @classmethod
    def from_dict(cls, values):
        known = {field.name for field in fields(cls)}
        unit = cls(**{key: value for key, value in values.items() if key in known})
        if "mask_image" in values:
            unit.mask = values["mask_image"]
        checks = {
            f"module({unit.module}) not found": unit.module in MODULES,
            f"resize_mode({unit.resize_mode})": unit.resize_mode in RESIZE,
            f"control_mode({unit.control_mode})": unit.control_mode in CONTROL,
            f"weight({unit.weight})": 0.0 <= unit.weight <= 2.0,
            "guidance_start > guidance_end": 0.0 <= unit.guidance_start <= unit.guidance_end <= 1.0,
            "effective_region_mask": unit.effective_region_mask is None or isinstance(unit.effective_region_mask, np.ndarray),
        }
        for fault, fine in checks.items():
            if not fine:
                raise ValueError(fault)
        return unit


MODELS = {
    "None": None,
    "control_v11p_sd15_canny [d14c016b]": "canny.safetensors",
    "ip-adapter_sd15 [6a3f6166]": "ip.safetensors",
}
global_state = types.SimpleNamespace(cn_models=MODELS)
external_code = types.SimpleNamespace(get_models=lambda update=False: list(global_state.cn_models), get_modules=lambda: MODULES)


class ControlNet:
    filename = "controlnet.py"
    args_from = args_to = 0
    alwayson = True

    def __init__(self):
        self.latest_network, self.detected = None, []

    def title(self):
        return "ControlNet"

    def process(self, p, *args):
        units = [ControlNetUnit.from_dict(unit) if isinstance(unit, dict) else unit for unit in args]
        units = [unit for unit in units if unit.enabled]
        p.guided, self.latest_network, self.detected = [], None, []
        for unit in units:
            if unit.module != "reference_only" and unit.model not in global_state.cn_models:
                raise RuntimeError(f"model not found: {unit.model}")
            if unit.module != "reference_only" and unit.model == "None":
                raise RuntimeError("You have not selected any ControlNet Model.")
            image = self.picture(p, unit)
            if unit.save_detected_map:
                self.detected.append(image)
            mask = unit.effective_region_mask
            p.guided.append((image, unit.weight, None if mask is None else mask[..., :1] / 255.0))
        if units:
            self.latest_network = object()

    def picture(self, p, unit):
        image = unit.image
        if image is None:
            if not getattr(p, "init_images", None):
                raise ValueError("controlnet is enabled but no input image is given")
            return np.asarray(p.init_images[0])
        mask = unit.mask
        if isinstance(image, dict):
            image, mask = image["image"], image.get("mask")
        drawn = mask is not None and (mask > 5).any() and not (mask >= 250).all()
        return mask if drawn else image  # trap: a mask is taken for a scribble

    def before_process_batch(self, p, *args, **kwargs):
        pass

    def postprocess_batch(self, p, *args, **kwargs):
        pass

    def postprocess(self, p, processed, *args):
        self.latest_network = None
        processed.images.extend(self.detected)
