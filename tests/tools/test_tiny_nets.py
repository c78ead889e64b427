"""Control networks for the small model: stick people, the maps, the pictures drawn ahead, the training, the measures."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from tools.tiny_model import control_drawings, nets
from tools.tiny_model.canvas import View
from tools.tiny_model.control_drawings import Job, draw_chunk, jobs
from tools.tiny_model.control_pool import Rows
from tools.tiny_model.evaluate_control import MEASURES, border_recall, edge_f1, person_iou, questions
from tools.tiny_model.export import load_folder
from tools.tiny_model.maps import LAYOUT, NETS, choose_scene, draw_map, draw_scene, say_scene
from tools.tiny_model.people import (
    ACTIONS,
    People,
    choose_people,
    clothed_box,
    draw_people,
    joints,
    person_parts,
    place,
    placed,
    skeletons,
    stride,
)
from tools.tiny_model.train_control import ControlTrainer, Options, load_control, make_control


def everybody(count, seed=0):
    rng = np.random.default_rng(seed)
    return [choose_people(rng) for _ in range(count)]


# -- people -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
def test_a_person_stands_on_its_foot_line_within_its_box(action):
    person = place(np.random.default_rng(1), action, "red", 0.5, 0.5, 0.9)
    view = View(256, 256)
    clothes = np.max([mask for name, mask in person_parts(view, person) if name != "head"], axis=0) > 0.5
    rows, columns = np.flatnonzero(clothes.any(axis=1)), np.flatnonzero(clothes.any(axis=0))
    assert rows[-1] / 256 == pytest.approx(0.9, abs=0.01)
    seen = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / 256
    assert np.abs(seen - clothed_box(person)).max() < 0.02


def test_the_skeleton_lies_on_the_person():
    for scene in everybody(20):
        view = View(192, 192)
        body = np.max([m for p in placed(scene, 1) for name, m in person_parts(view, p)], axis=0) > 0.5
        bones = skeletons(scene, 192, 192).any(axis=2)
        assert (bones & ~body).sum() < 0.12 * bones.sum()


def test_a_walk_is_the_same_after_a_whole_step_and_mirrored_after_half():
    assert np.allclose(stride(0.3).legs, stride(1.3).legs)
    assert np.allclose(stride(0.3).legs, stride(0.8).legs[::-1])


def test_people_are_told_apart_by_colour_and_named():
    rng = np.random.default_rng(0)
    for scene in everybody(60):
        colours = [person.colour for person in scene.persons]
        assert len(set(colours)) == len(colours)
        assert any(all(colour in say_scene(scene, rng) for colour in colours) for _ in range(5))


def test_whoever_looks_to_the_right_shows_the_right_ear_alone():
    walker = place(np.random.default_rng(0), "standing", "red", 0.5, 0.5, 0.9)
    looks = {facing: joints(type(walker)(**{**vars(walker), "stance": stride(0.1, facing=facing)})) for facing in (-1, 1)}
    assert np.isfinite(looks[1][16]).all() != np.isfinite(looks[1][17]).all()
    assert np.isfinite(looks[1][16]).all() == np.isfinite(looks[-1][17]).all()


# -- maps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("net", NETS)
def test_a_map_is_a_frame_that_depends_on_the_seed_alone(net):
    job = Job(net, 3, 0, 16)
    one, two = draw_chunk(job), draw_chunk(job)
    assert np.array_equal(one.maps, two.maps)
    assert np.array_equal(one.pictures, two.pictures)
    assert one.texts == two.texts
    assert one.maps.shape == (control_drawings.CHUNK, 128, 128, 3)
    assert one.maps.any(axis=(1, 2, 3)).mean() > 0.6


def test_the_chunks_are_all_there_once_and_every_size_grows():
    listed = jobs("pose", 0, 4)
    assert len({(job.size, job.start) for job in listed}) == len(listed)
    assert {job.size for job in listed[:4]} == {0, 1, 2, 3}


def test_a_layout_has_the_colours_of_its_classes_and_the_sky_above():
    rng = np.random.default_rng(4)
    for _ in range(10):
        scene = choose_scene(rng, "layout")
        shown = draw_map("layout", scene, draw_scene(scene, 96, 96), rng)
        assert set(map(tuple, shown.reshape(-1, 3).tolist())) <= set(LAYOUT.values())
        if not isinstance(getattr(scene, "items", None), tuple) and not isinstance(scene, People):
            assert tuple(shown[0, 48].tolist()) == LAYOUT["sky"]


# -- measures -----------------------------------------------------------------------------------------------------------


def test_a_drawing_meets_its_own_map_and_another_one_does_not():
    asked = questions("edges", 3, 128)
    drawn = [draw_scene(q.scene, 128, 128) for q in asked]
    assert [edge_f1(q, picture) for q, picture in zip(asked, drawn, strict=True)] == [1.0] * 3
    assert edge_f1(asked[0], np.full((128, 128, 3), 90, np.uint8)) == 0
    shapes = questions("layout", 4, 128)
    assert max(border_recall(q, draw_scene(q.scene, 128, 128)) for q in shapes) > 0.7
    assert border_recall(shapes[0], np.full((128, 128, 3), 90, np.uint8)) == 0


def test_a_person_is_found_where_it_stands_and_not_elsewhere():
    question = questions("pose", 1, 128)[0]
    picture = draw_people(question.scene, 128, 128)
    assert person_iou(question.scene, picture) > 0.7
    assert person_iou(question.scene, picture[:, ::-1]) < person_iou(question.scene, picture)
    assert person_iou(question.scene, np.full_like(picture, 128)) == 0


# -- the network and its training ---------------------------------------------------------------------------------------


def test_a_new_network_adds_nothing_and_fits_three_megabytes():
    unet = load_folder(BUNDLED)[0]
    net = make_control(unet)
    assert sum(p.numel() for p in net.parameters()) * 2 < 3_000_000
    assert torch.equal(net.conv_in.weight, unet.conv_in.weight)
    down, middle = net(
        torch.randn(1, 4, 16, 16), 5, torch.randn(1, 77, 128), controlnet_cond=torch.rand(1, 3, 128, 128), return_dict=False
    )
    assert not any(part.any() for part in (*down, middle))


def test_a_training_writes_a_small_network_and_goes_on_from_its_state(tmp_path):
    options = Options("pose", tmp_path, minutes=0.05, device="cpu", batch=2, sizes=1, workers=1)
    ControlTrainer(options).run()
    weights = load_file(tmp_path / "pose.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert (tmp_path / "pose.safetensors").stat().st_size < 3_100_000
    assert any(value.any() for name, value in weights.items() if name.startswith("controlnet_down_blocks"))
    again = ControlTrainer(Options(**{**vars(options), "minutes": 0.0, "resume": True}))
    again.run()
    assert again.step > 0
    state = torch.load(tmp_path / "pose.pt", weights_only=True)
    assert state["step"] == again.step
    nets.main(["export", "pose", "--out", str(tmp_path), "--to", str(tmp_path / "nets")])
    assert sorted(p.name for p in (tmp_path / "nets/pose").iterdir()) == ["config.json", "diffusion_pytorch_model.safetensors"]
    assert load_control(tmp_path / "pose.safetensors").config.mid_block_type == "UNetMidBlock2D"


def test_room_for_pictures_is_filled_from_the_front():
    rows = Rows.room(control_drawings.Size(16, 16, 6, 4), "cpu")
    rows.add(torch.ones(4, 4, 2, 2).half(), np.full((4, 16, 16, 3), 255, np.uint8), np.ones((16, 77)))
    picked = rows.pick(np.random.default_rng(0), 8)
    assert rows.filled == 4
    assert (picked.latents.shape, picked.maps.shape, picked.ids.shape) == ((8, 4, 2, 2), (8, 3, 16, 16), (8, 77))
    assert picked.maps.min() == 1
    assert picked.ids.min() == 1


# -- the networks that come along ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def painter():
    return EngineSpec("diffusers", device="cpu").load()


def painted(painter, net, question, weight):
    """Our own engine's picture for a question, guided so strongly."""
    control = Control(net, question.map, weight=weight)
    prompts, size = ((question.prompt, 1.0),), question.map.shape[1::-1]
    request = SampleRequest(0, size, prompts, seed=3000, steps=8, cfg_scale=4.0, sampler="Euler", controls=(control,))
    return painter.sample(request).frame


@pytest.mark.parametrize(("net", "measure"), MEASURES.items())
def test_the_networks_that_come_along_do_what_they_are_for(painter, net, measure):
    asked = questions(net, 4, 128)
    shares = [np.mean([measure(one, painted(painter, net, one, weight)) for one in asked]) for weight in (0, 1)]
    assert shares[1] > shares[0] + 0.15
