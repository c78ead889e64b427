"""Motion modules (AnimateDiff, Guo et al. 2023, arXiv:2307.04725): layers beside a UNet's that look over several pictures.

A module is a folder of diffusers' MotionAdapter, or a single file, whose kind its tensors tell: AnimateDiff V1, V2, V3 and
SDXL, AnimateLCM, HotShot-XL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lib_anim.engines.diffusers.checkpoint import (
    BUNDLED,
    INDEX,
    SUFFIX,
    import_libraries,
    precision,
    quietly,
    read_header,
    translate_errors,
)
from lib_anim.engines.diffusers.families import family_of
from lib_anim.errors import ModelError, did_you_mean
from lib_anim.messages import Message

BUNDLED_MODULES = MappingProxyType({"tiny": BUNDLED.parent / "motion"})  # name -> folder; made by tools/tiny_model
_CONFIG, _WEIGHTS = "config.json", "diffusion_pytorch_model"
_PICKLED = (".ckpt", ".pt", ".pth", ".bin")
_SAFE_TORCH = (2, 6)  # from here on weights_only keeps files from running code
_PUBLISHED = {4: (320, 640, 1280, 1280), 3: (320, 640, 1280)}  # widths of the published modules, by the number of blocks
_LINEAR = {"beta_schedule": "linear", "beta_start": 0.00085, "beta_end": 0.012, "rescale_betas_zero_snr": False}
_STEEP = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.02, "rescale_betas_zero_snr": False}
_LCM_LENGTH = 64  # pictures; AnimateLCM's files have no table of positions
# parts of the names in single files -> those of diffusers' layers
_RENAMED = (
    (".temporal_attentions.", ".motion_modules."),
    (".temporal_transformer.", "."),
    (".attention_blocks.0.pos_encoder.positional_encoding", ".pos_embed.pe"),
    (".attention_blocks.0.pos_encoder.pe", ".pos_embed.pe"),
    (".attention_blocks.0.", ".attn1."),
    (".attention_blocks.1.", ".attn2."),
    (".norms.0.", ".norm1."),
    (".norms.1.", ".norm2."),
    (".ff_norm.", ".norm3."),
)


@dataclass(frozen=True)
class Module:
    """What the header of a motion module says.

    kind        its name for people
    widths      channels of the UNet's blocks that it was made for
    longest     how many pictures it can look over
    scheduler   entries of the noise schedule that it was trained with, where that is not the checkpoint's
    """

    path: Path
    kind: str
    widths: tuple[int, ...]
    longest: int
    scheduler: Mapping[str, object]

    def check_fits(self, widths: Sequence[int], model: Path) -> None:
        """Raise ModelError if a checkpoint whose UNet has these channels is of another family."""
        if tuple(widths) != self.widths:
            text = "{path}: a motion module ({kind}) for another family of models than {model} (blocks of {own}, not {widths})"
            own, others = (", ".join(map(str, some)) for some in (self.widths, widths))
            raise ModelError(Message(text, path=self.path, kind=self.kind, model=model, own=own, widths=others))


def find(name: str) -> Path:
    """Return the path of a module, which can be the name of one that comes along. Raises ModelError."""
    path = Path(name).expanduser()
    if path.exists():
        return path
    if name in BUNDLED_MODULES and BUNDLED_MODULES[name].is_dir():
        return BUNDLED_MODULES[name]
    near = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    like = did_you_mean(path.name, [*near, *BUNDLED_MODULES])
    said = like or Message("name a file or a folder")
    raise ModelError(Message("{path}: there is no such motion module; {said}", path=path, said=said))


def describe(name: str, *, allow_pickle: bool = False) -> Module:
    """Read the header of a module. Raises ModelError."""
    path = find(name)
    with translate_errors(path):
        if path.is_dir():
            return _of_config(path)
        _check_kind_of_file(path, allow_pickle)
        return _of_shapes(path, read_header(path)[0])


def check(name: str, model: Path, *, allow_pickle: bool = False) -> None:
    """Check that a module is one for this checkpoint, as far as headers tell. Raises ModelError."""
    module, widths = describe(name, allow_pickle=allow_pickle), _widths_of(model)
    if widths:
        module.check_fits(widths, model)


def install(pipeline: Any, name: str, model: Path, *, allow_pickle: bool = False) -> Module:
    """Put a module into a pipeline: its UNet becomes one that paints pictures together. Raises ModelError."""
    diffusers, _ = import_libraries()
    module, unet = describe(name, allow_pickle=allow_pickle), pipeline.unet
    module.check_fits(unet.config.block_out_channels, model)
    with quietly(), translate_errors(module.path):
        adapter = _load(diffusers, module, unet.dtype)
        pipeline.unet = diffusers.UNetMotionModel.from_unet2d(unet, adapter).to(unet.dtype).eval()
        pipeline.picture_unet = unet.to("meta")  # what its layers are like, for ControlNets
    pipeline.scheduler.register_to_config(**module.scheduler)
    return module


def _of_config(folder: Path) -> Module:
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        config = {}
    if config.get("_class_name") != "MotionAdapter":
        raise ModelError(Message("{path}: no motion module; its config.json must be that of a MotionAdapter", path=folder))
    widths, longest = tuple(config["block_out_channels"]), int(config.get("motion_max_seq_length", 32))
    return Module(folder, "MotionAdapter", widths, longest, _scheduler_of(folder, widths))


def _scheduler_of(folder: Path, widths: tuple[int, ...]) -> Mapping[str, object]:
    """Return the noise schedule that a folder names in scheduler_config.json, else that of the published modules."""
    file = folder / "scheduler_config.json"
    if not file.is_file():
        return _published_scheduler(widths, hotshot=False)
    config = json.loads(file.read_text(encoding="utf-8"))
    return {key: config[key] for key in _LINEAR if key in config}


def _published_scheduler(widths: tuple[int, ...], *, hotshot: bool) -> Mapping[str, object]:
    if hotshot or widths != _PUBLISHED.get(len(widths)):
        return {}
    return _LINEAR if len(widths) == 4 else _STEEP


def _check_kind_of_file(path: Path, allow_pickle: bool) -> None:
    """Refuse a file of another format, and one that could run code. Raises ModelError."""
    suffix = path.suffix.lower()
    if suffix not in (SUFFIX, *_PICKLED):
        text = "{path}: no motion module; name a .safetensors or .ckpt file, or a MotionAdapter's folder"
        raise ModelError(Message(text, path=path))
    if suffix in _PICKLED and not allow_pickle and _torch_version() < _SAFE_TORCH:
        text = (
            "{path}: {suffix} files can run code of their makers when loaded by this torch; take the .safetensors of this "
            "module, torch 2.6 or newer, or --allow-pickle if you trust them"
        )
        raise ModelError(Message(text, path=path, suffix=suffix))


def _torch_version() -> tuple[int, ...]:
    import torch

    return tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])


def _of_shapes(path: Path, shapes: Mapping[str, Sequence[int]]) -> Module:
    """Tell a module's kind from the shapes of its tensors. Raises ModelError."""
    named = _renamed(shapes)
    widths = tuple(shape[0] for block in range(9) if (shape := named.get(f"down_blocks.{block}.motion_modules.0.norm.weight")))
    if not widths:
        raise ModelError(Message("{path}: no motion module (it has no layers of one)", path=path))
    hotshot = any(".temporal_attentions." in name for name in shapes)
    table = next((shape for name, shape in named.items() if name.endswith(".pos_embed.pe")), None)
    longest = table[1] if table else _LCM_LENGTH
    kind = _kind(len(widths), longest if table else 0, hotshot, any(name.startswith("mid_block.") for name in named))
    return Module(path, kind, widths, longest, _published_scheduler(widths, hotshot=hotshot))


def _kind(blocks: int, positions: int, hotshot: bool, middle: bool) -> str:
    """Name the kind of a module of so many blocks and positions, with a module in the UNet's middle or without."""
    if hotshot:
        return "HotShot-XL"
    if not positions:
        return "AnimateLCM"
    if blocks == 3:
        return "AnimateDiff SDXL"
    return "AnimateDiff V2" if middle else f"AnimateDiff {'V1' if positions <= 24 else 'V3'}"


def motion_lora(path: Path) -> dict[str, Any] | None:
    """Return the weights of a motion LoRA by diffusers' names, None for a file that has others."""
    with translate_errors(path):
        shapes, _ = read_header(path)
        if not any(".motion_modules." in name and ".processor." in name for name in shapes):
            return None
        return {f"unet.{_lora_name(name)}": value for name, value in _renamed(_read(path)).items()}


def _lora_name(name: str) -> str:
    layer, _, rest = name.partition(".processor.")  # to_q_lora.down.weight
    place, _, part = rest.partition("_lora.")
    number = ".0" if place == "to_out" else ""
    return f"{layer}.{place}{number}.{part.replace('down', 'lora_A').replace('up', 'lora_B')}"


def _renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors, or their shapes, by diffusers' names; those that are told twice once."""
    found: dict[str, Any] = {}
    for name, value in state.items():
        new = name.removeprefix("module.")
        for old, better in _RENAMED:
            new = new.replace(old, better)
        if ".pos_encoder." not in new:
            found[new] = value
    return found


def _load(diffusers: Any, module: Module, dtype: Any) -> Any:
    """Load a MotionAdapter. Raises any class of error for a stranger's file."""
    if module.path.is_dir():
        half = (module.path / f"{_WEIGHTS}.fp16{SUFFIX}").is_file() and not (module.path / f"{_WEIGHTS}{SUFFIX}").is_file()
        variant = "fp16" if half else None
        return diffusers.MotionAdapter.from_pretrained(
            str(module.path), variant=variant, use_safetensors=True, local_files_only=True, **precision(dtype)
        )
    state = _renamed(_read(module.path))
    adapter = diffusers.MotionAdapter(**_shape(module, state))
    missing, unknown = adapter.load_state_dict(state, strict=False)
    if unknown or any(not name.endswith(".pos_embed.pe") for name in missing):
        text = "{path}: a motion module with other layers than this engine knows ({names})"
        raise ModelError(Message(text, path=module.path, names=", ".join([*unknown, *missing][:3])))
    return adapter.to(dtype)


def _read(path: Path) -> Mapping[str, Any]:
    """Read the tensors of a single file, without running code of it."""
    if path.suffix.lower() == SUFFIX:
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state = torch.load(str(path), map_location="cpu", weights_only=True)
    inner: Mapping[str, Any] = state.get("state_dict", state)
    return inner


def _shape(module: Module, state: Mapping[str, Any]) -> dict[str, object]:
    """Return the arguments of MotionAdapter for the tensors of a single file."""
    return {
        "block_out_channels": module.widths,
        "motion_layers_per_block": _count(state, "down_blocks.0.motion_modules.{}.norm.weight"),
        "motion_transformer_layers_per_block": _count(
            state, "down_blocks.0.motion_modules.0.transformer_blocks.{}.norm1.weight"
        ),
        "use_motion_mid_block": any(name.startswith("mid_block.") for name in state),
        "motion_max_seq_length": module.longest,
    }


def _count(state: Mapping[str, Any], name: str) -> int:
    return next(number for number in range(99) if name.format(number) not in state)


def _widths_of(model: Path) -> tuple[int, ...]:
    """Return the channels of a checkpoint's UNet by its headers, () if they do not tell."""
    with translate_errors(model):
        folder = model if model.is_dir() else model.with_suffix("")
        if (folder / INDEX).is_file():
            config = json.loads((folder / "unet" / _CONFIG).read_text(encoding="utf-8"))
            return tuple(config["block_out_channels"])
        if model.suffix.lower() != SUFFIX:
            return ()
        widths = family_of(*read_header(model), model).parts["unet"]["block_out_channels"]
        assert isinstance(widths, list)
        return tuple(widths)
