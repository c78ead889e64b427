"""Runs that lie in the output folder, also those that another process films or was killed in."""

import json

import pytest

from lib_anim.images.frame import write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.jobs import history
from lib_anim.runs.folder import RunFolder
from lib_anim.settings.settings import parse


@pytest.fixture
def run(tmp_path):
    """A run of three frames whose summary is as it was at the beginning."""
    folder = RunFolder.create(tmp_path, "film", parse({"seed": 7}))
    folder.write_summary({"status": "running", "frames": 0, "of": 9, "seed": 7})
    for index in range(3):
        write_png(folder.frame_path(index), card((16, 8)))
    yield folder
    folder.close()


def test_a_film_of_another_process_is_seen_while_it_is_filmed(run):
    view = history.seen(run.path)
    assert (view["state"], view["frame"], view["of"]) == ("running", 3, 9)


def test_a_film_that_was_killed_has_the_frames_that_are_on_disk(run):
    run.close()
    view = history.seen(run.path)
    assert (view["state"], view["frame"], view["of"]) == ("stopped", 3, 9)
    assert history.newest_frame(run.path) == run.frame_path(2)


@pytest.mark.parametrize(
    ("status", "state"), [("done", "done"), ("failed", "failed"), ("interrupted", "stopped"), ("terminated", "stopped")]
)
def test_what_the_summary_says_at_the_end_counts(run, status, state):
    run.write_summary({"status": status, "frames": 2, "of": 9})
    view = history.seen(run.path)
    assert (view["state"], view["frame"]) == (state, 2)


def test_the_model_that_painted_it_last(run, tmp_path):
    assert history.painter(tmp_path, "film") == {}
    assert history.painter(tmp_path, "nowhere") == history.painter(tmp_path, "") == {}
    for checkpoint in ("first", "second"):
        run.log("painter", engine="webui", checkpoint=checkpoint)
    with (run.path / "journal.jsonl").open("a") as journal:
        journal.write('{"event": "painter", "check')  # power went
    found = history.painter(tmp_path, "film")
    assert (found["engine"], found["checkpoint"]) == ("webui", "second")
    assert json.dumps(found)


ODD = [None, True, -1, 3, 2**70, 1.5, float("nan"), float("inf"), "", "text", "\ud800", [], [[1]], {}, {"a": {"text": 1}}]
KEYS = ["status", "frames", "of", "error", "message", "notes", "seed", "engine", "began", "video"]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_odd_values_in_a_summary_are_left_out(run, key, value):
    (run.path / "summary.json").write_text(json.dumps({"status": "failed", key: value}))
    view = history.seen(run.path)
    json.dumps(view, allow_nan=False, ensure_ascii=False).encode()  # it can be sent
    types = {"state": str, "frame": int, "of": int, "notes": list, "began": float, "id": str, "folder": str}
    assert {name: type(view[name]) for name in types} == types
    assert view["state"] in ("stopped", "done", "failed", "running")
    assert all(isinstance(view[name], (str, type(None))) for name in ("error", "engine"))
    assert all(isinstance(note, str) for note in view["notes"])
    assert type(view["seed"]) in (int, type(None))


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "null", "{", "[" * 100_000, '{"of": 1e999, "frames": -1}', '{"seed": ' + "9" * 5000 + "}", "\0"]
)
def test_an_odd_summary_is_none(run, text):
    (run.path / "summary.json").write_text(text)
    assert history.seen(run.path)["of"] == 0
    (run.path / "summary.json").write_bytes(b"\xff\xfe")
    assert history.seen(run.path)["of"] == 0


def test_a_message_keeps_what_is_sound(run):
    inner = {"text": "no {b}", "values": {"b": 2.5}}
    message = {"text": "a {n} {m} {odd}", "values": {"n": 1, "m": inner, "odd": [1], "nan": float("nan")}}
    run.write_summary({"status": "failed", "message": message})
    assert history.view(run.path)["message"] == {"text": "a {n} {m} {odd}", "values": {"n": 1, "m": inner}}


def test_a_run_that_is_deleted_meanwhile_is_seen_without_an_error(run):
    (run.path / "settings.json").unlink()
    assert history.view(run.path)["began"] == 0.0
