"""Clips: motion modules of all kinds, and the engine on tiny models against diffusers' own pipelines."""

import dataclasses
import json
import re
import shutil

import diffusers
import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file

from lib_anim.engines import base
from lib_anim.engines.base import SampleRequest
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.clips import ClipOptions, Contexts, FreeInit
from lib_anim.engines.diffusers import motion
from lib_anim.engines.diffusers.clip import ClipEngine
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.motion import _RENAMED
from lib_anim.engines.diffusers.schedulers import prepare_scheduler
from lib_anim.errors import ModelError
from lib_anim.images.test_card import test_card as card
from lib_anim.runs.control import Control, Stopped
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.shot.steps import Tools
from tests import tiny
from tests.helpers import shot

SIZE = (64, 48)
N = 4


SHAPE = {
    "block_out_channels": (32, 64),
    "motion_layers_per_block": 1,
    "motion_num_attention_heads": 8,
    "motion_max_seq_length": 8,
    "use_motion_mid_block": False,
}


def adapter(effect=0.1, **changes):
    """A tiny module with an effect on pictures, or without one."""
    torch.manual_seed(1)
    made = diffusers.MotionAdapter(**{**SHAPE, **changes})
    for name, weight in made.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.normal_(weight, std=effect)
    return made


def published_names(state):
    """A module's state by the names of single files, which have the table of positions in both attention blocks."""
    back = [(new, old) for old, new in reversed(_RENAMED) if "attention_blocks" in old or "norm" in old]
    back = [pair for pair in back if "positional_encoding" not in pair[1]]
    named = {}
    for own, value in state.items():
        name = own
        for new, old in back:
            name = name.replace(new, old)
        name = re.sub(r"(\.motion_modules\.\d+\.)", r"\1temporal_transformer.", name)
        named[name] = value
        named[name.replace("attention_blocks.0.pos_encoder", "attention_blocks.1.pos_encoder")] = value
    return named


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    tiny.sd(made).save_pretrained(made / "sd")
    tiny.sdxl(made).save_pretrained(made / "sdxl")
    adapter().save_pretrained(made / "module")
    return made


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def engine(request, folder):
    return ClipEngine.load_with(str(folder / "module"), folder / request.param, device="cpu")


@pytest.fixture(scope="module")
def sd(folder):
    return ClipEngine.load_with(str(folder / "module"), folder / "sd", device="cpu")


def asked(index=0, **changes):
    base = SampleRequest(
        index, SIZE, (("a cat", 1.0),), (("a dog", 1.0),), seed=3 + index, steps=4, cfg_scale=4.0, sampler="DDIM",
        scheduler="Uniform",
    )  # fmt: skip
    return dataclasses.replace(base, **changes)


def take(count=N, **changes):
    return [asked(index, **changes) for index in range(count)]


def paint(engine, requests):
    return np.stack([answer.frame for answer in engine.sample_take(requests)]).astype(int)


def noise(count=N):
    """The first noises of a take: (1, 4, n, h, w)."""
    each = [torch.randn((4, 6, 8), generator=torch.Generator().manual_seed(3 + index)) for index in range(count)]
    return torch.stack(each, dim=1)[None]


def own_pipeline(kind, engine):
    parts = {name: part for name, part in engine._pipe.components.items() if name not in ("safety_checker",)}
    known = kind.__init__.__code__.co_varnames
    pipe = kind(**{name: part for name, part in parts.items() if name in known}, motion_adapter=None)
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, timestep_spacing="leading", steps_offset=1)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def shown(frames):
    return np.stack([np.asarray(frame) for frame in frames]) * 255


def test_from_nothing_it_paints_what_diffusers_paints(engine):
    kind = diffusers.AnimateDiffSDXLPipeline if engine._text.is_sdxl else diffusers.AnimateDiffPipeline
    expected = own_pipeline(kind, engine)(
        "a cat", negative_prompt="a dog", width=64, height=48, num_frames=N, num_inference_steps=4, guidance_scale=4.0,
        latents=noise(), output_type="np",
    ).frames[0]  # fmt: skip
    painted = paint(engine, take())
    assert np.abs(painted - shown(expected)).max() <= 1.0
    alone = np.stack([paint(engine, [one])[0] for one in take()])
    assert np.abs(painted - alone).max() > 3  # the pictures of a take see each other


def test_over_pictures_it_paints_what_diffusers_paints(sd):
    """Three of four steps in both ways of counting."""
    pipe = own_pipeline(diffusers.AnimateDiffVideoToVideoPipeline, sd)
    inits = [np.roll(card(SIZE), 4 * index, 1) for index in range(N)]
    with torch.no_grad():
        clean = torch.cat([sd._encode(init) for init in inits]).transpose(0, 1)[None]
        time = torch.tensor([pipe.scheduler.config.num_train_timesteps // 4 * 2 + 1])
        noised = pipe.scheduler.add_noise(clean, noise(), time)
    expected = pipe(
        latents=noised, prompt="a cat", negative_prompt="a dog", width=64, height=48, strength=0.75, num_inference_steps=4,
        guidance_scale=4.0, output_type="np",
    ).frames[0]  # fmt: skip
    requests = [dataclasses.replace(one, init=init, denoise=0.6) for one, init in zip(take(), inits, strict=True)]
    assert np.abs(paint(sd, requests) - shown(expected)).max() <= 1.0


def test_pictures_that_stand_are_unaltered_and_seen_by_the_others(sd):
    init = card(SIZE)
    plain = paint(sd, take(3, init=init, denoise=0.7))
    requests = take(3, init=init, denoise=0.7)
    for frame in (init, 255 - init):
        painted = paint(sd, [requests[0].standing(frame), *requests[1:]])
        assert np.array_equal(painted[0], frame)
        assert not np.array_equal(painted[1:], plain[1:])


@pytest.mark.parametrize("sampler", ["DDIM", "Euler", "Heun"])
def test_every_picture_has_its_own_denoise(folder, tmp_path, sampler):
    """With a module that does nothing each picture is what it is alone."""
    adapter(effect=0.0).save_pretrained(tmp_path)
    idle = ClipEngine.load_with(str(tmp_path), folder / "sd", device="cpu")
    alone = DiffusersEngine.load(folder / "sd", device="cpu")
    requests = [
        asked(k, init=card(SIZE), denoise=share, sampler=sampler, steps=8) for k, share in enumerate((0.1, 0.4, 0.7, 0.95))
    ]
    answers = idle.sample_take(requests)
    assert [answer.notes["steps_run"] for answer in answers] == [1, 4, 6, 8]
    for answer, request in zip(answers, requests, strict=True):
        assert np.abs(answer.frame.astype(int) - alone.sample(request).frame).max() <= 1, request.index


@pytest.mark.parametrize(
    ("changes", "steps", "first"),
    [
        ({"denoise": 0.5}, 5, 5),
        ({"denoise": 0.5, "sampler": "Heun"}, 5, 10),
        ({"denoise": 1.0}, 10, 0),
        ({"denoise": 0.5, "strength_steps": "exact"}, 5, 5),
        ({"denoise": 0.92, "strength_steps": "exact"}, 9, 1),
        ({"denoise": 0.5, "strength_steps": "real"}, 10, 5),
        ({"denoise": 0.5, "init": None}, 10, 0),
    ],
)
def test_a_picture_joins_at_the_level_of_its_denoise(changes, steps, first):
    """Ten even steps: one tenth of the noise each."""
    request = asked(**{"init": card(SIZE), "sampler": "Euler", **changes})
    scheduler = prepare_scheduler(request.sampler, "SGM Uniform", 10, 10, {})
    assert scheduler.first_call(request, steps, 10) == first


def test_each_picture_is_masked_by_its_own_mask(sd):
    init, mask = card(SIZE), np.zeros((48, 64), np.float32)
    mask[:, 40:] = 1.0
    painted = paint(sd, [asked(k, init=init, denoise=0.9, mask=mask if k else 1 - mask) for k in range(2)])
    assert np.array_equal(painted[1][:, :32], init[:, :32])
    assert np.array_equal(painted[0][:, 48:], init[:, 48:])
    assert not np.array_equal(painted[1][:, 48:], init[:, 48:])


def test_some_pictures_are_from_nothing_some_over_others(sd):
    requests = [asked(0), asked(1, init=card(SIZE), denoise=0.5), asked(2)]
    notes = [answer.notes["steps_run"] for answer in sd.sample_take(requests)]
    assert notes == [4, 3, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"prompts": (("a bird", 1.0),)},
        {"prompts": (("a bird", 0.5), ("a cat", 0.5))},
        {"prompts": (("a cat AND a bird :0.5", 1.0),)},
        {"prompts": (("a cat" + ", word" * 80, 1.0),)},
        {"negatives": (("a bird", 1.0),)},
        {"cfg_scale": 9.0},
        {"seed": 99},
    ],
)
def test_a_change_of_one_picture_is_seen_in_it_most(sd, change):
    requests = take()
    plain = paint(sd, requests)
    changed = paint(sd, [*requests[:2], dataclasses.replace(requests[2], **change), requests[3]])
    away = np.abs(changed - plain).mean(axis=(1, 2, 3))
    assert away.argmax() == 2


def test_low_memory_paints_the_same(folder, sd):
    small = ClipEngine.load_with(str(folder / "module"), folder / "sd", device="cpu", low_vram=True)
    assert np.abs(paint(small, take()) - paint(sd, take())).max() <= 1


def shapes(widths, length, *, middle=False, hotshot=False, prefix=""):
    """The shapes of the tensors in a single file that tell its kind."""
    layer = "temporal_attentions.0" if hotshot else "motion_modules.0.temporal_transformer"
    table = "pos_encoder.positional_encoding" if hotshot else "pos_encoder.pe"
    found = {f"{prefix}down_blocks.{k}.{layer}.norm.weight": [width] for k, width in enumerate(widths)}
    if length:
        found[f"{prefix}down_blocks.0.{layer}.transformer_blocks.0.attention_blocks.0.{table}"] = [1, length, widths[0]]
    return {**found, **({f"{prefix}mid_block.{layer}.norm.weight": [widths[-1]]} if middle else {})}


SD1, SDXL = (320, 640, 1280, 1280), (320, 640, 1280)


@pytest.mark.parametrize(
    ("tensors", "kind", "longest", "betas"),
    [
        (shapes(SD1, 24), "AnimateDiff V1", 24, ("linear", 0.012)),
        (shapes(SD1, 32, middle=True), "AnimateDiff V2", 32, ("linear", 0.012)),
        (shapes(SD1, 32, prefix="module."), "AnimateDiff V3", 32, ("linear", 0.012)),
        (shapes(SDXL, 32), "AnimateDiff SDXL", 32, ("scaled_linear", 0.02)),
        (shapes(SD1, 0, middle=True), "AnimateLCM", 64, ("linear", 0.012)),
        (shapes(SDXL, 8, hotshot=True), "HotShot-XL", 8, None),
        (shapes((32, 64), 16), "AnimateDiff V1", 16, None),
    ],
)
def test_a_files_kind_is_known_by_its_tensors(tmp_path, tensors, kind, longest, betas):
    file = tmp_path / "mm.safetensors"
    save_file({name: torch.zeros(shape) for name, shape in tensors.items()}, file)
    module = motion.describe(str(file))
    assert (module.kind, module.longest) == (kind, longest)
    assert (module.scheduler.get("beta_schedule"), module.scheduler.get("beta_end")) == (betas or (None, None))
    assert module.widths == next(
        some for some in (SD1, SDXL, (32, 64)) if len(some) == len(module.widths) and some[0] == tensors[next(iter(tensors))][0]
    )


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_a_single_file_paints_what_the_folder_paints(folder, sd, tmp_path, suffix):
    state = published_names(adapter().state_dict())
    file = tmp_path / f"mm{suffix}"
    if suffix == ".ckpt":
        torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, file)
    else:
        save_file({name: value.contiguous().clone() for name, value in state.items()}, file)
    engine = ClipEngine.load_with(str(file), folder / "sd", device="cpu")
    assert np.array_equal(paint(engine, take()), paint(sd, take()))


def test_a_folder_can_bring_its_noise_schedule(tmp_path):
    adapter().save_pretrained(tmp_path)
    (tmp_path / "scheduler_config.json").write_text(json.dumps({"beta_schedule": "linear", "num_train_timesteps": 5}))
    assert motion.describe(str(tmp_path)).scheduler == {"beta_schedule": "linear"}


def fault_of(spec):
    with pytest.raises(ModelError) as caught:
        spec.check()
    return str(caught.value)


def test_what_is_no_module_or_of_another_family_is_said_before_it_is_loaded(folder, tmp_path):
    model = str(folder / "sd")
    adapter(block_out_channels=(32, 64, 64)).save_pretrained(tmp_path / "other")
    (tmp_path / "mm.txt").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.safetensors").write_bytes(b"\x01" * 30)
    save_file({"a": torch.zeros(1)}, tmp_path / "lora.safetensors")
    said = {
        name: fault_of(EngineSpec("diffusers", model=model, motion_module=str(tmp_path / name)))
        for name in ("other", "mm.txt", "empty", "broken.safetensors", "lora.safetensors", "mn.txt")
    }
    assert "for another family of models than" in said["other"]
    assert "blocks of 32, 64, 64, not 32, 64" in said["other"]
    assert "name a .safetensors or .ckpt file" in said["mm.txt"]
    assert "its config.json must be that of a MotionAdapter" in said["empty"]
    assert "cannot be loaded" in said["broken.safetensors"]
    assert "it has no layers of one" in said["lora.safetensors"]
    assert "there is no such motion module; did you mean 'mm.txt'?" in said["mn.txt"]
    with pytest.raises(ModelError, match="for another family of models"):
        ClipEngine.load_with(str(tmp_path / "other"), folder / "sd", device="cpu")


def with_clip(requests, **changes):
    return [dataclasses.replace(one, clip=ClipOptions(**changes)) for one in requests]


def test_a_clip_longer_than_a_context_is_painted_context_by_context(sd):
    """What lies within two contexts that do not overlap is what each is alone, as steps begin at the same places."""
    requests = take(4, steps=1)
    rule = Contexts(2, 0)
    painted = paint(sd, with_clip(requests, contexts=rule))
    alone = [paint(sd, with_clip(some, contexts=rule)) for some in (requests[:2], requests[2:])]
    assert np.abs(painted - np.concatenate(alone)).max() <= 1
    longer = paint(sd, with_clip(take(10, steps=2), contexts=Contexts(64, 2)))  # the module looks over 8
    assert longer.shape[0] == 10


@pytest.mark.parametrize(
    "change",
    [
        {"contexts": Contexts(4, 1)},
        {"contexts": Contexts(4, 1, closed_loop="A")},
        {"contexts": Contexts(4, 1, blend="flat")},
        {"contexts": Contexts(4, 1, blend="pyramid")},
        {"contexts": Contexts(4, 1), "free_noise": True},
        {"contexts": Contexts(4, 1), "free_init": FreeInit(2)},
    ],
)
def test_every_option_of_clips_counts(sd, change):
    usual = {"contexts": Contexts(4, 1)} if len(change) > 1 else {"contexts": Contexts(8, 1)}
    requests = take(6, steps=2)
    assert not np.array_equal(paint(sd, with_clip(requests, **change)), paint(sd, with_clip(requests, **usual)))


def test_free_noise_gives_later_pictures_the_noises_of_earlier_ones(sd):
    requests = with_clip(take(6), contexts=Contexts(4, 2), free_noise=True)
    noises = sd._draw(requests, [torch.Generator().manual_seed(one.seed) for one in requests])
    assert sorted(noises[4:, 0, 0, 0].tolist()) == sorted(noises[:2, 0, 0, 0].tolist())


def test_what_is_painted_over_goes_from_the_first_picture_to_the_last(sd):
    """Latents: with a share of 1 they are the picture's, with 0 noise of unit variance."""
    first, last = card(SIZE), 255 - card(SIZE)
    with torch.no_grad():
        ends = sd._encode(first), sd._encode(last)
        at = [
            sd._clean(asked(clip=ClipOptions(kept=kept, end=last, end_share=share)), first, torch.Generator().manual_seed(1))
            for kept, share in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.0, 0.0))
        ]
    assert torch.allclose(at[0], ends[0])
    assert torch.allclose(at[1], ends[1])
    assert torch.allclose(at[2], 0.5 * ends[0] + 0.5 * ends[1], atol=1e-5)
    assert at[3].std() == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("form", ["folder", "file"])
def test_every_picture_is_guided_by_its_own_controlnet(folder, tmp_path, form):
    plain = UNet2DConditionModel.from_pretrained(folder / "sd" / "unet")
    torch.manual_seed(2)
    net = ControlNetModel.from_unet(plain)
    for layer in (*net.controlnet_down_blocks, net.controlnet_mid_block):
        torch.nn.init.normal_(layer.weight, std=0.1)
    net.save_pretrained(tmp_path / "edges")
    if form == "file":
        (tmp_path / "edges" / "diffusion_pytorch_model.safetensors").rename(tmp_path / "lines.safetensors")
        shutil.rmtree(tmp_path / "edges")
    engine = ClipEngine.load_with(str(folder / "module"), folder / "sd", device="cpu", controlnet_folders=[str(tmp_path)])
    name = "edges" if form == "folder" else "lines"
    requests = take()
    guided = [dataclasses.replace(requests[2], controls=(base.Control(name, card(SIZE), weight=1.0),))]
    plain, changed = paint(engine, requests), paint(engine, [*requests[:2], *guided, requests[3]])
    away = np.abs(changed - plain).mean(axis=(1, 2, 3))
    assert away.argmax() == 2
    assert away[2] > 0.5


def test_a_motion_lora_is_read_by_its_published_names(folder, tmp_path):
    block = "module.down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor"
    torch.manual_seed(3)
    state = {f"{block}.{name}_lora.down.weight": torch.randn(4, 32) for name in ("to_q", "to_k", "to_v", "to_out")}
    state |= {name.replace("down.weight", "up.weight"): torch.randn(32, 4) for name in state}
    save_file(state, tmp_path / "pan.safetensors")
    engine = ClipEngine.load_with(str(folder / "module"), folder / "sd", device="cpu", lora_folders=[str(tmp_path)])
    plain = paint(engine, take())
    text = "a cat <lora:pan:1>"
    moved = paint(engine, take(prompts=((text, 1.0),)))
    assert not np.array_equal(moved, plain)
    half = paint(engine, [*take(2, prompts=((text, 1.0),)), *take()[2:]])  # the mean of the clip
    assert np.array_equal(half, paint(engine, take(prompts=(("a cat <lora:pan:0.5>", 1.0),))))
    assert np.array_equal(paint(engine, take()), plain)


FILM = {"max_frames": 7, "steps": 2, "clip_length": 4, "clip_overlap": 1, "translation_x": "0:(1)", "noise_schedule": "0:(0.1)"}


def film_of(engine, run, control=None):
    made = shot(Tools(engine.capabilities), **FILM)
    return film(made, engine, run, video=False, control=control)


@pytest.mark.parametrize("calls", [1, 2])
def test_a_film_is_painted_in_clips_and_resumed_after_any_to_the_byte(sd, tmp_path, calls):
    made = shot(Tools(sd.capabilities), **FILM)
    assert (made.clip.length, made.clip.overlap) == (4, 1)
    runs = [RunFolder.create(tmp_path, name, made.plan.settings) for name in ("whole", "stopped")]
    film_of(sd, runs[0])
    control, takes = Control(), []

    class Stops(type(sd)):
        def __init__(self):
            self.__dict__.update(sd.__dict__)

        def paint_take(self, take):
            takes.append([request.index for request in take])
            if len(takes) == calls:
                control.stop()
            return super().paint_take(take)

    with pytest.raises(Stopped):
        film_of(Stops(), runs[1], control)
    assert takes == [[0], [0, 1, 2, 3]][:calls]
    film_of(sd, runs[1])
    for index in range(7):
        assert runs[0].frame_path(index).read_bytes() == runs[1].frame_path(index).read_bytes(), index
    for run in runs:
        run.close()
