"""The run folder: names, journal, states, locks, space."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lib_anim.errors import OutputError
from lib_anim.images.test_card import test_card as card
from lib_anim.runs.disk import check_space
from lib_anim.runs.folder import RunFolder, run_name
from lib_anim.runs.states import pack, unpack
from tests.helpers import settings


@pytest.mark.parametrize(
    ("batch_name", "expected"),
    [
        ("film", "film"),
        ("Deforum_{timestring}", "Deforum_20260102030405"),
        ("{seed}_{W}x{h}", "7_64x48"),
        ("{prompts}", "a"),
        ("{nothing}", "nothing"),
        ("{init_image}", "_"),
        ("a b,c", "a_b_c"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("C:\\x", "C__x"),
        ("con", "_con"),
        ("nul.txt", "_nul.txt"),
        ("-rf", "_-rf"),
        ("фильм 映画", "фильм_映画"),
        ("x" * 300, "x" * 120),
        ("{batch_name}", "{batch_name}"),
        ("a\x00b\nc", "a_b_c"),
        ("name.", "name"),
    ],
)
def test_names_are_names_on_any_system(batch_name, expected, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    import time

    getattr(time, "tzset", lambda: None)()
    assert run_name(settings(batch_name=batch_name), now=1767323045) == expected


def test_an_existing_folder_is_never_touched(tmp_path):
    names = []
    for _ in range(3):
        folder = RunFolder.create(tmp_path / "deep" / "er", "film", settings())
        names.append(folder.path.name)
        folder.close()
    assert names == ["film", "film_2", "film_3"]
    assert folder.video == tmp_path / "deep" / "er" / "film_3" / "film_3.mp4"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that is not writable")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written: Permission denied"):
        RunFolder.create(tmp_path, "film", settings())


def test_what_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        RunFolder.create(tmp_path / "file", "film", settings())
    with pytest.raises(OutputError, match="there is no run"):
        RunFolder.open(tmp_path)


def test_a_failed_beginning_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "lib_anim.runs.folder.write_durably", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OutputError, match="No space left on device"):
        RunFolder.create(tmp_path, "film", settings())
    assert not list(tmp_path.iterdir())


def test_no_space_is_said_before(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 50 * 2**20})())
    check_space(tmp_path / "not" / "there", 100, (512, 512))
    with pytest.raises(OutputError, match=r"no space: 10000 frames need 2.9 GiB, 50.0 MiB are free"):
        check_space(tmp_path, 10_000, (512, 512))


def test_states_come_back_as_they_were():
    state = {
        "done": 3,
        "painted": card((16, 8)),
        "memory": {"a": None, "b": np.arange(6.0).reshape(2, 3), "c": [1, "x", {"d": np.zeros(0, np.float32)}]},
    }
    back = unpack(pack(state))
    assert back["done"] == 3
    assert back["memory"]["a"] is None
    assert back["memory"]["c"][:2] == [1, "x"]
    for one, other in [(back["painted"], state["painted"]), (back["memory"]["b"], state["memory"]["b"])]:
        assert np.array_equal(one, other)
        assert one.dtype == other.dtype
    assert back["memory"]["c"][2]["d"].size == 0
    assert unpack(pack({"done": 0, "painted": None, "memory": {}})) == {"done": 0, "painted": None, "memory": {}}


def test_old_states_go_and_every_25th_stays(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings())
    for done in range(1, 60):
        folder.write_state(done, {"done": done, "painted": None, "memory": {}})
    assert sorted(int(path.stem) for path in folder.states.iterdir()) == [25, 50, 58, 59]


def test_the_newest_state_whose_frames_are_whole(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings())
    for k in range(5):
        folder.write_frame(k, card((16, 8)))
        folder.write_state(k + 1, {"done": k + 1, "painted": None, "memory": {}})
    frames = {done: range(done) for done in range(1, 10)}
    assert folder.newest_state(frames)["done"] == 5
    folder.frame_path(4).write_bytes(folder.frame_path(4).read_bytes()[:-3])
    assert folder.newest_state(frames)["done"] == 4
    folder.frame_path(0).unlink()
    assert folder.newest_state(frames) is None


def test_the_journal_forgives_a_last_line_that_was_cut(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings())
    folder.log("start", model="ж")
    folder.log("painted", index=0)
    with (folder.path / "journal.jsonl").open("a") as journal:
        journal.write('{"event": "pain')
    assert [line["event"] for line in folder.journal()] == ["start", "painted"]
    assert folder.journal()[0]["model"] == "ж"


def test_two_processes_do_not_film_in_one_folder(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings())
    opens = f"from lib_anim.runs.folder import RunFolder\nRunFolder.open({str(folder.path)!r})"
    program = f"import sys; sys.path[:0] = {sys.path!r}\n{opens}"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "another process is filming here" in other.stderr
    folder.close()
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("begin", ["create", "open"])
def test_a_little_of_the_disk_is_kept_while_a_run_is_on(tmp_path, begin):
    folder = RunFolder.create(tmp_path, "film", settings())
    if begin == "open":
        folder.close()
        folder = RunFolder.open(folder.path)
    kept = folder.path / ".reserve"
    assert kept.stat().st_size == 256 * 1024
    folder.make_room()
    assert not kept.exists()
    folder.reserve()
    folder.close()
    assert not kept.exists()


def test_settings_are_on_disk_as_run(tmp_path):
    folder = RunFolder.create(tmp_path, "film", settings(seed=5, custom=1))
    written = json.loads((folder.path / "settings.json").read_text(encoding="utf-8"))
    assert written["seed"] == 5
    assert written["custom"] == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks the system which file a number is")
def test_frames_and_state_are_on_the_disk_before_the_journal_names_the_state(tmp_path, monkeypatch):
    folder, synced = RunFolder.create(tmp_path, "film", settings()), []
    real = os.fsync

    def fsync(number):
        synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        real(number)

    monkeypatch.setattr("os.fsync", fsync)
    monkeypatch.setattr(RunFolder, "log", lambda _, event, **said: synced.append((event, said)))
    for index in (3, 4):
        folder.write_frame(index, card((16, 8)))
    folder.write_state(2, {"done": 2, "painted": None, "memory": {}}, [3, 4])
    state = folder.states / "000000002.safetensors"
    frames = [folder.frame_path(3), folder.frame_path(4)]
    names = [*frames, state.with_name(f"{state.name}.part"), folder.frames, folder.states]
    assert synced == [*map(str, names), ("state", {"done": 2})]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS])
def test_a_file_system_that_knows_no_fsync_is_written_all_the_same(tmp_path, monkeypatch, number):
    folder = RunFolder.create(tmp_path, "film", settings())
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(number, "no")))
    folder.write_state(2, {"done": 2, "painted": None, "memory": {}})
    assert folder.spans_done() == 2
