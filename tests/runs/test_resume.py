"""What a run's journal says of its beginning, and what a run that goes on keeps."""

import json

import pytest

from lib_anim.engines.catalog import ANY, PREVIEW, EngineSpec
from lib_anim.errors import OutputError, SettingsError
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.resume import changed_shape, keep_seed, log_resume, log_start, resuming
from tests.helpers import settings


@pytest.fixture
def path(tmp_path):
    """A run's folder, in nobody's hands."""
    folder = RunFolder.create(tmp_path, "film", settings(seed=7))
    folder.close()
    return folder.path


def written(path, *lines):
    """A journal that somebody else wrote."""
    (path / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def begun(path):
    with resuming(path) as run:
        run.folder.close()
    return run.engine, run.frames, run.allow_missing


@pytest.mark.parametrize(
    ("engine", "frames", "allow_missing"),
    [(PREVIEW, range(6), False), (EngineSpec("diffusers", model="a", loras=("b",), low_vram=True), range(2, 5), True)],
)
def test_a_run_is_found_as_it_was_begun(path, engine, frames, allow_missing):
    folder = RunFolder.open(path)
    log_start(folder, engine, frames, allow_missing=allow_missing)
    log_resume(folder, ["other.json"])
    folder.close()
    assert begun(path) == (engine, (frames.start, frames.stop), allow_missing)
    assert [line["event"] for line in folder.journal()] == ["start", "resume"]


OLD = {"event": "start", "time": 1.0, "engine": "preview", "url": None, "model": None, "device": None}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], (ANY, None, False)),
        ([{"event": "painted", "index": 0}], (ANY, None, False)),
        ([OLD | {"lora": None, "low_vram": None, "allow_missing": True, "frames": [0, 9]}], (PREVIEW, (0, 9), True)),
        ([{"event": "start", "engine": "webui", "frames": [0, 4]}], (EngineSpec("webui"), (0, 4), False)),  # of a page
        ([OLD, OLD | {"engine": "webui"}], (PREVIEW, None, False)),
    ],
)
def test_journals_of_the_first_edition(path, lines, said):
    written(path, *lines)
    assert begun(path) == said


def test_a_folder_is_held_until_somebody_is_done_with_it_and_let_go_of_when_going_on_fails(path):
    with resuming(path) as run, pytest.raises(OutputError, match="another process is filming here"):
        RunFolder.open(path)
    run.folder.close()
    with pytest.raises(ValueError, match="no"), resuming(path) as held:
        raise ValueError("no")
    assert held.folder.path == path  # it is still known here, so that only closing it lets go
    RunFolder.open(path).close()
    (path / "settings.json").write_text('{"W": "wide"}')
    with pytest.raises(SettingsError), resuming(path):
        pass
    RunFolder.open(path).close()


@pytest.mark.parametrize(("asked", "kept"), [(-1, 7), (9, 9), (0, 0)])
def test_the_seed_stays_where_none_is_asked_for(asked, kept):
    assert keep_seed(settings(seed=7), settings(seed=asked))["seed"] == kept


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, []),
        ({"zoom": "0:(2)", "seed": 3}, []),
        ({"W": 128, "fps": 30}, ["W", "fps"]),
        ({"reverse": True}, ["reverse"]),
        ({"max_frames": 999}, []),
        ({"max_frames": 2, "diffusion_cadence": 2, "H": 64, "loop": True}, ["H", "max_frames", "diffusion_cadence", "loop"]),
    ],
)
def test_what_a_run_under_way_cannot_change(changes, keys):
    assert changed_shape(settings(), settings(**changes)) == keys
