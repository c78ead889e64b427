"""A film that is filmed backwards, on disk: resumed at any place it is the same film, and its video plays forwards."""

import cv2
import numpy as np
import pytest

from lib_anim.media.sound import read_sound
from lib_anim.runs.control import Control, Stopped
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.report import report
from tests.helpers import Dies, Mortal, Painter, noisy, settings, shot, tone, write_sound
from tests.runs.test_film import FILM, pictures

BACKWARDS = {**FILM, "reverse": True}


def grey(request):
    """A picture as bright as its number in the film says."""
    width, height = request.size
    return np.full((height, width, 3), 20 + 10 * request.index, np.uint8)


def shown(folder):
    """The numbers of the video's frames, by their brightness."""
    video, found = cv2.VideoCapture(str(folder.video)), []
    while (read := video.read())[0]:
        found.append(round((float(read[1].mean()) - 20) / 10))
    return found


def filmed(tmp_path, name, engine, control=None, **changes):
    made = shot(**{**BACKWARDS, **changes})
    folder = RunFolder.create(tmp_path, name, made.plan.settings)
    try:
        film(made, engine, folder, control=control)
    finally:
        folder.close()
    return folder


ROWS = {
    "plain": {},
    "cadence": {"diffusion_cadence": 3},
    "a loop": {"diffusion_cadence": 4, "loop": True},
    "flow": {"diffusion_cadence": 3, "optical_flow_cadence": "DIS Fast"},
    "scenes": {"governor_schedule": "0:(1)", "color_coherence_reference": "scene", "prompts": {"0": "a", "5": "b"}},
}


@pytest.mark.parametrize("changes", ROWS.values(), ids=ROWS)
def test_dead_after_any_picture_and_resumed_it_is_the_same_film(tmp_path, changes):
    whole = filmed(tmp_path, "whole", Painter(noisy), **changes)
    n_spans = len(shot(**{**BACKWARDS, **changes}).plan.spans)
    assert len(pictures(whole)) == 11
    for alive in range(n_spans):
        mortal = Mortal(alive)
        with pytest.raises(Dies):
            filmed(tmp_path, f"dies_{alive}", mortal, **changes)
        folder = RunFolder.open(tmp_path / f"dies_{alive}")
        again = Painter(noisy)
        film(shot(**{**BACKWARDS, **changes}), again, folder)
        folder.close()
        calls = [request.index for request in mortal.requests]
        assert calls == sorted(calls, reverse=True)
        assert pictures(folder) == pictures(whole), alive
        assert len(again.requests) == n_spans - alive  # at most one call is lost


def test_a_damaged_frame_is_painted_again_with_all_that_is_filmed_after_it(tmp_path):
    whole = filmed(tmp_path, "whole", Painter(noisy))
    expected = pictures(whole)
    whole.frame_path(4).write_bytes(b"no picture")
    (whole.states / "000000011.safetensors").unlink()
    folder, again = RunFolder.open(whole.path), Painter(noisy)
    film(shot(**BACKWARDS), again, folder)
    folder.close()
    assert pictures(folder) == expected
    assert [one.index for one in again.requests][-5:] == [4, 3, 2, 1, 0]


def test_the_video_plays_forwards(tmp_path):
    folder = filmed(tmp_path, "film", Painter(grey), zoom="0:(1)", color_coherence="None", noise_schedule=0)
    assert shown(folder) == list(range(11))
    assert len(report(folder).curves.frames) == 11


def test_stopped_its_video_has_the_end_of_the_film_with_the_sound_of_those_frames(tmp_path):
    seconds = np.concatenate([tone(1.0, 200.0), tone(1.0, 3000.0)])
    write_sound(tmp_path / "two.wav", 0.7 * seconds)
    control = Control()

    def paint(request):
        if request.index == 6:
            control.stop()
        return grey(request)

    changes = {"max_frames": 20, "fps": 10, "add_soundtrack": "File", "soundtrack_path": str(tmp_path / "two.wav")}
    changes |= {"zoom": "0:(1)", "color_coherence": "None", "noise_schedule": 0}
    with pytest.raises(Stopped):
        filmed(tmp_path, "film", Painter(paint), control, **changes)
    folder = RunFolder.open(tmp_path / "film")
    folder.close()
    assert shown(folder) == list(range(6, 20))
    sound = np.concatenate(list(read_sound(folder.video, 16_000, 2.0)))
    low = [np.argmax(np.abs(np.fft.rfft(part))) * 16_000 / len(part) for part in (sound[800:5600], sound[8000:16_000])]
    assert low == [pytest.approx(200, abs=20), pytest.approx(3000, abs=20)]  # 0.4 s of the first tone, then the second


def test_settings_say_it_and_files_without_it_do_not():
    assert settings(reverse=True)["reverse"] is True
    assert settings()["reverse"] is False
