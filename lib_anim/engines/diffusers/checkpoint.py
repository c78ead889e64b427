"""Loading a checkpoint, a diffusers folder or a single file, without the network and without running code from it."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.engines.diffusers.config_folder import config_folder
from lib_anim.engines.diffusers.families import family_of, write_configs
from lib_anim.errors import ModelError, did_you_mean
from lib_anim.extras import how_to_install
from lib_anim.messages import Message, one_line

if TYPE_CHECKING:
    import torch

BUNDLED = Path(__file__).parent / "data" / "tiny"  # the bundled small model; made by tools/tiny_model
INDEX = "model_index.json"  # a diffusers folder has one
SUFFIX = ".safetensors"
_PICKLED = (".ckpt", ".pt", ".pth", ".bin")
_LIBRARIES = ("torch", "transformers", "diffusers")
_SMALLEST_TILE = 512  # pixels of a side; diffusers' default is the training size, which can be smaller
_PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")  # of a diffusers folder
_PIPELINES = {"StableDiffusion": "StableDiffusionPipeline", "StableDiffusionXL": "StableDiffusionXLPipeline"}


def load_pipeline(
    model: str | Path,
    *,
    device: str | None = None,
    low_vram: bool = False,
    allow_pickle: bool = False,
    allow_download: bool = False,
    prepare: Callable[[Any], object] | None = None,
) -> Any:
    """Load a diffusers pipeline, ready to paint; `prepare` changes it before it is placed on its device. Raises ModelError with
    one line for any problem of the file."""
    path = Path(model).expanduser()
    _check_path(path, allow_pickle)
    diffusers, torch = import_libraries()
    place = _choose_device(torch, device)
    dtype = torch.float32 if place.type == "cpu" else torch.float16
    with _set_offline(not allow_download), quietly(), translate_errors(path):
        if path.is_dir():
            pipeline = _from_folder(diffusers, path, dtype, allow_pickle, allow_download)
        else:
            pipeline = _from_file(diffusers, path, dtype, allow_download)
        if prepare:
            prepare(pipeline)
        return _place(pipeline, place, low_vram, torch)


def check(model: str | Path, *, allow_pickle: bool = False) -> None:
    """Check, by its headers and without its weights, that a model can be loaded. Raises ModelError as `load_pipeline` does."""
    path = Path(model).expanduser()
    _check_path(path, allow_pickle)
    _check_libraries()
    with translate_errors(path):
        if path.is_dir():
            _pipeline_in(path)
            if missing := [part for part in _PARTS if not (path / part).is_dir()]:
                raise ModelError(Message("{path}: not a whole model: {names} is missing", path=path, names=", ".join(missing)))
            for file in path.glob(f"*/*{SUFFIX}"):
                read_header(file)
        elif path.suffix.lower() == SUFFIX:
            header = read_header(path)
            if not (path.with_suffix("") / INDEX).is_file():
                family_of(*header, path)


def _check_libraries() -> None:
    """Raise ModelError if a library is not installed, without importing it."""
    missing = next((name for name in _LIBRARIES if not find_spec(name)), None)
    if missing:
        raise _missing_library(missing)


def _check_path(path: Path, allow_pickle: bool) -> None:
    """Refuse a path that cannot be a model before the large libraries are imported. Raises ModelError."""
    if not path.exists():
        folder = path.parent
        like = did_you_mean(path.name, [other.name for other in folder.iterdir()]) if folder.is_dir() else ""
        if like:
            raise ModelError(Message("{path}: there is no such model; {said}", path=path, said=like))
        raise ModelError(Message("{path}: there is no such model", path=path))
    if path.is_dir():
        if not (path / INDEX).is_file():
            text = "{path}: not a diffusers model (it has no model_index.json); name a checkpoint in it"
            raise ModelError(Message(text, path=path))
        return
    if path.suffix.lower() in _PICKLED and not allow_pickle:
        text = (
            "{path}: {suffix} files can run code of their makers when loaded; take the .safetensors of this model, "
            "or --allow-pickle if you trust them"
        )
        raise ModelError(Message(text, path=path, suffix=path.suffix))
    if path.suffix.lower() not in (*_PICKLED, SUFFIX):
        raise ModelError(Message("{path}: not a checkpoint; name a .safetensors file or a diffusers folder", path=path))


def import_libraries() -> tuple[Any, Any]:
    """Return diffusers and torch. Raises ModelError."""
    # OpenMP reads this when torch is loaded. Spinning idle threads make painting on a CPU four times slower beside other
    # programs
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch
        import transformers  # noqa: F401

        with quietly():
            import diffusers
    except ImportError as error:
        raise _missing_library(error.name) from None
    return diffusers, torch


def _missing_library(name: str | None) -> ModelError:
    text = "painting needs packages that are not there ({names}): {said}; --engine preview needs none of them"
    return ModelError(Message(text, names=name, said=how_to_install("diffusers")))


@contextmanager
def quietly() -> Iterator[None]:
    """Silence the libraries' progress bars, logs and warnings."""
    import diffusers.utils.logging as of_diffusers
    import transformers.utils.logging as of_transformers

    both = (of_diffusers, of_transformers)
    before = [logging.get_verbosity() for logging in both]
    for logging in both:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logging, verbosity in zip(both, before, strict=True):
            logging.set_verbosity(verbosity)
            logging.enable_progress_bar()


def _choose_device(torch: Any, wanted: str | None) -> torch.device:
    """Return the requested device, or the best available. Raises ModelError."""
    there = {
        "cuda": torch.cuda.is_available(),
        "xpu": hasattr(torch, "xpu") and torch.xpu.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name = (wanted or next(name for name, works in there.items() if works)).lower()
    kind, _, number = name.partition(":")
    if not there.get(kind) or not (number or "0").isdecimal() or int(number or 0) >= _device_count(torch, kind):
        names = ", ".join(name for name, works in there.items() if works)
        raise ModelError(Message("--device {kind}: there is no such device here; there is {names}", kind=name, names=names))
    return torch.device(name)


def _device_count(torch: Any, kind: str) -> int:
    """Return the number of devices of a kind."""
    count = getattr(getattr(torch, kind, None), "device_count", None)
    return count() if count else 1


def _pipeline_in(path: Path) -> str:
    """Return the kind of a diffusers folder, a key of _PIPELINES. Raises ModelError."""
    index = json.loads((path / INDEX).read_text(encoding="utf-8"))
    name = str(index.get("_class_name", ""))
    kind = name.removesuffix("Pipeline").removesuffix("Img2Img")
    if kind not in _PIPELINES:
        text = "{path}: a {name}; this engine runs SD 1.x, 2.x and SDXL"
        raise ModelError(Message(text, path=path, name=name or Message("nameless pipeline")))
    return kind


def _from_folder(diffusers: Any, path: Path, dtype: torch.dtype, allow_pickle: bool, allow_download: bool) -> Any:
    kind = _pipeline_in(path)
    half = any((path / "unet").glob("*.fp16.safetensors")) and not any((path / "unet").glob("*model.safetensors"))
    return getattr(diffusers, _PIPELINES[kind]).from_pretrained(
        str(path),
        variant="fp16" if half else None,
        use_safetensors=None if allow_pickle else True,
        local_files_only=not allow_download,
        **precision(dtype),
        **_without_checker(kind),
    )


def _from_file(diffusers: Any, path: Path, dtype: torch.dtype, allow_download: bool) -> Any:
    with config_folder() as made:
        beside = path.with_suffix("")
        if (beside / INDEX).is_file():  # a non-standard checkpoint with its own configuration
            configs = beside
            name = json.loads((beside / INDEX).read_text(encoding="utf-8"))["_class_name"]
        else:
            configs = made
            family = family_of(*read_header(path), path)
            name = family.pipeline
            write_configs(family, configs)
        return getattr(diffusers, name).from_single_file(
            str(path),
            config=str(configs),
            local_files_only=not allow_download,
            **precision(dtype),
            **_without_checker(name.removesuffix("Pipeline")),
        )


def precision(dtype: torch.dtype) -> dict[str, object]:
    """Return the keyword argument for the precision, which diffusers renamed in 2026."""
    from diffusers.utils import deprecation_utils

    renamed = hasattr(deprecation_utils, "_TORCH_DTYPE_DEPRECATION_MESSAGE")
    return {"dtype" if renamed else "torch_dtype": dtype}


def _without_checker(kind: str) -> dict[str, object]:
    return {"safety_checker": None, "requires_safety_checker": False} if kind == "StableDiffusion" else {}


def read_header(path: Path) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Read shapes and metadata of a file of weights, without its values if the format allows."""
    if path.suffix.lower() == SUFFIX:
        from safetensors import safe_open

        with safe_open(str(path), "np") as file:
            return {key: file.get_slice(key).get_shape() for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    import torch

    state = torch.load(str(path), map_location="meta", weights_only=True, mmap=True)
    state = state.get("state_dict", state)
    return {key: list(value.shape) for key, value in state.items() if hasattr(value, "shape")}, {}


def _place(pipeline: Any, place: torch.device, low_vram: bool, torch: Any) -> Any:
    """Move the pipeline to its device and choose memory-saving attention."""
    pipeline.set_progress_bar_config(disable=True)
    is_sdxl = hasattr(pipeline, "text_encoder_2")
    upcast = place.type != "cpu" and is_sdxl and getattr(pipeline.vae.config, "force_upcast", False)
    if low_vram:
        _tile(pipeline.vae)
    if low_vram and place.type != "cpu":
        pipeline.enable_model_cpu_offload(device=place)
    else:
        pipeline.to(place)
    if upcast:  # SDXL's own VAE overflows half precision
        pipeline.vae.to(torch.float32)
    if place.type == "cuda":
        _try_xformers(pipeline)
    return pipeline


def _tile(vae: Any) -> None:
    """Enable VAE tiling. Tiles are not small, since a tile's colours depend on its whole content."""
    vae.enable_slicing()
    vae.enable_tiling()
    vae.tile_sample_min_size = max(vae.tile_sample_min_size, _SMALLEST_TILE)
    vae.tile_latent_min_size = vae.tile_sample_min_size // 8


def _try_xformers(pipeline: Any) -> None:
    """Use xformers if it is installed and fits this torch; otherwise keep torch's scaled dot product attention."""
    before = pipeline.unet.attn_processors
    try:
        import xformers.ops  # noqa: F401

        pipeline.unet.enable_xformers_memory_efficient_attention()
    except Exception:  # an xformers built for another torch fails in many ways; it is optional
        # not set_default_attn_processor: that one materialises the attention matrix
        pipeline.unet.set_attn_processor(before)


@contextmanager
def _set_offline(wanted: bool) -> Iterator[None]:
    """Keep the libraries off the network during the block, if wanted."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "DIFFUSERS_OFFLINE") if wanted else ()
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate any error of a library during the block to a ModelError that names the file."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        reason = one_line(f"{type(error).__name__}: {error}", 300)
        raise ModelError(Message("{path}: cannot be loaded: {error}", path=path, error=reason)) from error
