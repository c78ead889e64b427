"""Files that are none: devices, pipes, folders, paths that no system has, files that are too large."""

import os
import socket

import pytest

from lib_anim.errors import FieldError, ModelError, PictureError, SettingsError
from lib_anim.features.open import make_shot
from lib_anim.files import MB, check_file, open_file, read_file
from lib_anim.images.frame import read_grey, read_picture
from lib_anim.media import metadata
from lib_anim.models.raft import raft
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from tests.helpers import problems_of, settings

needs_posix = pytest.mark.skipif(os.name == "nt", reason="pipes and devices are elsewhere")


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def huge(path):
    with path.open("wb") as file:
        file.truncate(50 * 1024 * MB)  # without blocks on disk


NO_FILES = [
    pytest.param(folder, "a folder, not a file", id="folder"),
    pytest.param(pipe, "a device, a pipe or a socket, not a file", id="pipe", marks=needs_posix),
    pytest.param(device, "a device, a pipe or a socket, not a file", id="device", marks=needs_posix),
    pytest.param(unix_socket, "a device, a pipe or a socket, not a file", id="socket", marks=needs_posix),
    pytest.param(huge, "larger than", id="huge", marks=needs_posix),
    pytest.param(lambda path: None, "there is no such file", id="absent"),
]


@pytest.mark.parametrize("read", [check_file, open_file, read_file])
@pytest.mark.parametrize(("make", "said"), NO_FILES)
def test_only_regular_files_are_opened(tmp_path, read, make, said):
    path = tmp_path / "x"
    make(path)
    with pytest.raises(FieldError) as error:
        read(path, 4 * MB)
    assert error.value.reason.startswith(said)


@pytest.mark.parametrize("path", ["a\0b.png", "a\ud800.png"])
def test_a_path_that_no_system_has(path):
    with pytest.raises(FieldError, match="no path that a file can have" if "\0" in path or os.name != "nt" else "no such file"):
        read_file(path, 1)


def test_a_file_is_read_up_to_its_limit(tmp_path):
    (tmp_path / "x").write_bytes(b"123")
    assert read_file(tmp_path / "x", 3) == b"123"
    with pytest.raises(FieldError, match=r"^larger than 0 MB"):
        read_file(tmp_path / "x", 2)


# key, the settings that make it count; the path is put in for PATH
IN_SETTINGS = {
    "init_image": {"use_init": True, "init_image": "PATH"},
    "mask_file": {"use_noise_mask": True, "noise_schedule": 0.1, "mask_file": "PATH"},
    "color_coherence_image_path": {"color_coherence": "Image", "color_coherence_image_path": "PATH"},
    "depth_map": {"animation_mode": "3D", "use_depth_warping": True, "depth_map": "PATH"},
    "parseq_manifest": {"parseq_manifest": "PATH"},
    "soundtrack_path": {"zoom": "0:(1 + rms)", "soundtrack_path": "PATH"},
    "video_init_path": {"color_coherence": "Video Input", "video_init_path": "PATH"},
}


@pytest.mark.parametrize("key", IN_SETTINGS)
@pytest.mark.parametrize(("make", "said"), [one for one in NO_FILES if one.id != "huge"])
def test_what_settings_name_is_told(tmp_path, key, make, said):
    path = tmp_path / "x"
    make(path)
    if key in ("depth_map", "video_init_path") and path.is_dir():  # which may be a folder
        said = "there are no pictures in this folder"
    changes = {name: str(path) if value == "PATH" else value for name, value in IN_SETTINGS[key].items()}
    with pytest.raises(SettingsError) as error:
        make_shot(make_plan(settings(**changes)))
    assert [line.startswith(f"{key}: {path}: {said}") for line in problems_of(error)] == [True], problems_of(error)


@needs_posix
@pytest.mark.parametrize("key", ["init_image", "mask_file", "depth_map", "parseq_manifest"])
def test_a_file_of_50_gb_is_not_read(tmp_path, key):
    huge(tmp_path / "x")
    changes = {name: str(tmp_path / "x") if value == "PATH" else value for name, value in IN_SETTINGS[key].items()}
    with pytest.raises(SettingsError, match=r"x: larger than \d+ MB"):
        make_shot(make_plan(settings(**changes)))


@pytest.mark.parametrize("load", [settings_file.load, metadata.load])
@pytest.mark.parametrize(("make", "said"), NO_FILES)
def test_settings_files(tmp_path, load, make, said):
    make(tmp_path / "x")
    with pytest.raises(SettingsError, match=f"x: {said}"):
        load(tmp_path / "x")


@pytest.mark.parametrize(("read", "kind"), [(read_picture, PictureError), (read_grey, PictureError), (raft, ModelError)])
@pytest.mark.parametrize(("make", "said"), NO_FILES)
def test_pictures_and_networks(tmp_path, read, kind, make, said):
    make(tmp_path / "x")
    with pytest.raises(kind, match=f"x: {said}"):
        read(str(tmp_path / "x"))
