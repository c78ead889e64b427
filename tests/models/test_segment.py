"""Models that find words, from folders of transformers: what they give, and what is refused before a film."""

import json
import string
from dataclasses import replace

import numpy as np
import pytest

from lib_anim.errors import ModelError
from lib_anim.models import segment as module
from lib_anim.models import segment_folder
from lib_anim.models.segment import open_segment, segment_there

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 80, 3)).astype(np.uint8)


def write_tokenizer(folder):
    """A tokenizer of CLIP's kind that knows letters alone; returns the sizes and ends of its vocabulary, for a config."""
    ends = ["<|startoftext|>", "<|endoftext|>"]
    tokens = [*string.ascii_lowercase, *(f"{letter}</w>" for letter in string.ascii_lowercase), *ends]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    n = len(tokens)
    return {"vocab_size": n, "bos_token_id": n - 2, "eos_token_id": n - 1, "pad_token_id": n - 1}


def sizes(layers=2, **more):
    return {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": layers, "num_attention_heads": 2, **more}


def clipseg(folder):
    transformers = pytest.importorskip("transformers")
    text = write_tokenizer(folder)
    config = transformers.CLIPSegConfig(
        text_config={**text, **sizes(max_position_embeddings=77)},
        vision_config=sizes(3, image_size=32, patch_size=8),
        projection_dim=8,
        reduce_dim=8,
        extract_layers=[0, 1, 2],
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
        initializer_factor=20.0,
    )
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 64, "width": 64}}))
    return transformers.CLIPSegForImageSegmentation(config)


def sam3(folder):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    if not hasattr(transformers, "Sam3Model"):
        pytest.skip("this transformers has no SAM 3")
    text = write_tokenizer(folder)
    few = {"hidden_size": 16, "num_attention_heads": 2}
    eye = sizes(model_type="sam3_vit_model", image_size=56, pretrain_image_size=56, patch_size=14, window_size=2)
    config = transformers.Sam3Config(
        vision_config={
            "backbone_config": {**eye, "global_attn_indexes": [1]},
            "fpn_hidden_size": 16,
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
        text_config={**text, **sizes(max_position_embeddings=32, projection_dim=8)},
        geometry_encoder_config={**few, "num_layers": 1, "intermediate_size": 16},
        detr_encoder_config={**few, "num_layers": 1, "intermediate_size": 16},
        detr_decoder_config={**few, "num_layers": 1, "intermediate_size": 16, "num_queries": 8},
        mask_decoder_config=few,
    )
    model = transformers.Sam3Model(config)
    for weights in model.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.4)
    return model


def present(model, bias):
    """SAM 3 that is as sure as `bias` that what it is asked for is there."""
    model.detr_decoder.presence_head.layer3.bias.data.fill_(bias)
    return model


@pytest.fixture
def written(tmp_path):
    """Writes a folder with a model of random weights, gives its path."""
    torch = pytest.importorskip("torch")

    def write(make, change=lambda model: model):
        torch.manual_seed(0)
        model = make(tmp_path / "model")
        with torch.no_grad():
            change(model).save_pretrained(tmp_path / "model")
        return tmp_path / "model"

    return write


@pytest.mark.parametrize(("make", "change"), [(clipseg, lambda model: model), (sam3, lambda model: present(model, 50.0))])
def test_words_are_looked_for_in_a_picture(written, make, change):
    network = open_segment(str(written(make, change)), trial=False)
    assert network.name == "model"
    found = network.find(PICTURE, "the sky")
    assert (found.shape, found.dtype) == (PICTURE.shape[:2], np.float32)
    assert 0.0 <= found.min() < found.max() <= 1.0
    assert np.array_equal(network.find(PICTURE, "the sky"), found)
    assert not np.array_equal(network.find(PICTURE, "dog"), found)
    assert not np.array_equal(network.find(255 - PICTURE, "the sky"), found)
    assert network.find(PICTURE, "many words, " * 100).shape == found.shape


def test_what_sam_3_is_not_sure_of_is_not_there(written):
    network = open_segment(str(written(sam3, lambda model: present(model, -50.0))), trial=False)
    assert network.find(PICTURE, "the sky").max() == 0.0


def test_a_model_is_tried_before_the_film_and_again_when_it_changes(written):
    place = written(clipseg)
    assert open_segment(str(place)).name == "model"
    (weights,) = place.glob("*.safetensors")
    weights.write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"model: cannot be run: "):
        open_segment(str(place))


def test_a_transformers_that_does_not_know_the_model_says_so(written, monkeypatch):
    later = replace(segment_folder._KINDS["clipseg"], model="NextForImageSegmentation")
    monkeypatch.setitem(segment_folder._KINDS, "clipseg", later)
    with pytest.raises(ModelError, match=r"model: this transformers, .*, does not know CLIPSeg; a newer one does"):
        open_segment(str(written(clipseg)), trial=False).find(PICTURE, "sky")


def config_of(kind):
    return lambda place: (place / "config.json").write_text(json.dumps({"model_type": kind}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (config_of("clip"), "a model of the kind clip; models that find words are clipseg, sam3, sam3_video"),
        (lambda place: (place / "config.json").write_text("["), "not a JSON object"),
        (lambda place: (place / "config.json").unlink(), "there is no such file"),
        (
            lambda place: (place / "model.safetensors").rename(place / "pytorch_model.bin"),
            "there are no weights in this folder",
        ),
        (lambda place: (place / "vocab.json").unlink(), "there is no tokenizer in this folder, which reads the words"),
    ],
)
def test_a_folder_of_another_kind_is_refused(tmp_path, change, words):
    config_of("clipseg")(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "vocab.json").write_text("{}")
    change(tmp_path)
    with pytest.raises(ModelError, match=words):
        open_segment(str(tmp_path), trial=False)


def test_a_file_is_no_folder():
    with pytest.raises(ModelError, match="there is no such folder"):
        open_segment(__file__)


def test_one_that_lies_beside_fetched_models_is_there_without_a_setting(written, tmp_path, monkeypatch):
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path))
    monkeypatch.setattr(module, "_try", lambda *_: None)
    assert segment_there() is None
    (tmp_path / "models").mkdir()
    written(clipseg).rename(tmp_path / "models" / "clipseg-rd64-refined")
    found = segment_there()
    assert found is not None
    assert found.name == "clipseg-rd64-refined"
    (tmp_path / "models" / "sam3").mkdir()  # not whole
    assert segment_there().name == "clipseg-rd64-refined"
