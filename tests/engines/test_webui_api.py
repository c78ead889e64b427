"""The engine that asks a WebUI over HTTP, against a server on a real socket."""

import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("httpx")

from lib_anim.cli import main
from lib_anim.engines.base import Palette, SampleRequest, Style, sample_or_retry
from lib_anim.engines.webui import api as webui_api
from lib_anim.engines.webui.api import WebuiApiEngine
from lib_anim.errors import Blank, Disturbed, EngineError, ModelError, OutOfMemory
from lib_anim.images.test_card import test_card as card
from tests.webui_server import picture, webui_server

SIZE = (64, 48)
REQUEST = SampleRequest(
    0, SIZE, (("a cat", 1.0),), (("bad", 1.0),), seed=3, steps=25, cfg_scale=6.5, sampler="DPM++ 2M", scheduler="Karras"
)


def asked(**changes):
    return dataclasses.replace(REQUEST, **changes)


def test_a_request_becomes_the_webuis_own_job(server, engine):
    frame = engine.sample(asked()).frame
    ((task, job),) = server.jobs
    assert (task, frame.shape) == ("txt2img", (48, 64, 3))
    wanted = {"prompt": "a cat", "negative_prompt": "bad", "seed": 3, "steps": 25, "cfg_scale": 6.5, "width": 64, "height": 48}
    assert {key: job[key] for key in wanted} == wanted
    assert (job["sampler_name"], job["scheduler"], job["batch_size"], job["save_images"]) == ("DPM++ 2M", "Karras", 1, False)
    assert job["override_settings"] == {"img2img_fix_steps": False}  # of those we steady, what this host has


def test_a_picture_is_painted_over_whole(server, engine):
    init = card(SIZE)
    engine.sample(asked(init=init, denoise=0.4, overrides={"initial_noise_multiplier": 1.05, "CLIP_stop_at_last_layers": 2}))
    ((task, job),) = server.jobs
    assert task == "img2img"
    assert np.array_equal(picture(job["init_images"][0]), init)
    assert (job["denoising_strength"], job["resize_mode"], job["initial_noise_multiplier"]) == (0.4, 0, 1.05)
    assert job["override_settings"]["CLIP_stop_at_last_layers"] == 2
    assert "mask" not in job


def test_a_mask_keeps_the_whole_picture_in_view(server, engine):
    mask = np.zeros((48, 64), np.float32)
    mask[:, 32:] = 0.7
    engine.sample(asked(init=card(SIZE), denoise=0.4, mask=mask))
    job = server.jobs[0][1]
    assert picture(job["mask"])[0, [0, 63], 0].tolist() == [0, 255]
    assert (job["inpaint_full_res"], job["inpainting_fill"], job["mask_blur"]) == (False, 1, 0)


def test_what_the_webui_cuts_off_is_made_up_for(server, engine):
    """Sixty rounds of a picture whose levels come with fractions, which the host drops: it may not darken, nor show a grid."""
    rng = np.random.default_rng(1)

    def cut(task, job):
        init = picture(job["init_images"][0])
        return (init + rng.uniform(-0.5, 0.5, init.shape)).clip(0, 255).astype(np.uint8)

    server.paint = cut
    first = frame = np.clip(card(SIZE), 60, 195)
    for index in range(60):
        frame = engine.sample(asked(index=index, init=frame, denoise=0.4)).frame
    assert abs(frame.mean() - first.mean()) < 0.5
    light, dark = (np.add.outer(np.arange(48), np.arange(64)) % 2 == k for k in (0, 1))
    change = frame.astype(float) - first
    assert abs(change[light].mean() - change[dark].mean()) < 1.1


def test_lists_are_the_webuis_own(server, engine):
    assert engine.capabilities.samplers == ("Euler a", "Euler", "DPM++ 2M")
    assert engine.capabilities.schedulers == ("Automatic", "Karras")
    assert engine.capabilities.checkpoints == ("model.safetensors [abc]",)
    assert "CLIP_stop_at_last_layers" in engine.capabilities
    assert "eta_ddim" not in engine.capabilities  # this host has no such option


def test_a_host_without_schedulers_is_an_old_one(server, engine):
    del server.lists["schedulers"]
    assert "Karras" in engine.capabilities.schedulers


def test_its_loras_and_styles(server, engine):
    server.lists["loras"] = [{"name": "zen", "alias": "z", "path": "/a", "metadata": {}}, {"name": "ink", "alias": "i"}]
    server.lists["prompt-styles"] = [
        {"name": "photo", "prompt": "photo of {prompt}", "negative_prompt": None},
        {"name": "-- a.csv --", "prompt": None, "negative_prompt": None},
    ]
    assert engine.palette() == Palette(("ink", "zen"), (Style("photo", "photo of {prompt}", ""),))
    del server.lists["loras"], server.lists["prompt-styles"]
    assert engine.palette() == Palette()


# -- what goes wrong --------------------------------------------------------------------------------------------------------


def test_a_broken_connection_is_tried_again_and_nothing_is_painted_twice(server, engine):
    server.faults = ["hang up", "hang up"]
    frame = engine.sample(asked()).frame
    assert len(server.jobs) == 1
    again = engine.sample(asked()).frame
    assert np.array_equal(frame, again)


def test_a_webui_that_stays_away_ends_the_film_with_what_to_do(server):
    engine = WebuiApiEngine(server.url, retry_s=0.6)
    server.faults = ["hang up"] * 9
    with pytest.raises(EngineError, match=r"the WebUI is gone .* anim run --resume DIR goes on later"):
        engine.sample(asked())


def test_a_picture_that_somebody_interrupted_is_begun_again(server, engine):
    server.interrupted = [True, False]
    [sampled] = sample_or_retry(engine, [asked()])
    assert sampled.notes == {"begun_again": 1}
    assert len(server.jobs) == 2


def test_an_interrupted_picture_is_nobodys(server, engine):
    server.interrupted = [True]
    with pytest.raises(Disturbed, match=r"http://.*: the WebUI interrupted the picture$"):
        engine.sample(asked())
    assert len(server.jobs) == 1


def test_ctrl_c_stops_the_webui_too(server, engine, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_post", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.sample(asked())
    assert server.asked[-1] == "/sdapi/v1/interrupt"


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ((500, {"error": "OutOfMemoryError", "errors": "CUDA out of memory. Tried to"}), OutOfMemory, "--medvram"),
        ((500, {"error": "NansException", "errors": "A tensor with all NaNs"}), Blank, "gave no numbers"),
        ((404, {"detail": "Sampler not found"}), EngineError, "Sampler not found (status 404)"),
        ((200, {"images": []}), EngineError, "without a picture"),
        (np.zeros((48, 64, 3), np.uint8), Blank, "--no-half-vae"),
    ],
)
def test_faults_are_told_in_one_line(server, engine, fault, kind, words):
    server.faults = [fault]
    with pytest.raises(kind) as caught:
        engine.sample(asked())
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9", "no WebUI answers"),
        ("ftp://host", "not an address; write http://host:port"),
        ("http://", "not an address"),
    ],
)
def test_no_webui_at_all_is_bad_input(url, words):
    with pytest.raises(ModelError, match=words):
        _ = WebuiApiEngine(url).capabilities


def test_an_unknown_checkpoint_is_told_with_those_there_are(server):
    assert WebuiApiEngine(server.url, "abc")._checkpoint == "model.safetensors [abc]"
    with pytest.raises(ModelError, match="no checkpoint 'other'; there is model"):
        WebuiApiEngine(server.url, "other")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:s3cret@host",
        "http://me:s3cret@",
        "http://me:s3cret@[host",
        "http://me:s3cret@host:port",
        "http://me:s3c@s3cret@host:99999",
        "//me:s3cret@host",
        "http:/me:s3cret@host",
        "http://me:12/s3cret@host",
        "http://me:12#s3cret@host",
        "me:s3cret@host:0",
    ],
)
def test_a_bad_address_is_told_without_its_password(url):
    with pytest.raises(ModelError, match="not an address; write http://host:port") as caught:
        WebuiApiEngine(url)
    assert "s3c" not in str(caught.value)


@pytest.mark.parametrize(("login", "words"), [("", "wants a login"), ("me:wrong@", "wants a login"), ("me:pass@", None)])
def test_a_login_is_part_of_the_address(login, words):
    with webui_server(login="me:pass") as server:
        engine = WebuiApiEngine(server.url.replace("//", f"//{login}"))
        if words:
            with pytest.raises(ModelError, match=words):
                engine.sample(asked())
        else:
            assert engine.sample(asked()).frame.any()
        assert "pass" not in engine.url


# -- the command line -------------------------------------------------------------------------------------------------------


def test_a_film_over_the_network_and_its_resuming(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    settings = {"W": 64, "H": 48, "max_frames": 4, "diffusion_cadence": 1, "batch_name": "film", "sampler": "Euler"}
    (tmp_path / "film.json").write_text(json.dumps(settings))
    run = ["run", "film.json", "--engine", "webui-api", "--url", server.url]
    assert main([*run, "--no-video"]) == 0
    assert [task for task, _ in server.jobs] == ["txt2img", "img2img", "img2img", "img2img"]
    server.faults = [(500, {"error": "boom", "errors": "boom"})]
    assert main([*run, "--no-video"]) == 1
    assert "boom" in capsys.readouterr().err
    assert main(["run", "--resume", "output/film_2"]) == 0
    first, second = (sorted((tmp_path / "output" / name / "frames").iterdir()) for name in ("film", "film_2"))
    seeds = [json.loads((tmp_path / "output" / name / "settings.json").read_text())["seed"] for name in ("film", "film_2")]
    assert len(first) == len(second) == 4
    assert seeds[0] != seeds[1]


def test_several_films_ask_for_the_lists_once_and_hang_up_at_the_end(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    real, clients = webui_api._client, []
    monkeypatch.setattr(webui_api, "_client", lambda *address: clients.append(real(*address)) or clients[-1])
    settings = {"W": 64, "H": 48, "max_frames": 1, "sampler": "Euler"}
    for name in ("first", "second", "third"):
        (tmp_path / f"{name}.json").write_text(json.dumps({**settings, "batch_name": name}))
    files = ["first.json", "second.json", "third.json"]
    how = ["--engine", "webui-api", "--url", server.url, "--model", "abc", "--no-video"]
    assert main(["run", *files, *how]) == 0
    assert len(server.jobs) == 3
    lists = ("samplers", "schedulers", "sd-models", "options")
    assert [server.asked.count(f"/sdapi/v1/{name}") for name in lists] == [1] * len(lists)
    assert [client.is_closed for client in clients] == [True]


@pytest.mark.parametrize(("faults", "status", "frames"), [(1, 0, 3), (2, 1, 0)])
def test_memory_that_runs_out_far_away_is_tried_once_more(server, tmp_path, monkeypatch, capsys, faults, status, frames):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text('{"W": 64, "H": 48, "max_frames": 3, "batch_name": "film", "sampler": "Euler"}')
    server.faults = [(500, {"error": "OutOfMemoryError", "errors": "CUDA out of memory."})] * faults
    assert main(["run", "film.json", "--engine", "webui-api", "--url", server.url, "--no-video"]) == status
    assert len(list((tmp_path / "output" / "film" / "frames").iterdir())) == frames
    assert ("or start the WebUI with --medvram (CUDA out of memory.)" in capsys.readouterr().err) == (status == 1)


def test_the_password_is_not_written_down(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text('{"W": 64, "H": 48, "max_frames": 1, "batch_name": "film", "sampler": "Euler"}')
    with webui_server(login="me:secret") as server:
        url = server.url.replace("//", "//me:secret@")
        assert main(["run", "film.json", "--engine", "webui-api", "--url", url, "--no-video"]) == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "output").rglob("*") if path.is_file()}
    assert {"settings.json", "journal.jsonl", "summary.json"} <= written.keys()
    assert [name for name, content in written.items() if b"secret" in content] == []


DETAILER = {
    "name": "adetailer",
    "is_alwayson": True,
    "args": [{"label": "Enable", "value": False}, {"label": "", "value": None}, {"label": "Blur", "value": 4}],
}
LISTED = [
    {**DETAILER, "is_img2img": True},
    {**DETAILER, "is_img2img": False, "args": DETAILER["args"][:1]},
    {"name": "soft inpainting", "is_alwayson": True, "is_img2img": True, "args": [{"label": "Soft", "value": False}]},
    {"name": "loopback", "is_alwayson": False, "is_img2img": True, "args": []},
    {"name": "odd", "is_alwayson": True, "is_img2img": True, "args": "?"},
]


def test_sizes_by_the_webuis_preset(server, engine):
    server.lists["options"]["forge_preset"] = "klein"
    assert engine.capabilities.size_step == 16


def test_scripts_by_the_webuis_own_list(server, engine):
    server.lists["script-info"] = LISTED
    scripts = engine.capabilities.scripts
    assert [(one.name, one.arguments, one.allowed, one.remark) for one in scripts] == [
        ("adetailer", (("Enable",), ("",), ("Blur",)), True, ""),
        ("soft inpainting", (("Soft",),), True, ""),
        ("odd", (), True, ""),
    ]


@pytest.mark.parametrize(
    ("own", "drawn", "over"),
    [
        ({"adetailer": {"Enable": True}}, {"adetailer": [True]}, {"adetailer": [True]}),
        ({"adetailer": {"blur": 9}}, {"adetailer": []}, {"adetailer": [False, None, 9]}),
        ({"adetailer": {"2": {"ad_model": "x"}}}, {"adetailer": []}, {"adetailer": [False, {"ad_model": "x"}]}),
        ({"soft inpainting": {"1": True}}, {}, {"soft inpainting": [True]}),
    ],
)
def test_a_films_arguments_of_scripts_go_with_each_picture(server, engine, own, drawn, over):
    server.lists["script-info"] = LISTED
    engine.sample(asked(scripts=own))
    engine.sample(asked(scripts=own, init=card(SIZE), denoise=0.4))
    engine.sample(asked())
    jobs = [job for _, job in server.jobs]
    assert "alwayson_scripts" not in jobs[2]
    for job, meant in zip(jobs, (drawn, over), strict=False):
        assert job["alwayson_scripts"] == {name: {"args": args} for name, args in meant.items()}
