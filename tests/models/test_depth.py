"""Depth networks from folders of transformers and ONNX files: what they see, and what is refused before a film."""

import json
import os

import numpy as np
import pytest

from lib_anim.errors import ModelError, SettingsError
from lib_anim.models import depth as module
from lib_anim.models.depth import open_network
from tests.helpers import shot

PICTURE = np.repeat((np.arange(96) * 2).astype(np.uint8)[:, None, None], 128, axis=1).repeat(3, axis=2)  # bright below


# -- folders --------------------------------------------------------------------------------------------------------------


def backbone():
    transformers = pytest.importorskip("transformers")
    return transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=56,
        patch_size=14,
        out_features=[f"stage{n}" for n in range(1, 5)],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )


@pytest.fixture
def folder(tmp_path):
    """Writes a folder of Depth Anything with random weights, gives its path."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")

    def write(kind="relative"):
        torch.manual_seed(0)
        config = transformers.DepthAnythingConfig(
            backbone_config=backbone(),
            patch_size=14,
            reassemble_hidden_size=16,
            neck_hidden_sizes=[4, 6, 8, 8],
            fusion_hidden_size=8,
            head_hidden_size=4,
            depth_estimation_type=kind,
            max_depth=20 if kind == "metric" else 1,
            initializer_range=0.5,
        )
        transformers.DepthAnythingForDepthEstimation(config).save_pretrained(tmp_path / "model")
        said = {"size": {"height": 56, "width": 56}, "keep_aspect_ratio": True, "ensure_multiple_of": 14}
        (tmp_path / "model" / "preprocessor_config.json").write_text(json.dumps(said))
        return tmp_path / "model"

    return write


@pytest.mark.parametrize(("kind", "metric"), [("relative", False), ("metric", True)])
def test_a_folder_of_transformers_is_run(folder, kind, metric):
    network = open_network(str(folder(kind)))
    assert (network.name, network.metric) == ("model", metric)
    seen = network.see(PICTURE)
    assert (seen.shape, seen.dtype) == (PICTURE.shape[:2], np.float32)
    assert seen.std() > 0
    assert np.array_equal(network.see(PICTURE), seen)


SMALL = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2}
STAGES = {"out_features": [f"stage{n}" for n in range(1, 5)], "reshape_hidden_states": False}
NECK = {"neck_hidden_sizes": [4, 6, 8, 8], "fusion_hidden_size": 8, "initializer_range": 0.5}


def dpt(transformers):
    own = {"intermediate_size": 32, "image_size": 64, "backbone_out_indices": [0, 1, 2, 3], "is_hybrid": False}
    return transformers.DPTForDepthEstimation(transformers.DPTConfig(**SMALL, **NECK, **own))


def zoedepth(transformers):
    beit = transformers.BeitConfig(**SMALL, **STAGES, intermediate_size=32, image_size=64, use_relative_position_bias=True)
    head = {"bottleneck_features": 8, "num_relative_features": 8, "bin_embedding_dim": 8, "num_attractors": [4, 2, 2, 1]}
    bins = [{"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0, "name": "nyu"}]
    config = transformers.ZoeDepthConfig(backbone_config=beit, backbone_hidden_size=16, bin_configurations=bins, **NECK, **head)
    return transformers.ZoeDepthForDepthEstimation(config)


def depth_pro(transformers):
    encoder = {"model_type": "dinov2", **SMALL, "mlp_ratio": 2, "image_size": 384, "patch_size": 96}
    encoders = {f"{part}_model_config": encoder for part in ("image", "patch", "fov")}
    widths = {"intermediate_feature_dims": [8, 8], "scaled_images_feature_dims": [8, 8, 8], "fusion_hidden_size": 8}
    hooks = {"intermediate_hook_ids": [3, 1], "use_fov_model": False, "initializer_range": 0.5}
    return transformers.DepthProForDepthEstimation(transformers.DepthProConfig(**encoders, **widths, **hooks))


@pytest.mark.once
@pytest.mark.parametrize(("make", "metric"), [(dpt, False), (zoedepth, True), (depth_pro, False)])
def test_folders_of_other_kinds_give_nearness_or_metres(tmp_path, make, metric):
    """Depth Pro's network gives inverse distance too; only what transformers does with it afterwards makes metres of it."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    if not hasattr(transformers, {dpt: "DPTConfig", zoedepth: "ZoeDepthConfig", depth_pro: "DepthProConfig"}[make]):
        pytest.skip("this transformers does not know it")
    torch.manual_seed(0)
    make(transformers).save_pretrained(tmp_path)
    network = open_network(str(tmp_path))
    seen = network.see(PICTURE)
    assert network.metric == metric
    assert seen.shape == PICTURE.shape[:2]
    assert np.isfinite(seen).all()
    assert seen.min() >= 0.0 < seen.std()


def test_nothing_is_loaded_before_the_first_picture(folder, monkeypatch):
    monkeypatch.setattr("lib_anim.models.depth_folder._load", lambda _: pytest.fail("loaded"))
    made = shot(animation_mode="3D", depth_model=str(folder()))
    assert "scene of depth estimated by model" in dict(made.features)["camera_3d"].does
    assert not any("no depth model" in note for note in made.notes)


def test_a_folder_that_is_not_whole_is_said_when_it_is_run(folder):
    place = folder()
    (weights,) = place.glob("*.safetensors")
    weights.write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"model: cannot be run: "):
        open_network(str(place)).see(PICTURE)


def config_of(kind):
    return lambda place: (place / "config.json").write_text(json.dumps({"model_type": kind}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (config_of("clip"), "a model of the kind clip; depth models are depth_anything, depth_pro, dpt, glpn, zoedepth"),
        (lambda place: (place / "config.json").write_text("[]"), "not a JSON object"),
        (lambda place: (place / "config.json").write_text("["), "not a JSON object"),
        (lambda place: (place / "config.json").unlink(), "there is no such file"),
        (lambda place: (place / "model.safetensors").rename(place / "model.bin"), "there are no weights in this folder"),
    ],
)
def test_a_folder_of_another_kind_is_refused_before_the_film(tmp_path, change, words):
    config_of("dpt")(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    change(tmp_path)
    with pytest.raises(SettingsError) as caught:
        shot(animation_mode="3D", depth_model=str(tmp_path))
    (problem,) = caught.value.problems
    assert problem.key == "depth_model"
    assert words in str(problem.reason)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/none", "there is no such file"),
        ("https://example.org/model", "a web address; nothing is downloaded"),
        (__file__, "neither a folder of a depth model nor an ONNX file"),
    ],
)
def test_a_path_that_is_no_model_is_refused(path, words):
    with pytest.raises(SettingsError, match=words):
        shot(animation_mode="3D", depth_model=path)


# -- ONNX -----------------------------------------------------------------------------------------------------------------

GREY = "seen = ReduceMean <axes = [1], keepdims = 0> (picture)"
FLAT = "nothing = Sub (picture, picture) seen = ReduceMean <axes = [1], keepdims = 0> (nothing)"
BYTES = "numbers = Cast <to = 1> (picture) seen = ReduceMean <axes = [1], keepdims = 0> (numbers)"
PLANES = "seen = Identity (picture)"
LOOP = """
  rounds = Constant <value = int64 {4611686018427387904}> ()
  go_on = Constant <value = bool {1}> ()
  seen = Loop (rounds, go_on, picture) <body = round (int64 n, bool went_on, float[1,3,H,W] before)
    => (bool goes_on, float[1,3,H,W] after) { goes_on = Identity (went_on) after = Identity (before) }>
"""


@pytest.fixture
def onnx(tmp_path):
    """Writes an ONNX file of a network, gives its path."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")

    def write(work, size=("H", "W"), inputs=None):
        from onnx import parser, save

        height, width = size
        taken = inputs or f"float[1,3,{height},{width}] picture"
        text = f'<ir_version: 8, opset_import: ["": 17]> depth ({taken}) => (float[a,b,c] seen) {{ {work} }}'
        save(parser.parse_model(text), tmp_path / "depth.onnx")
        return str(tmp_path / "depth.onnx")

    return write


@pytest.mark.parametrize("size", [("H", "W"), (28, 42)])
def test_an_onnx_file_is_run(onnx, size):
    network = open_network(onnx(GREY, size))
    seen = network.see(PICTURE)
    assert (seen.shape, seen.dtype, network.metric) == (PICTURE.shape[:2], np.float32, False)
    assert (np.diff(seen.mean(axis=1)) >= -1e-4).all()
    assert seen[-1].mean() - seen[0].mean() > 2.0  # ImageNet's spread


@pytest.mark.parametrize(
    ("work", "inputs", "words"),
    [
        (FLAT, None, "depth.onnx: no depth network: it sees the same everywhere"),
        (PLANES, None, r"depth.onnx: gives \[1, 3, "),
        (GREY, "float[1,3,H,W] picture, float[1] more", "depth.onnx: takes .*; a depth network takes one picture"),
        (BYTES, "uint8[1,3,H,W] picture", "depth.onnx: takes .*; a depth network takes one picture"),
        (LOOP, None, "depth.onnx: cannot be run: it did not end within 5 seconds"),
    ],
)
def test_an_onnx_file_of_another_kind_is_refused_before_the_film(onnx, monkeypatch, work, inputs, words):
    monkeypatch.setattr(module, "_TRIAL_S", 5.0 if work == LOOP else 60.0)
    with pytest.raises(SettingsError, match=words):
        shot(animation_mode="3D", depth_model=onnx(work, inputs=inputs))


def test_a_text_is_no_onnx_file(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(SettingsError, match=r"text\.onnx: not an ONNX file that onnxruntime can run"):
        shot(animation_mode="3D", depth_model=str(tmp_path / "text.onnx"))


@pytest.mark.skipif(os.name == "nt", reason="makes a pipe")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(SettingsError, match="a device, a pipe or a socket, not a file"):
        shot(animation_mode="3D", depth_model=str(tmp_path / "pipe.onnx"))
