"""Films that are read, with a real ffmpeg: every frame once, of any index, and nothing is left running; and their colours."""

import json
import subprocess
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from lib_anim.errors import SettingsError, VideoError
from lib_anim.images.color import ColorReference, match_histogram
from lib_anim.media import source_video
from lib_anim.media.encode import find_ffmpeg
from lib_anim.media.sound import has_sound
from lib_anim.media.source_video import Film
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, assert_resumed_alike, noisy, problems_of, settings, shot, write_tone

SIZE = (94, 62)  # (width, height); one side is no multiple of four


def numbered(n, size=SIZE):
    """Frames that tell their number by their grey, with a red corner at the top left."""
    frames = np.zeros((n, size[1], size[0], 3), np.uint8)
    frames[:] = (20 + np.arange(n) * (200 // n))[:, None, None, None]
    frames[:, : size[1] // 4, : size[0] // 4] = (220, 30, 30)
    return frames


def write_film(path, frames, *, before=(), options=("-c:v", "ffv1")):
    """Frames (n, H, W, 3) as a video of 10 a second; `before` is another input, `options` of the file."""
    size = f"{frames.shape[2]}x{frames.shape[1]}"
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", size, "-framerate", "10", "-i", "-"]
    subprocess.run(
        [find_ffmpeg(), "-loglevel", "error", "-y", *before, *raw, *options, str(path)], input=frames.tobytes(), check=True
    )
    return path


def order(frames, n):
    """The numbers that frames tell, by their grey at the bottom right."""
    return [round((float(frame[-8:, -8:].mean()) - 20) / (200 // n)) for frame in frames]


H264 = ("-c:v", "libx264", "-qp", "8", "-bf", "3", "-g", "7", "-pix_fmt", "yuv420p")
FILMS = {
    "lossless.mkv": {},
    "кино 映画.mp4": {"options": H264},
    "a:b%03d.mkv": {},  # what ffmpeg could take for an address or a row of pictures
    "sound.mkv": {"before": ("-f", "lavfi", "-t", "3", "-i", "sine"), "options": ("-c:v", "ffv1")},
    "frames.avi": {"options": ("-c:v", "mpeg4", "-q:v", "2", "-bf", "2")},
    "frames.gif": {"options": ("-c:v", "gif")},
    "any time.mkv": {"options": ("-vf", "setpts='(N+2.7*max(N-5,0))/10/TB'", "-fps_mode", "passthrough", "-c:v", "ffv1")},
}


@pytest.mark.parametrize("name", FILMS)
def test_every_frame_comes_once_and_in_order(tmp_path, name):
    write_film(tmp_path / name, numbered(20), **FILMS[name])
    seen = Film.open(tmp_path / name)
    assert (seen.size, seen.fps, seen.n_frames) == (SIZE, 10.0, 20)
    frames = seen.frames((47, 31))
    assert order([frames[k] for k in range(20)], 20) == list(range(20))
    assert frames[0].shape == (31, 47, 3)


def test_a_frame_is_the_same_however_it_is_come_to(tmp_path):
    seen = Film.open(write_film(tmp_path / "film.mp4", numbered(20), options=H264))
    forwards, jumping = seen.frames(SIZE), seen.frames(SIZE)
    every = [forwards[k] for k in range(20)]
    for k in (13, 14, 14, 19, 2, 0, 7):
        assert np.array_equal(jumping[k], every[k]), k
    assert np.array_equal(jumping[500], every[19])  # the last one holds on
    assert np.array_equal(jumping[3], every[3])
    some = seen.frames(SIZE, seen.numbers(3, 4, 16))
    assert [np.array_equal(some[place], every[k]) for place, k in enumerate((6, 9, 12, 15, 15))] == [True] * 5


@pytest.mark.parametrize("every", [1, 2, 3, 7])
@pytest.mark.parametrize(("first", "last"), [(0, -1), (4, -1), (5, 11), (0, 0), (3, 500), (25, -1), (9, 8)])
def test_numbers_that_are_taken(every, first, last):
    expected = [k for k in range(20) if k % every == 0 and k >= first and (last < 0 or k <= last)]
    assert list(Film("x", SIZE, 10.0, 20).numbers(every, first, last)) == expected


def test_a_turned_film_is_upright(tmp_path):
    write_film(tmp_path / "film.mp4", numbered(3), options=H264)
    turned = ["-display_rotation", "90", "-i", str(tmp_path / "film.mp4"), "-c", "copy", str(tmp_path / "turned.mp4")]
    subprocess.run([find_ffmpeg(), "-loglevel", "error", *turned], check=True)
    seen = Film.open(tmp_path / "turned.mp4")
    assert seen.size == SIZE[::-1]
    frame = seen.frames(seen.size)[1]  # counter-clockwise by a quarter: the corner is at the bottom left
    assert (frame[-10:, :10, 0].mean(), frame[-10:, :10, 2].mean()) == pytest.approx((220, 30), abs=12)
    assert np.ptp(frame[:10, -10:].mean((0, 1))) < 5


@pytest.mark.parametrize("options", [("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"), H264, ("-c:v", "ffv1")])
def test_colours_come_out_as_they_went_in(tmp_path, options):
    frames = np.full((3, 62, 94, 3), (200, 60, 30), np.uint8)
    seen = Film.open(write_film(tmp_path / "film.mkv", frames, options=options))
    assert seen.frames(SIZE)[2].mean((0, 1)) == pytest.approx((200, 60, 30), abs=3)


@pytest.fixture
def begun(monkeypatch):
    """Every process that reading begins."""
    processes, popen = [], subprocess.Popen

    def remembered(*args, **more):
        processes.append(popen(*args, **more))
        return processes[-1]

    monkeypatch.setattr(source_video.subprocess, "Popen", remembered)
    return processes


def test_nothing_is_begun_before_it_is_asked_for_and_nothing_goes_on(tmp_path, begun):
    seen = Film.open(write_film(tmp_path / "film.mkv", numbered(200, (400, 300))))
    begun.clear()
    frames = seen.frames((400, 300))
    assert begun == []
    _ = frames[1]
    assert begun[0].poll() is None
    frames.close()
    assert begun[0].poll() is not None
    with pytest.raises(VideoError, match="it was closed"):
        _ = frames[2]
    frames = seen.frames((400, 300))
    _ = frames[0]
    del frames  # forgotten, it ends too
    assert begun[1].poll() is not None


def test_a_damaged_end_is_where_a_film_ends(tmp_path):
    path = write_film(tmp_path / "film.mkv", numbered(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames = Film.open(path).frames(SIZE)
    there = order([frames[k] for k in range(20)], 20)
    assert there[:10] == list(range(10))
    assert there[-1] == there[-2] < 19


def test_an_ffmpeg_that_fails_says_why(tmp_path):
    path = write_film(tmp_path / "film.mkv", numbered(4))
    seen = Film.open(path)
    path.unlink()
    with pytest.raises(VideoError, match=r"^film\.mkv: cannot be read on: Error opening input files: No such file"):
        _ = seen.frames(SIZE)[0]


def test_a_playlist_reaches_no_network(tmp_path):
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/x.ts"
    (tmp_path / "film.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n")
    with pytest.raises(VideoError):
        Film.open(tmp_path / "film.m3u8")
    server.shutdown()
    assert asked == []


@pytest.mark.parametrize(("kept", "starts"), [(1, 24), (5, 6), (100, 2)])
def test_read_backwards_frames_are_the_same_and_the_file_is_opened_once_a_block(tmp_path, monkeypatch, kept, starts):
    film = Film.open(write_film(tmp_path / "a.mkv", numbered(24)))
    opened = []
    real = source_video._reading_command
    monkeypatch.setattr(source_video, "_BLOCK_BYTES", kept * SIZE[0] * SIZE[1] * 3)
    monkeypatch.setattr(source_video, "_reading_command", lambda *args: opened.append(args) or real(*args))
    frames = film.frames(SIZE)
    assert order([frames[k] for k in range(30, -1, -1)], 24) == [*[23] * 8, *range(22, -1, -1)]
    assert len(opened) == starts
    assert order([frames[k] for k in (0, 7, 3, 12)], 24) == [0, 7, 3, 12]
    frames.close()


# -- the colours of a film -------------------------------------------------------------------------------------------------


def colourful(n):
    """Frames of blotches whose colours go from red to blue."""
    rng = np.random.default_rng(3)
    share = np.linspace(0.1, 0.9, n)[:, None, None, None]
    return (rng.integers(60, 250, (n, 48, 64, 3)) * np.concatenate([1 - share, share * 0 + 0.4, share], 3)).astype(np.uint8)


@pytest.fixture
def clip(tmp_path):
    """A video of 6 frames, and its frames as they are read."""
    path = write_film(tmp_path / "clip.mkv", colourful(6))
    frames = Film.open(path).frames((64, 48))
    return path, [frames[k] for k in range(6)]


def coloured(path, **changes):
    return {"color_coherence": "Video Input", "video_init_path": str(path), "W": 64, "H": 48, **changes}


def painted(path, tools=None, **changes):
    """Index -> painted frame of a film with the colours of a video."""
    frames = render(Reel(shot(tools, **coloured(path, **changes))), Painter(noisy))
    return {one.index: one.frame for one in frames if one.painted}


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"color_coherence_video_every_N_frames": 2}, [0, 0, 2, 2, 4, 4]),
        ({"color_coherence_video_every_N_frames": 3, "diffusion_cadence": 2}, [0, None, 0, None, 3, None]),
        ({"extract_nth_frame": 2, "extract_from_frame": 1}, [2, 4, 4, 4, 4, 4]),
        ({"extract_to_frame": 1}, [0, 1, 1, 1, 1, 1]),
        ({"reverse": True}, [0, 1, 2, 3, 4, None]),  # the first that is painted is matched once only
        ({"reverse": True, "extract_to_frame": 1}, [0, 1, 1, 1, 1, 1]),
        ({"reverse": True, "extract_nth_frame": 2, "extract_from_frame": 1}, [2, 4, 4, 4, 4, 4]),
    ],
)
def test_painted_frames_have_the_colours_of_the_videos(clip, changes, source):
    path, frames = clip
    seen = painted(path, max_frames=6, **changes)
    for index, picture in ((index, seen[index]) for index, number in enumerate(source) if number is not None):
        distances = [np.abs(picture.mean((0, 1)) - other.mean((0, 1))).max() for other in frames]
        assert (int(np.argmin(distances)), min(distances) < 10) == (source[index], True), index


@pytest.mark.parametrize(("classic", "space"), [(False, "LAB"), (True, "LAB classic")])
def test_matching_is_in_lab_before_and_after_painting_and_as_strong_as_scheduled(clip, classic, space):
    path, frames = clip
    engine = Painter(noisy)
    reel = Reel(shot(**coloured(path, classic=classic, color_coherence_strength_schedule="0:(1), 1:(0.5), 2:(0)")))
    before = None
    for index, strength in enumerate((1.0, 0.5, 0.0)):
        (request,) = reel.ask()
        reference = ColorReference.of(frames[index], space)
        match = partial(match_histogram, reference=reference, strength=strength) if strength else lambda frame: frame
        if before is not None:
            assert np.array_equal(request.init, match(before))
        (rendered,) = reel.take(engine.sample_take([request]))
        before = match(noisy(request))
        assert np.array_equal(rendered.frame, before)


def test_with_old_matching_only_before_painting(clip):
    path, frames = clip
    reel = Reel(shot(**coloured(path, legacy_colormatch=True)))
    (request,) = reel.ask()
    (first,) = reel.take(Painter(noisy).sample_take([request]))
    assert np.array_equal(first.frame, noisy(request))
    assert np.array_equal(reel.ask()[0].init, match_histogram(first.frame, ColorReference.of(frames[1], "LAB")))


@pytest.mark.parametrize("cadence", [1, 2])
@pytest.mark.parametrize("prefetch", [False, True])
def test_stopped_after_any_picture_and_restored_it_goes_on_alike(clip, cadence, prefetch):
    path, _ = clip
    changes = coloured(path, max_frames=8, diffusion_cadence=cadence, color_coherence_video_every_N_frames=2)
    assert_resumed_alike(changes, ahead=prefetch)


def test_a_stopped_film_leaves_nothing_open(tmp_path, begun):
    long = write_film(tmp_path / "long.mkv", np.tile(colourful(6), (60, 1, 1, 1)))

    def paint(request):
        if request.index == 3:
            raise KeyboardInterrupt
        return noisy(request)

    prefetch = Prefetch()
    made = shot(Tools(prefetch=prefetch), **coloured(long, max_frames=300))
    begun.clear()
    folder = RunFolder.create(tmp_path / "out", "film", made.plan.settings)
    with pytest.raises(KeyboardInterrupt):
        film(made, Painter(paint), folder, video=False)
    prefetch.close()
    folder.close()
    assert [process.poll() is None for process in begun] == [False]
    long.unlink()


def test_a_run_that_was_stopped_is_resumed_to_the_byte(clip, tmp_path):
    path, _ = clip

    def paint(request):
        if request.index == 3 and len(stopping.requests) < 5:
            raise KeyboardInterrupt
        return noisy(request)

    whole, stopping = Painter(noisy), Painter(paint)
    folders = [RunFolder.create(tmp_path / "out", name, settings()) for name in ("whole", "stopped")]
    film(shot(**coloured(path)), whole, folders[0], video=False)
    with pytest.raises(KeyboardInterrupt):
        film(shot(**coloured(path)), stopping, folders[1], video=False)
    film(shot(**coloured(path)), stopping, folders[1], video=False)
    files = [[file.read_bytes() for file in sorted(folder.frames.iterdir())] for folder in folders]
    assert files[0] == files[1]
    assert len(files[0]) == 6
    for folder in folders:
        folder.close()


def test_what_is_known_beforehand_is_said(clip):
    path, _ = clip
    assert shot(**coloured(path, max_frames=6)).notes == shot(max_frames=6).notes
    short = ["video_init_path: its 6 frames end before the film's 7; the last one holds on"]
    assert [note for note in shot(**coloured(path, max_frames=7)).notes if "its 6 frames" in note] == short
    rare = coloured(path, max_frames=7, color_coherence_video_every_N_frames=4)  # only 0 and 4 are looked at
    assert not [note for note in shot(**rare).notes if "its 6 frames" in note]


REFUSED = [
    ({"video_init_path": ""}, "video_init_path: color_coherence Video Input needs a video; write the path of a video file"),
    ({"video_init_path": "https://host/V1.mp4"}, "video_init_path: a web address; nothing is downloaded; write the path of a"),
    ({"video_init_path": "none.mp4"}, "video_init_path: none.mp4: there is no such file; write the path of a video file"),
    ({"video_init_path": "text.mp4"}, "video_init_path: text.mp4: not a video that can be read: Error opening input files: "),
    ({"video_init_path": "empty.mp4"}, "video_init_path: empty.mp4: not a video that can be read: Error opening input files: "),
    ({"video_init_path": "tone.wav"}, "video_init_path: tone.wav: there are no pictures in it; write the path of a video file"),
    (
        {"extract_from_frame": 6},
        "extract_from_frame: none of the 6 frames of clip.mkv is taken; lower extract_from_frame or extract_nth_frame, and",
    ),
    ({"extract_from_frame": 3, "extract_to_frame": 2}, "extract_from_frame: none of the 6 frames of clip.mkv is taken"),
]


@pytest.mark.parametrize(("changes", "line"), REFUSED)
def test_what_is_no_video_is_refused(clip, tmp_path, monkeypatch, changes, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    write_tone(tmp_path / "tone.wav")
    with pytest.raises(SettingsError) as error:
        shot(**coloured(clip[0], **changes))
    assert [one[: len(line)] for one in problems_of(error)] == [line]


def test_a_settings_file_names_a_video_beside_it(clip, tmp_path):
    from lib_anim.settings import settings as settings_file

    (tmp_path / "film.json").write_text(json.dumps({"color_coherence": "Video Input", "video_init_path": "clip.mkv"}))
    assert settings_file.load(tmp_path / "film.json")["video_init_path"] == str(tmp_path / "clip.mkv")
    assert settings()["color_coherence_video_every_N_frames"] == 1


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.ts\n#EXT-X-ENDLIST\n"
PLAYLISTS = {"a.m3u8": HLS, "a.mp4": HLS, "a.ffconcat": "ffconcat version 1.0\nfile film.ts\n"}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_opens_no_other_file(tmp_path, name):
    write_film(tmp_path / "film.ts", numbered(5), options=("-c:v", "mpeg2video"))
    assert Film.open(tmp_path / "film.ts").n_frames == 5
    (tmp_path / name).write_text(PLAYLISTS[name], encoding="ascii")
    with pytest.raises(VideoError, match="not a video that can be read"):
        Film.open(tmp_path / name)


def test_a_playlist_of_sounds_opens_no_other_file(tmp_path):
    write_tone(tmp_path / "tone.wav", 1.0)
    assert has_sound(tmp_path / "tone.wav")
    (tmp_path / "a.mp3").write_text("ffconcat version 1.0\nfile tone.wav\n", encoding="ascii")
    assert not has_sound(tmp_path / "a.mp3")
