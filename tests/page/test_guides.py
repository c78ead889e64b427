"""What guides ControlNet units of the page: pose tracks, pictures, folders of them, kept under ids and put into films."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the page needs starlette and uvicorn")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from lib_anim.engines.catalog import EngineSpec
from lib_anim.images.frame import encode_png
from lib_anim.page import fields
from lib_anim.page.folders import MOST, Folders
from lib_anim.page.forms import Form
from lib_anim.page.pictures import Pictures
from lib_anim.page.service import Service
from lib_anim.page.uploads import GUIDES, Uploads
from tests.features.test_controlnet import HAS
from tests.helpers import english
from tests.media.test_source_video import H264, colourful, write_film
from tests.page.test_routes import FORM, OURS, client, service  # noqa: F401

ONE = {"people": [{"pose_keypoints_2d": [v for n in range(18) for v in (0.5, (n + 1) / 20, 1)]}]}
TRACK = json.dumps({"0": ONE, "4": ONE}).encode()
WALK = "poses/walking_person.json"


def picture(level):
    return encode_png(np.full((40, 60, 3), level, np.uint8))


def sent(client, route, data):
    return client.post(f"/anim/{route}", content=data, headers=OURS)


def test_a_pose_track_is_taken_once_and_seen(client):
    ids = {sent(client, "poses", TRACK).json()["id"] for _ in range(2)}
    (name,) = ids
    seen = client.get(f"/anim/poses/{name}")
    assert (seen.status_code, seen.headers["content-type"], seen.content[:2]) == (200, "image/jpeg", b"\xff\xd8")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{}", "no pose: an object with people, a list of such, or such by frame"),
        (b"[1]", "no pose: an object with people, a list of such, or such by frame"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (b"[" * 100_000, ""),
        (b'{"people": [{"pose_keypoints_2d": [1, 2]}]}', "a person has 18 or 25 points of three numbers each"),
    ],
)
def test_what_is_no_pose_track_is_refused(client, service, data, said):
    answer = sent(client, "poses", data)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert not list((service.out / ".poses").glob("*"))


def test_the_pose_track_that_comes_along_is_known_by_its_name_and_by_its_path(client, service):
    assert client.get("/anim/poses/poses%2Fwalking_person.json").content[:2] == b"\xff\xd8"
    path = service.uploads.path("cn_1_vid_path", WALK)
    assert Path(path).is_absolute()
    assert service.uploads.id_of(path) == service.uploads.id_of(WALK) == WALK


@pytest.mark.parametrize(
    "name",
    ["poses%2F..%2Fwalking_person.json", "..%2Fwalking_person.json", "poses-0.json", "%2Fetc%2Fpasswd", "poses%2Fnone.json"],
)
def test_poses_by_other_names_are_not_there(client, name):
    assert client.get(f"/anim/poses/{name}").status_code in (400, 404)


def test_pictures_become_a_folder_in_the_order_given(client, service):
    ids = [sent(client, "pictures", picture(level)).json()["id"] for level in (200, 10, 90)]
    made = client.post("/anim/folders", json={"pictures": [*ids, ids[0]]}, headers=OURS).json()["id"]
    again = client.post("/anim/folders", json={"pictures": [*ids, ids[0]]}, headers=OURS).json()["id"]
    assert made == again
    folder = Path(service.uploads.path("cn_2_vid_path", made))
    assert [path.name for path in sorted(folder.iterdir())] == ["00000.png", "00001.png", "00002.png", "00003.png"]
    assert (folder / "00002.png").read_bytes() == picture(90)
    assert service.uploads.id_of(str(folder)) == made
    assert client.get(f"/anim/folders/{made}").content[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"pictures": []},
        {"pictures": "x"},
        {"pictures": ["picture-0.png"]},
        {"pictures": [1]},
        {"pictures": ["../../x.png"]},
    ],
)
def test_a_folder_of_pictures_that_are_not_here_is_refused(client, service, content):
    answer = client.post("/anim/folders", json=content, headers=OURS)
    assert answer.status_code == 400
    assert not list((service.out / ".folders").glob("*"))


def test_a_folder_has_a_limit_and_copies_where_a_disk_has_no_second_names(tmp_path, monkeypatch):
    pictures = Pictures(tmp_path / "pictures")
    one = pictures.add(picture(7))
    folders = Folders(tmp_path / "folders", pictures)
    with pytest.raises(Exception, match=f"{MOST + 1} pictures; a folder has from 1 to {MOST}"):
        folders.add([one] * (MOST + 1))

    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr("lib_anim.page.folders.os.link", refuse)
    made = Path(folders.path(folders.add([one])))
    assert [path.read_bytes() for path in made.iterdir()] == [picture(7)]


@pytest.mark.parametrize("name", ["folder-0", "..", "folder-00000000000000000000", ".pictures"])
def test_folders_by_other_names_are_not_there(client, name):
    assert client.get(f"/anim/folders/{name}").status_code in (400, 404)


def test_a_unit_takes_what_its_field_names_and_a_mask_no_poses(tmp_path):
    uploads = Uploads(tmp_path)
    assert {kind for kinds in GUIDES.values() for kind in kinds} == {"picture", "video", "poses", "folder"}
    video = uploads.videos.add(write_film(tmp_path / "clip.mp4", colourful(3), options=H264).read_bytes())
    for upload in (uploads.pictures.add(picture(5)), video, uploads.poses.add(TRACK)):
        assert uploads.id_of(uploads.path("cn_3_vid_path", upload)) == upload
    with pytest.raises(Exception, match="the picture is not here"):
        uploads.path("cn_3_mask_vid_path", WALK)


def ramp(top):
    """A grey ramp from black to `top`."""
    return encode_png(np.linspace(0, top, 60, dtype=np.uint8)[None, :, None].repeat(40, axis=0).repeat(3, axis=2))


def test_depth_is_a_picture_several_or_a_video(client, tmp_path):
    pictures = [sent(client, "pictures", ramp(top)).json()["id"] for top in (90, 200)]
    folder = client.post("/anim/folders", json={"pictures": pictures}, headers=OURS).json()["id"]
    video = sent(client, "videos", write_film(tmp_path / "depth.mp4", colourful(2), options=H264).read_bytes()).json()["id"]
    for upload, short in ((pictures[0], False), (folder, True), (video, True)):
        changes = {**FORM["changes"], "animation_mode": "3D", "depth_map": upload}
        seen = client.post("/anim/look", json={**FORM, "changes": changes}, headers=OURS).json()
        assert (seen["problems"], seen["values"]["depth_map"]) == ([], upload)
        assert any("its 2 frames end before the film's 3" in english(note) for note in seen["notes"]) == short


def test_models_and_preprocessors_of_the_painter_can_be_picked_in_every_unit():
    (group,) = [group for group in fields.describe(HAS) if group["name"] == "ControlNet"]
    rows = {row["key"]: row for row in group["fields"]}
    for n in range(1, 6):
        assert rows[f"cn_{n}_model"]["known"] == ["None", "Edges", "pose"]
        assert rows[f"cn_{n}_module"]["known"] == ["none", "canny"]
        assert (rows[f"cn_{n}_vid_path"]["kind"], rows[f"cn_{n}_mask_vid_path"]["kind"]) == ("files", "files")


def look(service, **changes):
    return service.validate(Form(FORM["essentials"], {**FORM["changes"], "cn_1_enabled": True, **changes}))


@pytest.fixture
def painter(tmp_path):
    """The service of a page whose painter is the small model."""
    service = Service(tmp_path / "out", EngineSpec("diffusers"))
    yield service
    service.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cn_1_model": "edges"}, [("cn_1_vid_path", "there is no picture", "write the path of a picture, a video, ")]),
        ({"cn_1_vid_path": WALK}, [("cn_1_model", "no network is chosen", "there is edges, layout, pose")]),
        ({"cn_1_vid_path": WALK, "cn_1_model": "posse"}, [("cn_1_model", "there is no ControlNet 'posse'", "pose?")]),
        (
            {"cn_1_vid_path": WALK, "cn_1_model": "pose", "cn_1_module": "cany"},
            [("cn_1_module", "this engine has no", "canny?")],
        ),
        ({"cn_1_vid_path": WALK, "cn_1_model": "pose"}, []),
        (
            {"cn_1_vid_path": WALK, "cn_1_model": "pose", "cn_1_guidance_start": "0:(0.9)", "cn_1_guidance_end": "0:(0.2)"},
            [("cn_1_guidance_start", "0.9 is beyond the end, 0.2", "write a start below cn_1_guidance_end")],
        ),
    ],
)
def test_what_is_wrong_with_a_unit_is_told_as_by_anim_check(painter, changes, said):
    seen = look(painter, **changes)
    told = [(one["key"], english(one["reason"]), english(one["remedy"])) for one in seen["problems"]]
    assert [key for key, _, _ in told] == [key for key, _, _ in said]
    for (_, reason, remedy), (_, begin, part) in zip(told, said, strict=True):
        assert reason.startswith(begin)
        assert part.rstrip("?") in remedy
    assert "cn_1_threshold_a" in seen["resting"] or changes.get("cn_1_module") == "cany"
    assert "cn_1_weight" not in seen["resting"]
    assert "cn_2_weight" in seen["resting"]


def test_a_walk_is_made_of_one_answer_and_saved_with_the_path_of_its_poses(painter):
    form = Form({"movement": "walking_person"}, {})
    seen = painter.validate(form)
    assert seen["problems"] == []
    assert (seen["values"]["cn_1_model"], seen["values"]["cn_1_vid_path"]) == ("pose", WALK)
    saved = json.loads(painter.save(form))
    assert Path(saved["cn_1_vid_path"]).is_file()
    loaded = painter.load(json.dumps(saved).encode(), "film.json")
    assert loaded["notes"] == []
    assert loaded["changes"]["cn_1_vid_path"] == WALK


def test_a_placeholder_offers_the_walk_too_and_previews_it(service):
    tiles = next(row for row in service.describe()["essentials"] if row["key"] == "movement")["tiles"]
    assert tiles["walking_person"]["offered"]
    assert service.validate(Form({"movement": "walking_person"}, {}))["problems"] == []
