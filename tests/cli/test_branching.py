"""Runs that become longer, and runs that go on otherwise in a folder of their own."""

import json

import pytest

from lib_anim.cli import main
from lib_anim.runs.folder import RunFolder

FILM = {
    "W": 64,
    "H": 48,
    "max_frames": 8,
    "batch_name": "film",
    "angle": "0:(3*t)",
    "zoom": "0:(1.05)",
    "color_coherence": "None",
    "seed": 7,
    "noise_schedule": "0:(0.1)",
    "prompts": {"0": "a"},
    "diffusion_cadence": 1,
}


def write(path, **changes):
    path.write_text(json.dumps({**FILM, **changes}), encoding="utf-8")
    return str(path)


def frames(path):
    """The files of the frames of a run: index -> bytes."""
    return {int(file.stem): file.read_bytes() for file in sorted((path / "frames").glob("*.png"))}


def pixels(path):
    """The frames without the settings in them."""
    folder = RunFolder.open(path)
    try:
        return [frame.tobytes() for frame in folder.read_frames(sorted(frames(path)))]
    finally:
        folder.close()


def painted(path):
    """The frames that were painted since the run was begun or branched off, in order."""
    events = [json.loads(line) for line in (path / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    first = max((k for k, event in enumerate(events) if event["event"] == "branch"), default=0)
    return [event["index"] for event in events[first:] if event["event"] == "painted"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "output"


def film(file, *arguments):
    return main(["run", file, "--engine", "passthrough", *arguments])


@pytest.mark.parametrize("cadence", [1, 3])
def test_a_finished_film_grows_and_is_as_if_made_at_once(here, tmp_path, cadence):
    assert film(write(tmp_path / "short.json", diffusion_cadence=cadence)) == 0
    assert film(write(tmp_path / "long.json", diffusion_cadence=cadence, max_frames=13, batch_name="long")) == 0
    assert main(["run", "--resume", str(here / "film"), "--set", "max_frames=11"]) == 0
    assert len(frames(here / "film")) == 11
    assert main(["run", "--resume", str(here / "film"), "--set", "max_frames=13"]) == 0
    assert pixels(here / "film") == pixels(here / "long")
    assert painted(here / "film") == list(range(0, 13, cadence))  # none twice


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({}, ["max_frames=5"]),
        ({"loop": True}, ["max_frames=12"]),
        ({"reverse": True}, ["max_frames=12"]),
        ({}, ["max_frames=12", "--set", "W=128"]),
    ],
    ids=["shorter", "a loop", "filmed backwards", "another size"],
)
def test_what_cannot_grow_is_told(here, tmp_path, capsys, changes, arguments):
    assert film(write(tmp_path / "film.json", **changes)) == 0
    before = frames(here / "film")
    assert main(["run", "--resume", str(here / "film"), "--set", *arguments]) == 2
    assert "in the middle of a run" in capsys.readouterr().err
    assert frames(here / "film") == before


@pytest.mark.parametrize(
    ("changes", "frame", "new"),
    [
        ({}, 5, [5, 6, 7]),
        ({}, 1, list(range(1, 8))),
        ({}, 7, [7]),
        ({"diffusion_cadence": 3}, 4, [6]),
        ({"diffusion_cadence": 3}, 6, [6]),
        ({"reverse": True}, 3, [3, 2, 1, 0]),
        ({"max_frames": 60}, 55, list(range(55, 60))),
    ],
    ids=[
        "in the middle",
        "after the first",
        "the last",
        "between painted ones",
        "a painted one",
        "backwards",
        "far from a state",
    ],
)
def test_a_branch_keeps_what_was_and_paints_what_comes(here, tmp_path, changes, frame, new):
    assert film(write(tmp_path / "film.json", **changes)) == 0
    before = frames(here / "film")
    set_angle = ["--set", "angle=0:(-9)"]
    assert main(["run", "--resume", str(here / "film"), "--branch-at", str(frame), *set_angle]) == 0
    assert frames(here / "film") == before
    (branch,) = (path for path in here.iterdir() if path.name != "film")
    assert branch.name.startswith("film_from_")
    made = frames(branch)
    assert made.keys() == before.keys()
    last_old = new[0] - 1 if not changes.get("reverse") else new[0] + 1
    last_old -= last_old % changes.get("diffusion_cadence", 1)
    kept = [k for k in before if (k >= last_old if changes.get("reverse") else k <= last_old)]
    assert [made[k] for k in kept] == [before[k] for k in kept]
    assert all(made[k] != before[k] for k in new)
    assert painted(branch)[-len(new) :] == new
    assert len(painted(branch)) <= len(new) + 24
    assert json.loads((branch / "settings.json").read_text(encoding="utf-8"))["angle"] == "0:(-9)"
    assert RunFolder.open(branch).status() == "done"


def test_without_changes_a_branch_is_the_film_again(here, tmp_path):
    assert film(write(tmp_path / "film.json", max_frames=40)) == 0
    assert main(["run", "--resume", str(here / "film"), "--branch-at", "33"]) == 0
    assert frames(here / "film_from_33") == frames(here / "film")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("0", "there is nothing to branch off at frame 0; name one from 1 to 7"),
        ("8", "there is nothing to branch off at frame 8; name one from 1 to 7"),
        ("-3", "there is nothing to branch off at frame -3; name one from 1 to 7"),
    ],
)
def test_frames_that_have_nothing_to_branch_off_are_told(here, tmp_path, capsys, frame, said):
    assert film(write(tmp_path / "film.json")) == 0
    assert main(["run", "--resume", str(here / "film"), f"--branch-at={frame}"]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["film"]


def test_a_branch_needs_a_run(here, tmp_path, capsys):
    assert film(write(tmp_path / "film.json"), "--branch-at", "3") == 2
    assert capsys.readouterr().err == "anim: --branch-at: there is no run to branch off; write --resume DIR\n"
