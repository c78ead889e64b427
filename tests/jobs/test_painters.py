"""The models of a folder: which are offered, what is refused, and which model paints which film."""

import json
import shutil
import struct

import pytest

from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.engines.diffusers import checkpoint
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import BadInput, ModelError
from lib_anim.jobs.painters import Painters
from lib_anim.jobs.queue import Jobs
from lib_anim.runs.resume import OtherModel
from tests.helpers import settings
from tests.jobs.test_queue import Held, over

TOY, DIFFUSERS = EngineSpec("diffusers"), "StableDiffusionPipeline"


def tensors(path, **shapes):
    """Write a .safetensors file with tensors of these shapes; names have dots for each double underscore."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        header[name.replace("__", ".")] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))


SD1 = {
    "model__diffusion_model__input_blocks__0__0__weight": (320, 4, 3, 3),
    "model__diffusion_model__input_blocks__1__1__transformer_blocks__0__attn2__to_k__weight": (320, 768),
}


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    for name in ("sea.safetensors", "old/hills.safetensors"):
        tensors(folder / name, **SD1)
    tensors(folder / "lora.safetensors", lora_unet_down__alpha=(1,))
    (folder / "torn.safetensors").write_bytes((folder / "sea.safetensors").read_bytes()[:-100])
    (folder / "words.safetensors").write_text("no model at all")
    (folder / "notes.txt").write_text("not listed")
    for name, pipeline in (("half", DIFFUSERS), ("whole", DIFFUSERS), ("other", "FluxPipeline")):
        for part in ("unet", "vae", "text_encoder", "tokenizer", "scheduler"):
            tensors(folder / name / part / "model.safetensors", weight=(4,))
        (folder / name / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    shutil.rmtree(folder / "half" / "vae")
    return folder


def test_files_and_folders_are_offered_by_name_after_what_the_page_was_started_with(models):
    shown = Painters(TOY, Engines(), models).describe()
    names = ["", "half", "lora.safetensors", "old/hills.safetensors", "other", "sea.safetensors", "torn.safetensors", "whole"]
    assert [name for name, _ in shown["models"]] == [*names, "words.safetensors"]
    assert shown["models"][0][1] == "the small model that comes along, a toy"
    assert (shown["chosen"], shown["fault"]) == ("", None)


def test_the_model_that_the_page_was_started_with_is_offered_once(models):
    own = EngineSpec("diffusers", model=str(models / "sea.safetensors"))
    shown = Painters(own, Engines(), models).describe()
    assert [label for name, label in shown["models"] if "sea" in label] == ["sea.safetensors"]


@pytest.mark.parametrize("name", ["sea.safetensors", "old/hills.safetensors", "whole"])
def test_a_chosen_model_is_the_painter(models, name):
    pytest.importorskip("diffusers")
    painters = Painters(TOY, Engines(), models)
    painters.choose(name)
    assert painters.chosen.model == str(models / name)
    assert painters.describe()["chosen"] == name
    painters.choose("")
    assert painters.chosen == TOY


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lora.safetensors", "it is a LoRA"),
        ("torn.safetensors", "torn.safetensors: cannot be loaded: "),
        ("words.safetensors", "words.safetensors: cannot be loaded: "),
        ("other", "a FluxPipeline; this engine runs SD 1.x, 2.x and SDXL"),
        ("half", "half: not a whole model: vae is missing"),
        ("none.safetensors", "there is no model 'none.safetensors' any more"),
        ("../models/sea.safetensors", "there is no model '../models/sea.safetensors' any more"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_sentence_and_the_painter_stays(models, name, said):
    pytest.importorskip("diffusers")
    painters = Painters(TOY, Engines(), models)
    with pytest.raises(BadInput) as refused:
        painters.choose(name)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert painters.chosen == TOY


@pytest.mark.parametrize(
    ("own", "folder", "said"),
    [
        (TOY, None, "start the page with --models"),
        (TOY, "models", "Choose a model of yours"),
        (TOY, "films", "There is no model in"),
        (EngineSpec("diffusers", model="a.safetensors"), None, None),
        (EngineSpec("webui-api"), None, None),
    ],
)
def test_where_no_real_model_paints_it_is_said_how_to_get_one(models, own, folder, said):
    advice = Painters(own, Engines(), folder and models.parent / folder).describe()["advice"]
    assert advice is None if said is None else said in str(advice)


@pytest.mark.parametrize("missing", [True, False])
def test_a_preview_says_what_to_install_where_that_is_missing(monkeypatch, missing):
    monkeypatch.setattr(checkpoint, "find_spec", lambda name: None if missing else name)
    advice = Painters(PREVIEW, Engines()).describe()["advice"]
    assert ("install what painting needs" in str(advice)) == missing


def test_why_a_model_could_not_be_loaded_is_told_until_another_is_chosen(models):
    pytest.importorskip("diffusers")
    painters = Painters(TOY, engines := Engines(), models)
    painters.choose("whole")
    with pytest.raises(ModelError):
        engines.get(painters.chosen)
    assert painters.describe()["fault"]["text"] == "{path}: cannot be loaded: {error}"
    painters.choose("")
    assert painters.describe()["fault"] is None


@pytest.fixture
def jobs(tmp_path, models):
    """Films by engines that paint nothing, under the names of models."""
    specs = {name: EngineSpec("diffusers", model=str(models / name)) for name in ("sea.safetensors", "old/hills.safetensors")}
    engines = {TOY: Held(), **{spec: Passthrough() for spec in specs.values()}}
    jobs = Jobs(tmp_path / "out", TOY, Engines(engines), models=models)
    jobs.toy = engines[TOY]
    yield jobs
    jobs.toy.may.release(100)
    jobs.close()


def test_a_film_is_painted_with_the_model_chosen_when_it_was_queued(jobs):
    pytest.importorskip("diffusers")
    first = jobs.submit(settings(max_frames=2), "film")
    jobs.painters.choose("sea.safetensors")
    second = jobs.submit(settings(max_frames=2), "film")
    jobs.painters.choose("")
    jobs.toy.may.release(2)
    assert (over(first), over(second)) == ("done", "done")
    assert [job.engine.title() for job in (first, second)] == [TOY.title(), "sea.safetensors"]


def test_a_film_is_gone_on_with_and_made_again_by_its_own_model(jobs, models):
    pytest.importorskip("diffusers")
    jobs.painters.choose("sea.safetensors")
    film = jobs.submit(settings(max_frames=2), "film")
    assert over(film) == "done"
    jobs.painters.choose("old/hills.safetensors")
    assert jobs.resume(film.id).engine == film.engine
    assert jobs.submit(settings(max_frames=2), "film", like=film.id).engine == film.engine
    over(jobs.find(film.id))
    (models / "sea.safetensors").unlink()
    with pytest.raises(OtherModel, match=r"the model was 'sea.safetensors' and is 'hills.safetensors'"):
        jobs.resume(film.id)
