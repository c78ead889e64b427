"""Video with a real ffmpeg: what goes in comes out, and nothing is left running."""

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from lib_anim.errors import VideoError
from lib_anim.images.test_card import test_card as card
from lib_anim.media.encode import VideoWriter, find_ffmpeg

SIZE = (96, 64)


def frames_of(path):
    """The video's frames, RGB, through another reader."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def ffmpeg_says(path):
    return subprocess.run([find_ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, check=False).stderr.decode()


@pytest.mark.parametrize("fps", [12, 23.976, 60])
def test_frames_come_out_as_they_went_in(tmp_path, fps):
    path = tmp_path / "кино 映画.mp4"
    with VideoWriter(path, SIZE, fps, crf=4) as video:
        for k in range(9):
            frame = card(SIZE)
            frame[:8] = k * 25
            video.write(frame)
    frames = frames_of(path)
    assert len(frames) == 9
    assert [round(frame[2:6].mean() / 25) for frame in frames] == list(range(9))
    assert np.abs(frames[4][16:].astype(int) - card(SIZE)[16:]).mean() < 9  # some readers take BT.601
    assert f"{fps:g}" in ffmpeg_says(path).replace("23.98", "23.976")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_colours_are_bt709_and_say_so(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", SIZE, 12, crf=2) as video:
        for _ in range(3):
            video.write(np.full((64, 96, 3), (200, 60, 30), np.uint8))
    decode = ["-vf", "scale=in_color_matrix=bt709", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    command = [find_ffmpeg(), "-loglevel", "error", "-i", str(tmp_path / "v.mp4"), *decode]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    assert np.frombuffer(raw, np.uint8).reshape(-1, 3).mean(0) == pytest.approx((200, 60, 30), abs=2.5)
    assert "bt709" in ffmpeg_says(tmp_path / "v.mp4")


def test_the_finished_file_has_its_index_in_front(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", SIZE, 12) as video:
        for _ in range(30):
            video.write(card(SIZE))
    data = (tmp_path / "v.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


@pytest.mark.parametrize("written", [8, 60])
def test_the_growing_file_plays_and_lacks_four_frames_at_the_most(tmp_path, written):
    path = tmp_path / "v.mp4"
    with VideoWriter(path, SIZE, 12) as video:
        for k in range(written):
            video.write(np.roll(card(SIZE), k, 1))
        for _ in range(100):
            if path.exists() and len(frames_of(path)) >= written - 4:
                break
            time.sleep(0.1)
        assert len(frames_of(path)) >= written - 4
    assert len(frames_of(path)) == written


def test_a_killed_process_leaves_a_film_that_plays(tmp_path):
    program = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from lib_anim.images.test_card import test_card
from lib_anim.media.encode import VideoWriter
video = VideoWriter({str(tmp_path / "v.mp4")!r}, {SIZE}, 12)
for _ in range(40):
    video.write(test_card({SIZE}))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    for _ in range(100):
        if len(frames_of(tmp_path / "v.mp4")) == 40:
            break
        time.sleep(0.1)
    assert len(frames_of(tmp_path / "v.mp4")) == 40


def test_odd_sizes_are_padded(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", (33, 17), 12) as video:
        video.write(np.zeros((17, 33, 3), np.uint8))
    assert frames_of(tmp_path / "v.mp4")[0].shape == (18, 34, 3)


def test_frames_that_are_not_contiguous_are_written_right(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", SIZE, 12, crf=4) as video:
        video.write(card(SIZE)[:, ::-1])
    assert np.abs(frames_of(tmp_path / "v.mp4")[0].astype(int) - card(SIZE)[:, ::-1]).mean() < 9  # some readers take BT.601


def test_no_frames_no_file(tmp_path):
    VideoWriter(tmp_path / "v.mp4", SIZE, 12).close()
    assert not list(tmp_path.iterdir())


def test_a_frame_of_another_size_is_refused(tmp_path):
    with (
        VideoWriter(tmp_path / "v.mp4", SIZE, 12) as video,
        pytest.raises(ValueError, match="expected 96x64 pixels, got 64x96"),
    ):
        video.write(np.zeros((96, 64, 3), np.uint8))


def test_failure_brings_ffmpegs_words_and_the_command(tmp_path):
    def film():
        with VideoWriter(tmp_path / "none" / "v.mp4", SIZE, 12) as video:
            for _ in range(1000):
                video.write(card(SIZE))

    with pytest.raises(VideoError) as error:
        film()
    assert "No such file or directory" in str(error.value)
    assert "libx264" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("refusals", "done"), [(2, True), (10**6, False)])
def test_a_film_that_somebody_reads_is_waited_for(tmp_path, monkeypatch, refusals, done):
    replace, asked = Path.replace, []

    def refuse(path, target):
        asked.append(path)
        if len(asked) <= refusals:
            raise PermissionError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr("lib_anim.media.encode.PATIENCE_S", 0.5)
    video = VideoWriter(tmp_path / "v.mp4", SIZE, 12)
    video.write(card(SIZE))
    if done:
        video.close()
    else:
        with pytest.raises(VideoError, match="cannot be replaced: Permission denied; close what plays it"):
            video.close()
    assert 2 < len(asked) < 10
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]
    assert len(frames_of(tmp_path / "v.mp4")) == 1


def test_nothing_is_left_running(tmp_path):
    before = _children()
    for _ in range(3):
        with VideoWriter(tmp_path / "v.mp4", SIZE, 12) as video:
            video.write(card(SIZE))
    with pytest.raises(ValueError, match="a frame is"), VideoWriter(tmp_path / "w.mp4", SIZE, 12) as video:
        video.write(card(SIZE).astype(float))
    assert _children() <= before


def _children():
    psutil = pytest.importorskip("psutil")
    return {child.pid for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE}


def test_which_ffmpeg(monkeypatch):
    monkeypatch.delenv("ANIM_FFMPEG", raising=False)
    assert "ffmpeg" in find_ffmpeg()
    assert find_ffmpeg("/my/ffmpeg") == "/my/ffmpeg"
    monkeypatch.setenv("ANIM_FFMPEG", "/env/ffmpeg")
    assert find_ffmpeg() == "/env/ffmpeg"
    assert find_ffmpeg("/my/ffmpeg") == "/my/ffmpeg"
    monkeypatch.delenv("ANIM_FFMPEG")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(VideoError, match="pip install imageio-ffmpeg"):
        find_ffmpeg()


def test_an_ffmpeg_that_is_none(tmp_path):
    with pytest.raises(VideoError, match="cannot start /none/ffmpeg"):
        VideoWriter(tmp_path / "v.mp4", SIZE, 12, ffmpeg="/none/ffmpeg")
