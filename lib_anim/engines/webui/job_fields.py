"""A SampleRequest as the fields, prompts and options of a WebUI's job, for both the host WebUI and the HTTP interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lib_anim.engines.base import SampleRequest

# host options that would change a picture that is fed back
STEADY = {
    "klein_no_reference": True,  # edit models of Forge Neo would keep close to the init picture
    "klein_do_reference": False,
    "krea2_do_reference": False,
    "anima_do_reference": False,
    "img2img_fix_steps": False,
    "img2img_color_correction": False,
    "img2img_extra_noise": 0.0,
    "return_mask": False,
    "return_mask_composite": False,
    "save_init_img": False,
}

# host options that choose what is loaded: checkpoint and VAE; in the Forges paths of VAE and text encoders, and precision
MODULES = "forge_additional_modules"
MODEL = ("sd_model_checkpoint", "sd_vae", MODULES, "forge_unet_storage_dtype")

# host options that a film may change from picture to picture
SCHEDULED = ("CLIP_stop_at_last_layers", "eta_ddim", "eta_ancestral", "sd_model_checkpoint", "sd_vae")

# fields of a job that only some hosts have
OPTIONAL_FIELDS = ("restore_faces", "tiling", "seed_resize_from_w")

# the word of Capabilities for arguments of always-on scripts, and their field in a request over HTTP
SCRIPTS = "alwayson_scripts"


def scheduled_words(is_option: Callable[[str], bool]) -> set[str]:
    """Return the words of Capabilities for what can change with each picture; `is_option(key)` is whether the host has it."""
    known = {option for option in SCHEDULED if is_option(option)}
    # the Forges take VAEs from MODULES instead of sd_vae, have a distilled CFG scale, and ignore image_cfg_scale
    return known - {"sd_vae"} | {"distilled_cfg_scale"} if is_option(MODULES) else known | {"image_cfg_scale"}


def vae_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the values of the option sd_vae; `names` are the names of the VAE files."""
    return ("Automatic", "None", *names)


def options_of(request: SampleRequest, is_option: Callable[[str], bool], model: Mapping[str, object]) -> dict[str, object]:
    """Return the host options for a picture, of those that the host has; `model` has those that choose the film's model."""
    options = {**STEADY, **model, **request.overrides}
    return {key: value for key, value in options.items() if is_option(key)}


def job_fields(request: SampleRequest) -> dict[str, object]:
    """Return the fields that txt2img and img2img share; a value is None if the request does not set it."""
    overrides = request.overrides
    return {
        "prompt": joined(request.prompts),
        "negative_prompt": listed(request.negatives),
        "seed": request.seed,
        "subseed": request.subseed,
        "subseed_strength": request.subseed_strength,
        "seed_resize_from_w": overrides.get("seed_resize_from_w", 0),
        "seed_resize_from_h": overrides.get("seed_resize_from_h", 0),
        "restore_faces": overrides.get("restore_faces", False),
        "tiling": overrides.get("tiling", False),
        "distilled_cfg_scale": overrides.get("distilled_cfg_scale"),
        "steps": request.steps,
        "cfg_scale": request.cfg_scale,
        "sampler_name": request.sampler,
        "scheduler": request.scheduler,
        "width": request.size[0],
        "height": request.size[1],
        "batch_size": 1,
        "n_iter": 1,
    }


def over_a_picture(request: SampleRequest) -> dict[str, object]:
    """Return the further fields of img2img, except pictures. A mask applies at full picture size, without cropping."""
    fields: dict[str, object] = {
        "denoising_strength": request.denoise,
        "resize_mode": 0,
        "initial_noise_multiplier": request.overrides.get("initial_noise_multiplier"),
        "image_cfg_scale": request.overrides.get("image_cfg_scale"),
    }
    if request.mask is not None:
        fields |= {"inpainting_fill": 1, "inpaint_full_res": False}
    return fields


def joined(texts: Sequence[tuple[str, float]]) -> str:
    """Join (text, weight) prompts with the host's AND; a single prompt stays as it is."""
    if len(texts) == 1:
        return texts[0][0]
    return " AND ".join(f"{text} :{weight:.4f}" for text, weight in texts)


def listed(texts: Sequence[tuple[str, float]]) -> str:
    """Join (text, weight) negative prompts as attention weights, since hosts have no AND there."""
    if len(texts) == 1:
        return texts[0][0]
    return ", ".join(f"({text}:{weight:.4f})" for text, weight in texts if text)
