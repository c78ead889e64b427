"""`anim fetch-depth`: one download, agreed to, checked against what the hub says, from a server on this machine."""

import hashlib
import json

import pytest

from lib_anim.cli import main
from lib_anim.media.fetched_depth import MODEL
from lib_anim.models.depth import FETCHED, fetched_network
from tests.helpers import shot

WEIGHTS = b"weights of a network"
FILES = {
    "config.json": json.dumps({"model_type": "depth_anything"}).encode(),
    "preprocessor_config.json": b"{}",
    "model.safetensors": WEIGHTS,
}


def described(name, data):
    """An entry of the hub's list: small files by Git's checksum, large ones by that of their content."""
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    entry = {"type": "file", "oid": git, "size": len(data), "path": name}
    if name.endswith(".safetensors"):
        entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return entry


@pytest.fixture
def hub(web, tmp_path, monkeypatch):
    """A hub that has the model; and a machine that has none."""
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    web.files[f"/api/models/{MODEL}/tree/main"] = json.dumps([described(*file) for file in FILES.items()]).encode()
    web.files |= {f"/{MODEL}/resolve/main/{name}": data for name, data in FILES.items()}
    return web


def fetch(hub, *more):
    return main(["fetch-depth", "--mirror", hub.url, "--fetch-local", *more])


def test_the_model_is_fetched_once_and_films_find_it(hub, tmp_path, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    assert fetched_network() is None
    assert any("`anim fetch-depth` brings one" in note for note in shot(animation_mode="3D").notes)
    assert fetch(hub, "--yes") == 0
    place = tmp_path / "config" / "models" / FETCHED
    told = capsys.readouterr()
    assert told.out.strip() == str(place)
    assert f"{MODEL} from {hub.url}: 0 MB, licence Apache-2.0" in told.err
    assert f"model.safetensors: SHA-256 {hashlib.sha256(WEIGHTS).hexdigest()}" in told.err
    assert {path.name: path.read_bytes() for path in place.iterdir()} == FILES
    assert [path.name for path in place.parent.iterdir()] == [FETCHED]
    made = shot(animation_mode="3D")
    assert f"scene of depth estimated by {FETCHED}" in dict(made.features)["camera_3d"].does


def test_nothing_is_fetched_unless_somebody_agrees(hub, tmp_path, capsys):
    assert fetch(hub) == 2
    assert "nothing is fetched; --yes agrees" in capsys.readouterr().err
    assert hub.asked == [f"/api/models/{MODEL}/tree/main"]
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_nothing_is_asked_for_where_that_is_forbidden(hub, monkeypatch, capsys, name):
    monkeypatch.setenv(name, "1")
    assert fetch(hub, "--yes") == 2
    assert f"nothing is downloaded: {name} is set" in capsys.readouterr().err
    assert hub.asked == []


@pytest.mark.parametrize("name", FILES)
def test_another_file_than_the_hub_describes_is_not_kept(hub, tmp_path, capsys, name):
    hub.files[f"/{MODEL}/resolve/main/{name}"] = FILES[name][:-1] + b"x"
    assert fetch(hub, "--yes") == 2
    assert f"{name}: not the file that the hub describes: its checksum is another; try again" in capsys.readouterr().err
    assert list((tmp_path / "config" / "models").iterdir()) == []


@pytest.mark.parametrize("said", [b"no JSON", b"{}", b"[]", b'[{"path": "config.json"}]', b"[1]", b"null"])
def test_a_server_that_is_no_hub(hub, capsys, said):
    hub.files[f"/api/models/{MODEL}/tree/main"] = said
    assert fetch(hub, "--yes") == 2
    assert "the server does not describe the model; put the model's folder anywhere" in capsys.readouterr().err
    assert len(hub.asked) == 1


def test_a_server_without_the_model(hub, capsys):
    hub.files.clear()
    assert fetch(hub, "--yes") == 2
    assert "there is nothing at this address" in capsys.readouterr().err
