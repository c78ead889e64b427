"""A damaged run folder, as by a loss of power: it ends in the same film to the byte, or in one clear sentence."""

import contextlib
import json
import os
import re
import shutil

import pytest

from lib_anim.cli import main
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.preview import Passthrough
from lib_anim.runs import journal
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.resume import log_start
from tests.helpers import shot

# what features remember decides on the pictures, so a state that is not the right one shows
FILM = {"max_frames": 12, "diffusion_cadence": 2, "color_coherence": "LAB", "noise_schedule": "0:(0.1)", "zoom": "0:(1.03)"}
SPANS = 4  # that were filmed before the power went: states 3 and 4, frames 0 to 6
NEWEST, BEFORE = "state/000000004.safetensors", "state/000000003.safetensors"
FIRST, LAST = "frames/000000000.png", "frames/000000006.png"


class Power(Exception):
    pass


class Dying(Passthrough):
    """Paints as many pictures as it is told."""

    def __init__(self, alive):
        self.alive = alive

    def paint(self, request):
        self.alive -= 1
        if self.alive < 0:
            raise Power
        return super().paint(request)


def filmed(out, alive):
    """A run by the command line's own ways, that its engine survives for so many pictures."""
    made = shot(**FILM)
    folder = RunFolder.create(out, "film", made.plan.settings)
    log_start(folder, EngineSpec("passthrough"), made.plan.frames, settings=made.plan.settings)
    with contextlib.suppress(Power):
        film(made, Dying(alive), folder)
    folder.close()
    return folder.path


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """(the whole film's frames, the folder of the run that lost its power)."""
    out = tmp_path_factory.mktemp("runs")
    whole = filmed(out / "whole", 99)
    return pictures(whole), filmed(out / "broken", SPANS)


def pictures(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "frames").glob("*.png"))}


# -- kinds of damage ----------------------------------------------------------------------------------------------------


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def emptied(path):
    path.write_bytes(b"")


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def flipped_at(share):
    def flipped(path):
        data = bytearray(path.read_bytes())
        data[int(len(data) * share)] ^= 0x10
        path.write_bytes(data)

    return flipped


flipped, flipped_early = flipped_at(0.6), flipped_at(0.0)


def gone(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def folder_instead(path):
    path.unlink()
    path.mkdir()


def appended(data):
    def append(path):
        path.write_bytes((path.read_bytes() if path.exists() else b"") + data)

    return append


def zero_tail(path):
    data = path.read_bytes()
    path.write_bytes(data[:-90] + bytes(90))


def torn(path):
    path.write_bytes(path.read_bytes()[:-30])


def torn_letter(path):
    path.write_bytes(path.read_bytes() + '{"event": "painted", "note": "ж'.encode()[:-1])


def without(event):
    def drop(path):
        lines = [line for line in path.read_text().splitlines() if json.loads(line)["event"] != event]
        path.write_text("".join(line + "\n" for line in lines))

    return drop


def other(pattern, instead):
    """A few bytes that became others, so that the file is still one of its kind."""

    def change(path):
        text, count = re.subn(pattern, instead, path.read_text(encoding="utf-8"), count=1)
        assert count
        path.write_text(text, encoding="utf-8")

    return change


def of_the_one_before(path):
    path.write_bytes((path.parent.parent / BEFORE).read_bytes())


SAME, NOTHING_SAID = "the same film", ""
NOT_WHOLE = "not whole"
ASKED = "does not say what painted it"

DAMAGES = [
    # kind, file, how it ends, what is said
    (cut, NEWEST, SAME, NOT_WHOLE),
    (emptied, NEWEST, SAME, NOT_WHOLE),
    (zeroed, NEWEST, SAME, NOT_WHOLE),
    (flipped, NEWEST, SAME, NOT_WHOLE),
    (flipped_early, NEWEST, SAME, NOT_WHOLE),
    (other("$", "x"), "summary.json", SAME, NOTHING_SAID),
    (gone, NEWEST, SAME, "gone"),
    (folder_instead, NEWEST, SAME, NOT_WHOLE),
    (of_the_one_before, NEWEST, SAME, NOT_WHOLE),
    (cut, "state/*", SAME, NOT_WHOLE),
    (emptied, "state/*", SAME, NOT_WHOLE),
    (zeroed, "state/*", SAME, NOT_WHOLE),
    (gone, "state", SAME, "gone"),
    (appended(b"x"), "state/notes.safetensors", SAME, "not a state of a run"),
    (appended(b"x"), "state/000000004 (1).safetensors", SAME, "not a state of a run"),
    (appended(b"x"), "state/000000005.safetensors.part", SAME, NOTHING_SAID),
    (appended(b"x"), "state/Thumbs.db", SAME, NOTHING_SAID),
    (cut, LAST, SAME, NOT_WHOLE),
    (emptied, LAST, SAME, NOT_WHOLE),
    (zeroed, LAST, SAME, NOT_WHOLE),
    (flipped, LAST, SAME, NOT_WHOLE),
    (gone, LAST, SAME, "gone"),
    (folder_instead, LAST, SAME, NOT_WHOLE),
    (flipped, FIRST, SAME, NOT_WHOLE),
    (gone, "frames", SAME, "gone"),
    (appended(b"x"), "frames/notes.png", SAME, NOTHING_SAID),
    (torn, "journal.jsonl", SAME, NOT_WHOLE),
    (torn_letter, "journal.jsonl", SAME, NOT_WHOLE),
    (zero_tail, "journal.jsonl", SAME, NOT_WHOLE),
    (appended(b"\n\n"), "journal.jsonl", SAME, NOTHING_SAID),
    (other("painted", "pain\ufffded"), "journal.jsonl", SAME, NOT_WHOLE),
    (emptied, "journal.jsonl", ASKED, ASKED),
    (gone, "journal.jsonl", ASKED, ASKED),
    (zeroed, "journal.jsonl", ASKED, ASKED),
    (flipped_early, "journal.jsonl", ASKED, ASKED),
    (without("start"), "journal.jsonl", ASKED, ASKED),
    (other('"passthrough"', '"passthroufh"'), "journal.jsonl", ASKED, ASKED),
    (other(r"\[0, 12\]", "[0, 10]"), "journal.jsonl", ASKED, ASKED),
    (folder_instead, "journal.jsonl", "journal.jsonl: not a file", "not a file"),
    (cut, "settings.json", SAME, NOT_WHOLE),
    (emptied, "settings.json", SAME, NOT_WHOLE),
    (zeroed, "settings.json", SAME, NOT_WHOLE),
    (gone, "settings.json", SAME, "gone"),
    (other('"seed": 7', '"seed": 3'), "settings.json", "seed", "seed is 3, and the run was left with 7"),
    (other('"W"', '"w'), "settings.json", SAME, NOT_WHOLE),
    (emptied, "summary.json", SAME, NOTHING_SAID),
    (zeroed, "summary.json", SAME, NOTHING_SAID),
    (gone, "summary.json", SAME, NOTHING_SAID),
    (other(r"(?s).*", "[1]"), "summary.json", SAME, NOTHING_SAID),
    (emptied, "film.mp4", SAME, NOTHING_SAID),
    (cut, "film.mp4", SAME, NOTHING_SAID),
    (gone, "film.mp4", SAME, NOTHING_SAID),
    (appended(b"x"), ".reserve", SAME, NOTHING_SAID),
    (appended(b"x"), "settings.json.part", SAME, NOTHING_SAID),
]


def damaged(run, out, kind, name):
    """A copy of a run, in the folder that is to be gone on with, with one thing damaged."""
    folder = out / "film"
    shutil.copytree(run, folder)
    for path in [*folder.glob(name)] or [folder / name]:
        kind(path)
    return folder


def resumed(capsys, folder, *arguments):
    """(exit status, what is said, a line each) of going on with a run."""
    status = main(["run", "--resume", str(folder), "--no-video", *arguments])
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anim: ")]
    return status, [line for line in lines if " frames in " not in line]


@pytest.mark.parametrize(("kind", "name", "end", "said"), DAMAGES, ids=lambda one: getattr(one, "__name__", None))
def test_a_damage_ends_in_the_same_film_or_in_one_sentence(template, tmp_path, capsys, kind, name, end, said):
    whole, broken = template
    folder = damaged(broken, tmp_path, kind, name)
    status, lines = resumed(capsys, folder)
    assert not any("should not have happened" in line for line in lines), lines
    assert any(said in line for line in lines) if said else not lines, lines
    if end is SAME:
        assert status == 0, lines
        assert pictures(folder).items() >= whole.items()
        assert resumed(capsys, folder)[0] == 0  # what was mended stays mended
    else:
        assert (status, len(lines)) == (2, 1)
        assert end in lines[0]
        assert pictures(folder) == {name: data for name, data in whole.items() if name in pictures(broken)}


def test_what_was_asked_for_is_answered_and_known_from_then_on(template, tmp_path, capsys):
    whole, broken = template
    folder = damaged(broken, tmp_path, emptied, "journal.jsonl")
    assert resumed(capsys, folder)[0] == 2
    assert resumed(capsys, folder, "--engine", "passthrough")[0] == 0
    assert pictures(folder) == whole
    (folder / LAST).unlink()
    assert resumed(capsys, folder)[0] == 0
    assert pictures(folder) == whole


def test_a_part_of_a_film_is_not_taken_for_all_of_it(template, tmp_path, capsys):
    """The journal alone says which part; the summary, how many frames that is."""
    _, broken = template
    folder = damaged(broken, tmp_path, emptied, "journal.jsonl")
    other('"of": 12', '"of": 9')(folder / "summary.json")
    status, lines = resumed(capsys, folder, "--engine", "passthrough")
    assert status == 2
    assert "9 frames" in lines[0]
    assert "--frames" in lines[0]
    assert resumed(capsys, folder, "--engine", "passthrough", "--frames", "0:9")[0] == 0


def test_settings_changed_by_hand_are_taken_when_they_are_named(template, tmp_path, capsys):
    _, broken = template
    folder = damaged(broken, tmp_path, other('"seed": 7', '"seed": 3'), "settings.json")
    assert resumed(capsys, folder)[0] == 2
    assert main(["run", str(folder / "settings.json"), "--resume", str(folder), "--no-video"]) == 0
    assert json.loads((folder / "settings.json").read_text())["seed"] == 3
    capsys.readouterr()
    assert resumed(capsys, folder) == (0, [])


def test_what_is_not_whole_is_kept_aside(template, tmp_path, capsys):
    _, broken = template
    folder = damaged(broken, tmp_path, flipped, NEWEST)
    before = (folder / NEWEST).read_bytes()
    resumed(capsys, folder)
    assert (folder / "damaged" / "000000004.safetensors").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="needs a device that is full")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".reserve", 2),
        ("settings.json.part", 2),
        ("summary.json.part", 2),
        ("frames/000000007.png.part", 1),
        ("frames/000000008.png.part", 1),
        ("state/000000005.safetensors.part", 1),
    ],
)
def test_a_full_disk_is_one_sentence_and_then_it_goes_on(template, tmp_path, capsys, name, expected):
    whole, broken = template
    folder = damaged(broken, tmp_path, lambda path: path.symlink_to("/dev/full"), name)
    status, lines = resumed(capsys, folder)
    assert (status, lines) == (expected, [f"anim: {folder}: cannot be written: No space left on device"])
    (folder / name).unlink(missing_ok=True)
    assert resumed(capsys, folder) == (0, [])
    assert pictures(folder) == whole


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that is not writable")
def test_a_folder_that_cannot_be_written_is_one_sentence(template, tmp_path, capsys):
    _, broken = template
    folder = damaged(broken, tmp_path, lambda path: path.chmod(0o500), ".")
    try:
        assert resumed(capsys, folder) == (2, [f"anim: {folder}: cannot be written: Permission denied"])
    finally:
        folder.chmod(0o700)


def test_a_journal_that_a_full_disk_tore_is_written_on_and_read(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal.append(path, {"event": "start", "model": "ж\u2028"})
    torn(path)
    journal.append(path, {"event": "end", "error": None})
    journal.append(path, {"event": "resume"}, durable=True)
    assert journal.read(path) == ([{"event": "end", "error": None}, {"event": "resume"}], 1)


def test_a_run_of_an_edition_without_checksums_goes_on(template, tmp_path, capsys):
    """States, journal and settings as they were written before there were checksums and signatures."""
    whole, broken = template
    folder = damaged(broken, tmp_path, without("state"), "journal.jsonl")
    for path in folder.glob("state/*"):
        path.write_bytes(_without_checksum(path.read_bytes()))
    start = {"event": "start", "time": 1.0, "engine": "passthrough", "url": None, "model": None, "frames": [0, 12]}
    (folder / "journal.jsonl").write_text(json.dumps(start) + "\n")
    assert resumed(capsys, folder) == (0, [])
    assert pictures(folder) == whole


def _without_checksum(data):
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]["sha256"]
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + data[8 + length :]
