"""The `parameters` text of a painted picture, in the WebUIs' format: PNG Info, image browsers and "send to" read it.

It has the prompt, the negative prompt, and one line of `Key: value` pairs separated by commas. Values that contain commas,
colons or line breaks are quoted as in JSON.
"""

from __future__ import annotations

import json

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.record import ModelRecord
from lib_anim.engines.webui.job_fields import joined, listed
from lib_anim.version import __version__


def parameters(request: SampleRequest, seed: int, record: ModelRecord) -> str:
    """Return the text of a picture that the model of `record` painted with `seed`."""
    negative = listed(request.negatives)
    line = ", ".join(
        f"{key}: {_quoted(value)}" for key, value in _values(request, seed, record).items() if value not in ("", None)
    )
    return "\n".join([joined(request.prompts), *([f"Negative prompt: {negative}"] if negative else []), line]).strip()


def _values(request: SampleRequest, seed: int, record: ModelRecord) -> dict[str, object]:
    options, varied = request.overrides, request.subseed_strength > 0
    skip = options.get("CLIP_stop_at_last_layers", 1)
    return {
        "Steps": request.steps,
        "Sampler": request.sampler,
        "Schedule type": request.scheduler,
        "CFG scale": f"{request.cfg_scale:g}",
        "Distilled CFG Scale": options.get("distilled_cfg_scale"),
        "Image CFG scale": options.get("image_cfg_scale"),
        "Seed": seed,
        "Size": f"{request.size[0]}x{request.size[1]}",
        "Model hash": "" if "sd_model_checkpoint" in options else record.checkpoint_hash,
        "Model": _stem(options["sd_model_checkpoint"]) if "sd_model_checkpoint" in options else record.checkpoint,
        "VAE": options.get("sd_vae", record.vae),
        "Variation seed": request.subseed if varied else None,
        "Variation seed strength": f"{request.subseed_strength:g}" if varied else None,
        "Denoising strength": f"{request.denoise:g}" if request.init is not None else None,
        "Clip skip": skip if skip != 1 else None,
        "Lora hashes": ", ".join(f"{name}: {known}" for name, known in record.loras.items() if known),
        "Diffusion in Low Bits": record.precision,
        **{f"Module {number}": _stem(name) for number, name in enumerate(record.modules, 1)},
        "Version": record.host.rpartition(" ")[2] or f"anim {__version__}",
    }


def _stem(name: object) -> str:
    """ "folder/name.safetensors [abc]" -> "name"."""
    file = str(name).partition(" [")[0].replace("\\", "/").rpartition("/")[2]
    return file.rpartition(".")[0] or file


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ",:\n") else text
