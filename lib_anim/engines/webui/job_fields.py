"""A request in a WebUI's words: the fields of its jobs, prompts, options. The same inside one and over the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lib_anim.engines.base import SampleRequest

# host options that would change a loop behind its back
STEADY = {
    "klein_no_reference": True,  # edit models of Forge Neo would hold on to the picture that is painted over
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

# host options that choose what is loaded: checkpoint and VAE; of the Forges VAE and text encoders as paths, and precision
MODULES = "forge_additional_modules"
MODEL = ("sd_model_checkpoint", "sd_vae", MODULES, "forge_unet_storage_dtype")

# host options that a film may change from picture to picture
SCHEDULED = ("CLIP_stop_at_last_layers", "eta_ddim", "eta_ancestral", "sd_model_checkpoint", "sd_vae")

# fields of a job that not every host has; a film may ask for them where they are
OPTIONAL_FIELDS = ("restore_faces", "tiling", "seed_resize_from_w")


def scheduled_words(is_option: Callable[[str], bool]) -> set[str]:
    """The words for what a film may change from picture to picture in a host whose options `is_option` knows."""
    known = {option for option in SCHEDULED if is_option(option)}
    # the Forges take VAEs from MODULES and not from sd_vae, have a distilled CFG scale, and drop that of pictures
    return known - {"sd_vae"} | {"distilled_cfg_scale"} if is_option(MODULES) else known | {"image_cfg_scale"}


def vae_names(names: Iterable[str]) -> tuple[str, ...]:
    """What a host's sd_vae can be, `names` being those of its files."""
    return ("Automatic", "None", *names)


def options_of(request: SampleRequest, is_option: Callable[[str], bool], model: Mapping[str, object]) -> dict[str, object]:
    """The host's options for a picture, of those that `is_option` knows; `model` are the film's own of MODEL."""
    options = {**STEADY, **model, **request.overrides}
    return {key: value for key, value in options.items() if is_option(key)}


def job_fields(request: SampleRequest) -> dict[str, object]:
    """Fields that txt2img and img2img share; None where the request says nothing."""
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
    """Fields that img2img has besides, all but the pictures; a mask is at work over the whole picture."""
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
    """Weighted prompts as the host's AND; one alone as it is."""
    if len(texts) == 1:
        return texts[0][0]
    return " AND ".join(f"{text} :{weight:.4f}" for text, weight in texts)


def listed(texts: Sequence[tuple[str, float]]) -> str:
    """Weighted negatives as attention, since hosts know no AND there."""
    if len(texts) == 1:
        return texts[0][0]
    return ", ".join(f"({text}:{weight:.4f})" for text, weight in texts if text)
