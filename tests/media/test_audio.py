"""Sounds against what was put into them: beats, tempo, onsets, levels."""

import subprocess
from itertools import pairwise

import numpy as np
import pytest

from lib_anim.errors import VideoError
from lib_anim.media import audio
from lib_anim.media.audio import RATE, Sound
from lib_anim.media.encode import find_ffmpeg
from tests.helpers import clicks, tone, write_sound


def heard(samples):
    return Sound([np.asarray(samples, np.float32)])


def grid(bpm, first, seconds):
    return np.arange(first, seconds - 0.1, 60 / bpm)


def farthest(times, truth):
    """Seconds from any of either to the nearest of the other, at the most."""
    away = np.abs(np.asarray(times)[:, None] - truth)
    return max(away.min(axis=0).max(), away.min(axis=1).max())


@pytest.mark.parametrize(
    ("bpm", "first", "seconds"),
    [(60, 0.2, 20), (90, 0.37, 20), (120, 0.0, 6), (120, 1.61, 20), (174, 0.11, 20), (97.3, 0.5, 9)],
)
def test_clicks_are_beats(bpm, first, seconds):
    truth = grid(bpm, first, seconds)
    beats = heard(clicks(truth, seconds, RATE)).beats()
    assert farthest(beats.times, truth) < 0.008  # a frame of 24 a second is 0.042
    assert beats.bpm == pytest.approx(bpm, rel=0.005)


def test_a_tempo_that_changes_is_followed():
    truth = np.cumsum(60 / np.linspace(100, 116, 60))
    beats = heard(clicks(truth, truth[-1] + 0.5, RATE)).beats()
    assert farthest(beats.times, truth) < 0.012
    assert beats.bpm == pytest.approx(108, rel=0.02)


@pytest.mark.parametrize(("bpm", "every"), [(174, 1), (87, 2), (58, 3)])
def test_beats_can_be_counted_at_a_tempo_that_is_given(bpm, every):
    truth = grid(174, 0.4, 20)
    beats = heard(clicks(truth, 20, RATE)).beats(bpm)
    assert beats.bpm == bpm
    assert min(farthest(beats.times, truth[k::every]) for k in range(every)) < 0.012


def test_beats_go_on_through_a_pause_but_not_beyond_what_is_heard():
    truth = grid(120, 2.25, 28)
    played = truth[(truth < 10) | (truth > 14)]
    beats = heard(clicks(played, 40, RATE)).beats()
    assert farthest(beats.times, truth) < 0.02


def test_weak_hits_between_the_beats_do_not_count():
    truth = grid(100, 0.3, 20)
    beats = heard(clicks(truth, 20, RATE) + 0.2 * clicks(truth + 0.3, 20, RATE)).beats()
    assert farthest(beats.times, truth) < 0.012


@pytest.mark.parametrize(
    "samples", [np.zeros(RATE), tone(5, rate=RATE), clicks([1.0], 5, RATE), tone(10, rate=RATE) * np.hanning(10 * RATE), []]
)
def test_where_nothing_comes_again_there_are_no_beats(samples):
    assert heard(samples).beats() is None


@pytest.mark.parametrize("fps", [12, 24, 29.97, 240])
def test_an_onset_is_in_its_frame(fps):
    times = np.array([0.0, 0.81, 1.33, 2.51])
    strength = heard(clicks(times, 3, RATE)).onsets(np.arange(int(3 * fps) + 1) / fps)
    found = np.flatnonzero(strength > 0.05 * strength.max())
    assert len(found) == len(times)
    assert np.abs(found - np.round(times * fps)).max() <= max(1, 0.012 * fps)
    assert strength[found].min() > 0.8 * strength.max()


@pytest.mark.parametrize("fps", [12, 25, 29.97])
def test_levels_are_those_of_the_samples(fps):
    rng = np.random.default_rng(3)
    samples = rng.normal(0, 0.1, 4 * RATE) * np.repeat([1, 0.1, 0.5, 2], RATE)
    edges = np.arange(int(4 * fps) + 1) / fps
    truth = [np.sqrt(np.mean(samples[int(a * RATE) : int(b * RATE)] ** 2)) for a, b in pairwise(edges)]
    middle = np.abs((edges[:-1] + 0.5 / fps + 0.5) % 1 - 0.5) > 0.1  # a window looks 23 ms over the edge
    assert heard(samples).level(edges)[middle] == pytest.approx(np.array(truth)[middle], rel=0.08)


@pytest.mark.parametrize(
    ("low", "high", "level"),
    [(0, 11_025, 0.5), (400, 500, 0.5), (380, 3000, 0.5), (1000, 2000, 0.0), (20, 300, 0.0), (600, 640, 0.0)],
)
def test_a_band_has_what_lies_in_it(low, high, level):
    swell = np.hanning(6 * RATE)
    found = heard(tone(6, 440, RATE) * swell * 0.5**0.5).level(np.arange(6 * 24 + 1) / 24, low, high)
    truth = np.array([np.sqrt(np.mean(part**2)) for part in np.array_split(swell, 6 * 24)])
    assert found == pytest.approx(level * truth, abs=0.004)


@pytest.mark.parametrize("size", [1, 255, 1024, 5000])
def test_the_pieces_do_not_matter(size):
    samples = clicks([0.1, 0.4], 0.5, RATE).astype(np.float32)[:6000]
    edges = np.linspace(0, 0.3, 9)
    whole, parts = (Sound(np.split(samples, range(step, 6000, step))) for step in (6000, size))
    assert whole.seconds == parts.seconds == pytest.approx(6000 / RATE)
    assert np.array_equal(whole.level(edges), parts.level(edges))
    assert np.array_equal(whole.onsets(edges), parts.onsets(edges))


@pytest.mark.parametrize("samples", [[], np.zeros(3 * RATE), np.full(RATE, 1 / 32768)])
def test_silence(samples):
    one = heard(samples)
    edges = np.linspace(0, 3, 37)
    assert one.silent
    assert one.level(edges[1:-1]).max() < 1e-4


def test_after_its_end_a_sound_is_silent():
    assert heard(tone(1, rate=RATE)).level(np.array([0.5, 0.6, 1.1, 2.0])).tolist() == pytest.approx(
        [0.5**0.5, 0.64, 0], abs=0.06
    )


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "ogg", "flac", "mp4"])
def test_files_of_all_kinds_are_heard(tmp_path, suffix):
    truth = grid(120, 0.4, 8)
    left = clicks(truth, 8)
    write_sound(tmp_path / "stereo.wav", np.stack([left, np.zeros_like(left)], axis=1))
    path = tmp_path / f"ж {suffix} file.{suffix}"
    picture = ["-f", "lavfi", "-i", "color=size=16x16:rate=5:duration=8"] if suffix == "mp4" else []
    command = [find_ffmpeg(), "-v", "error", *picture, "-i", str(tmp_path / "stereo.wav"), str(path)]
    subprocess.run(command, check=True)
    one = Sound.read(path, 60)
    assert one.seconds == pytest.approx(8, abs=0.1)
    assert farthest(one.beats().times, truth) < 0.04


def test_only_so_much_of_a_file_is_heard(tmp_path, monkeypatch):
    write_sound(tmp_path / "tone.wav", tone(5))
    assert Sound.read(tmp_path / "tone.wav", 3).seconds == 3
    monkeypatch.setattr(audio, "MOST_S", 2.0)
    assert Sound.read(tmp_path / "tone.wav", 1e9).seconds == 2


def test_what_is_kept_of_an_hour_fits_into_memory():
    second = [np.zeros(RATE, np.float32)]
    kept = Sound(second * 10)._power.nbytes / 10
    assert kept * 3600 < 100e6


def test_a_file_is_heard_once_until_it_changes(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(audio, "read_sound", lambda path, *_: opened.append(path) or [np.ones(RATE, np.float32)])
    path = tmp_path / "tone.wav"
    for content in (b"1", b"1", b"22", b"22"):
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        Sound.read(path, 60)
    assert opened == [path, path]


@pytest.mark.parametrize(
    "content", [b"", b"la la la", b"RIFF\0\0\0\0WAVEjunk", b"\xff\xfb\x90\x00" * 3, b"#EXTM3U\nother.wav\n"]
)
def test_what_is_no_sound_is_empty(tmp_path, content):
    (tmp_path / "x.mp3").write_bytes(content)
    write_sound(tmp_path / "other.wav", tone(1))
    assert Sound.read(tmp_path / "x.mp3", 60).seconds == 0


def test_a_file_cut_off_is_heard_as_far_as_it_goes(tmp_path):
    write_sound(tmp_path / "whole.wav", tone(4))
    (tmp_path / "cut.wav").write_bytes((tmp_path / "whole.wav").read_bytes()[: 44_100 * 2])
    assert Sound.read(tmp_path / "cut.wav", 60).seconds == pytest.approx(1, abs=0.1)


def test_without_an_ffmpeg_or_a_file(tmp_path):
    write_sound(tmp_path / "tone.wav", tone(1))
    with pytest.raises(VideoError, match=r"cannot start .*nowhere"):
        Sound.read(tmp_path / "tone.wav", 60, "/nowhere/ffmpeg")
    with pytest.raises(FileNotFoundError):
        Sound.read(tmp_path / "none.wav", 60)
