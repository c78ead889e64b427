"""Signals: what formulas hear of a film's sound, at which frames, and what is said where there is nothing to hear."""

import json
import shutil

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.errors import SettingsError
from lib_anim.language.functions import SIGNALS
from lib_anim.media import audio, encode
from lib_anim.media.encode import find_ffmpeg
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from tests.helpers import clicks, problems_of, settings, tone, write_sound

BEATS = np.arange(0.4, 7.7, 60 / 174)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Knocks at 174 beats a minute from 0.4 s on, over a tone of 440 Hz that swells and falls; 8 s."""
    path = tmp_path_factory.mktemp("sound") / "song.wav"
    write_sound(path, clicks(BEATS, 8) + 0.1 * np.hanning(8 * 44_100) * tone(8))
    return str(path)


def values(formula, path="", **changes):
    """One value a frame of a formula."""
    made = make_plan(settings(angle=f"0:({formula})", soundtrack_path=path, **{"max_frames": 96, "fps": 12, **changes}))
    return np.asarray(made.columns["angle"])


@pytest.mark.parametrize("fps", [12, 24, 29.97, 15, 3])
def test_beat_is_1_on_the_frames_of_beats_and_falls_to_the_next(song, fps):
    n_frames = int(8 * fps)
    beat = values("beat", song, fps=fps, max_frames=n_frames)
    phase = values("beat_phase", song, fps=fps, max_frames=n_frames)
    frames = np.flatnonzero(beat == 1)
    truth = np.unique(np.round(BEATS * fps))
    assert len(frames) == pytest.approx(len(truth), abs=n_frames / fps * 0.1)
    assert np.abs(frames[:, None] - truth).min(axis=1).max() <= 1
    assert beat[: frames[0]].max(initial=0) == 0
    for first, stop in zip(frames, [*frames[1:], None], strict=True):
        assert (np.diff(beat[first:stop]) <= 0).all()
    inside = np.arange(frames[0], frames[-1])
    assert beat[inside] == pytest.approx((1 - phase[inside]) ** 2)
    assert (phase[frames] == 0).all()
    assert phase.min() >= 0
    assert phase.max() < 1


@pytest.mark.parametrize("formula", ["beat", "beat_phase", "onset", "rms", "band(300, 600)"])
def test_formulas_hear_the_sound_from_where_it_begins(song, formula):
    whole = values(formula, song)
    later, earlier = values(formula, song, soundtrack_start=2, max_frames=60), values(formula, song, soundtrack_start=-2)
    scale = max(whole[24:84].max() / later.max(), 1e-9)  # levels are normalised over each film
    assert later * scale == pytest.approx(whole[24:84], abs=0.06)
    assert (earlier[:23] == 0).all() or "beat" in formula  # beats have a tempo before the first
    assert earlier[24:] == pytest.approx(whole[:72] * max(earlier.max(), 1e-9) / whole[:72].max(), abs=0.06)


def test_the_tempo_is_heard_or_given(song):
    assert values("bpm", song) == pytest.approx(np.full(96, 174), rel=0.005)
    assert values("bpm", song, bpm=87).tolist() == [87] * 96
    assert (values("beat", song, bpm=87) == 1).sum() == pytest.approx(len(BEATS) / 2, abs=1)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("bpm", [150] * 8),
        ("beat_phase", [0, 0.2, 0.4, 0.6, 0.8, 0, 0.2, 0.4]),
        ("beat", [1, 0.64, 0.36, 0.16, 0.04, 1, 0.64, 0.36]),
        ("beat()", [1, 0.64, 0.36, 0.16, 0.04, 1, 0.64, 0.36]),
    ],
)
def test_a_tempo_needs_no_sound(formula, expected):
    assert values(formula, bpm=150, fps=12.5, max_frames=8) == pytest.approx(expected)


def test_beats_faster_than_frames(song):
    assert values("beat", bpm=400, fps=2, max_frames=5).tolist() == [1] * 5
    assert (values("beat", song, bpm=400, fps=5, max_frames=35)[3:] == 1).all()


def test_a_tempo_too_slow_is_told_once(song):
    for path in ("", song):
        with pytest.raises(SettingsError) as caught:
            values("beat + beat_phase", path, bpm=0.001, zoom="0:(1+beat)")
        assert problems_of(caught) == ["bpm: 0.001 beats a minute are too few; write 20 or more, or 0 to listen to the sound"]


def test_formulas_that_stand_outside_the_film(song):
    assert values("rms), -9:(rms), 200:(beat", song)[:90].tolist() == values("rms", song)[:90].tolist()


def test_levels_are_0_to_1_over_the_film(song):
    rms, onset = values("rms", song), values("onset", song)
    for level in (rms, onset):
        assert level.min() >= 0
        assert level.max() == 1
    hit = np.unique(np.round(BEATS * 12)).astype(int)
    assert np.median(onset[hit]) > 0.8
    assert onset[:4].max() < 0.05


def test_a_band_follows_the_swell_of_a_tone_and_another_hears_nothing(tmp_path):
    swell = np.hanning(8 * 44_100)
    write_sound(tmp_path / "tone.wav", 0.3 * tone(8, 440) * swell)
    path, truth = str(tmp_path / "tone.wav"), np.array([part.mean() for part in np.array_split(swell, 96)])
    assert values("band(400, 500)", path) == pytest.approx(np.minimum(truth / 0.97, 1), abs=0.03)
    assert values("band(1000, 2000)", path).max() < 0.01
    assert values("band(400, 100000)", path) == pytest.approx(values("rms", path), abs=0.01)
    assert values("band(0, 100000)", path) == pytest.approx(values("rms", path), rel=1e-4)


def test_a_quiet_film_is_as_lively_as_a_loud_one(tmp_path):
    for name, loudness in (("loud.wav", 1.0), ("quiet.wav", 0.01)):
        write_sound(tmp_path / name, loudness * clicks(BEATS, 8))
    for formula in ("rms", "onset", "band(500, 2000)", "beat"):
        loud, quiet = (values(formula, str(tmp_path / name)) for name in ("loud.wav", "quiet.wav"))
        assert quiet == pytest.approx(loud, abs=0.05), formula


def test_a_film_longer_than_its_sound(song):
    for formula in ("rms", "onset", "beat", "band(300, 600)"):
        assert values(formula, song, max_frames=300)[110:].max() == 0, formula
    assert values("beat_phase", song, max_frames=300)[200:].std() > 0.2


def test_the_silent_beginning_of_a_sound_is_silent(tmp_path):
    write_sound(tmp_path / "late.wav", clicks([5, 5.5, 6, 6.5, 7], 8))
    assert values("rms + onset + band(100, 900) + beat", str(tmp_path / "late.wav"), max_frames=24).tolist() == [0] * 24


@pytest.mark.parametrize("name", SIGNALS)
def test_parts_and_keys_have_the_numbers_of_the_whole(song, name):
    formula = "band(300, 3000)" if name == "band" else name
    more = {"soundtrack_path": song, "max_frames": 60, "fps": 12}
    whole = make_plan(settings(angle=f"0:({formula})", **more)).columns["angle"]
    part = make_plan(settings(angle=f"0:(0), 31:({formula})", **more), (20, 50)).columns["angle"]
    assert part[31:].tolist() == whole[31:].tolist()


def test_a_run_gone_on_with_hears_the_same(song, tmp_path):
    shutil.copy(song, tmp_path)
    (tmp_path / "film.json").write_text(json.dumps({"angle": "0:(beat + onset)", "soundtrack_path": "song.wav", "seed": 1}))
    film = settings_file.load(tmp_path / "film.json")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "settings.json").write_text(settings_file.dumps(film))
    audio._read.cache_clear()
    again = make_plan(settings_file.load(tmp_path / "out" / "settings.json"))
    assert again.columns["angle"].tolist() == make_plan(film).columns["angle"].tolist()
    assert again.columns["angle"].max() > 1


def test_prompts_hear_too(song):
    made = make_plan(settings(prompts={"0": "(red:`round(0.5 + beat/2, 2)`)"}, soundtrack_path=song, fps=12, max_frames=9))
    texts = [prompt.positives[0][0] for prompt in made.columns["prompts"]]
    assert texts[:4] == ["(red:0.5)"] * 4
    assert "(red:1)" in texts


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("1 + beat", "column 8: beat needs a sound: soundtrack_path is empty; choose a sound file, or set bpm"),
        ("beat_phase", "column 4: beat_phase needs a sound: soundtrack_path is empty; choose a sound file, or set bpm"),
        ("bpm", "column 4: bpm needs a sound: soundtrack_path is empty; choose a sound file, or set bpm"),
        ("onset", "column 4: onset needs a sound: soundtrack_path is empty; choose a sound file"),
        ("rms", "column 4: rms needs a sound: soundtrack_path is empty; choose a sound file"),
        ("2*band(20, 90)", "column 6: band needs a sound: soundtrack_path is empty; choose a sound file"),
        ("band", "column 4: 'band' is a function; write band(low, high)"),
        ("band(20)", "column 4: band cannot take 1 values; write band(low, high)"),
        ("rms(20, 90)", "column 4: rms cannot take 2 values; write rms"),
        ("band(20, t)", "column 4: band takes numbers that do not change with t; write band(low, high)"),
        ("baet", "column 4: unknown name 'baet'; did you mean 'beat'?"),
        ("bond(1, 2)", "column 4: unknown function 'bond'; did you mean 'band'?"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(formula, line):
    with pytest.raises(SettingsError) as caught:
        values(formula)
    assert problems_of(caught) == [f"angle, keyframe 0, {line}"]


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("band(90, 20)", "column 4: there is nothing between 90 and 20 Hz; write band(low, high), low the smaller"),
        ("band(-5, 20)", "column 4: there is nothing between -5 and 20 Hz; write band(low, high), low the smaller"),
        ("band(0/0, 20)", "column 4: there is nothing between nan and 20 Hz; write band(low, high), low the smaller"),
        ("band(12000, 15000)", "column 4: nothing is heard above 11025 Hz; write band(low, high), both below it"),
    ],
)
def test_bands_that_are_none(song, formula, line):
    with pytest.raises(SettingsError) as caught:
        values(formula, song)
    assert problems_of(caught) == [f"angle, keyframe 0, {line}"]


def test_a_sound_without_a_beat(tmp_path):
    write_sound(tmp_path / "tone.wav", tone(8))
    with pytest.raises(SettingsError) as caught:
        values("beat", str(tmp_path / "tone.wav"))
    assert problems_of(caught) == ["angle, keyframe 0, column 4: beat: no beat is heard in tone.wav; set bpm"]
    assert (values("beat", str(tmp_path / "tone.wav"), bpm=60) == 1).sum() == 8


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("none.mp3", None, "none.mp3: there is no such file; write the path of a sound file"),
        ("", None, "a folder, not a file; write the path of a sound file"),
        ("text.mp3", b"la la la", "text.mp3: there is no sound in it; MP3, WAV, M4A, OGG and FLAC have some"),
        ("empty.wav", np.zeros(0), "empty.wav: there is no sound in it; MP3, WAV, M4A, OGG and FLAC have some"),
        ("still.wav", np.zeros(3 * 44_100), "still.wav: nothing but silence in its first 3 s; choose another sound file"),
    ],
)
def test_a_sound_that_is_none_is_told_once_with_all_else(tmp_path, capsys, name, content, line):
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content is not None:
        write_sound(tmp_path / name, content)
    film = {"soundtrack_path": str(tmp_path / name), "angle": "0:(beat)", "zoom": "0:(1+rms)", "fov_schedule": "0:(tt)"}
    (tmp_path / "film.json").write_text(json.dumps({**film, "prompts": {"0": "`onset`"}}))
    assert main(["check", str(tmp_path / "film.json")]) == 2
    told = [one for one in capsys.readouterr().err.splitlines() if "note:" not in one]
    assert sorted("soundtrack_path" in one for one in told) == [False, True]
    assert next(one for one in told if "soundtrack_path" in one).endswith(line)


def test_a_sound_from_the_web_is_not_fetched():
    with pytest.raises(SettingsError) as caught:
        values("beat", "https://host/a.mp3")
    assert problems_of(caught) == [
        "soundtrack_path: a web address; nothing is downloaded; write the path of a sound file, or allow it: --fetch"
    ]


def test_without_an_ffmpeg_it_is_said(song):
    with pytest.raises(SettingsError) as caught:
        make_plan(settings(angle="0:(rms)", soundtrack_path=song), ffmpeg="/nowhere/ffmpeg")
    assert problems_of(caught)[0].startswith("soundtrack_path: cannot start /nowhere/ffmpeg")
    assert make_plan(settings(angle="0:(rms)", soundtrack_path=song), ffmpeg=find_ffmpeg())


def test_a_sound_is_decoded_only_for_formulas_and_only_once(song, monkeypatch):
    started, popen = [], encode.subprocess.Popen
    monkeypatch.setattr(encode.subprocess, "Popen", lambda *args, **more: started.append(args) or popen(*args, **more))
    audio._read.cache_clear()
    values("t", song)
    assert started == []
    for formula in ("beat + rms", "onset", "band(20, 100)"):
        values(formula, song, max_frames=100)
    assert len(started) == 1


@pytest.mark.parametrize(
    ("zoom", "fps", "told"), [("0:(1 + 0.1*rms)", 1, True), ("0:(1 + 0.1*rms)", 2, False), ("0:(1.01)", 1, False)]
)
def test_a_film_longer_than_what_is_heard_is_remarked_on(song, zoom, fps, told):
    made = make_plan(settings(zoom=zoom, soundtrack_path=song, max_frames=3700, fps=fps))
    remark = "formulas hear the first 60 minutes of song.wav; what follows is silence to them"
    assert (remark in made.notes) == told
