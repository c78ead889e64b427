"""Which model paints the films of the tab: the one chosen when they were asked for, also when they are gone on with."""

import json

import pytest

from lib_anim.engines.catalog import EngineSpec
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from lib_anim.runs.resume import OtherModel
from tests.webui_host import failing_at, webui

OURS, THEIRS = "model.safetensors [abc]", "anime/other.ckpt [def]"
FILM = {"W": 64, "H": 48, "max_frames": 3, "diffusion_cadence": 1, "seed": 7, "batch_name": "film", "prompts": {"0": "a cat"}}


@pytest.fixture(params=["a1111", "forge"])
def host(request):
    with webui(request.param) as host:
        yield host


@pytest.fixture
def service(host, tmp_path):
    service = Service(tmp_path, EngineSpec("webui"))
    yield service
    service.close()


def form(**changes):
    return Form({}, {**FILM, **changes, "skip_video_creation": True})


def finished(job):
    assert job.over.wait(60)
    return job.state


def stopped(host, service):
    """A film whose second picture failed."""
    with failing_at(host, 2):
        job = service.begin(form(), "film")
        assert finished(job) == "failed"
    return job.id


def painted_with(host):
    return [one[0] for one in host.painted_by]


def test_a_film_that_waits_keeps_the_model_it_was_asked_for_with(host, service):
    with host.lock:  # somebody paints
        first, second = service.begin(form(), "film"), service.begin(form(seed=8), "film")
        host.choose("sd_model_checkpoint", THEIRS)
        third = service.begin(form(seed=9), "film")
    assert [finished(job) for job in (first, second, third)] == ["done"] * 3
    assert painted_with(host) == [OURS] * 6 + [THEIRS] * 3
    told = [json.loads((job.folder.path / "settings.json").read_text())["sd_model_name"] for job in (first, second, third)]
    assert told == ["model", "model", "other"]


def test_go_on_and_same_again_paint_with_the_films_own(host, service):
    film = stopped(host, service)
    host.choose("sd_model_checkpoint", THEIRS)
    host.everybody_is_served()
    service.command(film, "resume")
    assert finished(service.jobs.find(film)) == "done"
    assert finished(service.begin(form(), "film", film)) == "done"
    assert set(painted_with(host)) == {OURS}
    assert finished(service.begin(form(), "film")) == "done"
    assert painted_with(host)[-3:] == [THEIRS] * 3
    assert host.opts.data["sd_model_checkpoint"] == THEIRS


def test_a_model_that_is_gone_is_said_and_another_taken_only_when_asked_for(host, service):
    film = stopped(host, service)
    host.choose("sd_model_checkpoint", THEIRS)
    host.everybody_is_served()
    del host.checkpoints[OURS]
    for ask in (lambda: service.command(film, "resume"), lambda: service.begin(form(), "film", film)):
        with pytest.raises(OtherModel, match="the checkpoint was 'model', which is not there; put it back, or go on"):
            ask()
    service.command(film, "resume_anyway")
    assert finished(service.jobs.find(film)) == "done"
    assert painted_with(host)[-1] == THEIRS
    assert json.loads((service.out / film / "settings.json").read_text())["sd_model_name"] == "other"


def test_who_takes_the_settings_of_a_film_is_told_of_another_model(host, service):
    film = stopped(host, service)
    assert [note for note in service.settings_of(film)["notes"] if "painted" in note["text"]] == []
    host.choose("sd_model_checkpoint", THEIRS)
    host.everybody_is_served()
    said = [note for note in service.settings_of(film)["notes"] if "painted" in note["text"]]
    difference = {"text": "the checkpoint was '{before}' and is '{now}'", "values": {"before": "model", "now": "other"}}
    assert [note["values"]["difference"] for note in said] == [difference]
