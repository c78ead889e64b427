"""Pose tracks: what files hold, and who stands where between their keys."""

import json

import numpy as np
import pytest

from lib_anim.errors import FieldError
from lib_anim.images.skeleton import FACE, LEFT_HAND, RIGHT_HAND
from lib_anim.media.pose_files import parse_track, read_track, written_track

SIZE = (200, 100)


def flat(points, c=1.0):
    return [float(v) for x, y in points for v in (x, y, c)]


def person(x=0.5, points=18, scale=(1, 1)):
    """Points in a column; the n-th one at (x, n/100) of the canvas."""
    return {"pose_keypoints_2d": flat([(x * scale[0], (n + 1) / 100 * scale[1]) for n in range(points)])}


def pose(*people, **canvas):
    return {"people": list(people), **canvas}


def bodies(track, index):
    """The eighteen points of each person at a frame."""
    return [body[:18] for body in track.at(index, SIZE)]


CANVAS = {"canvas_width": 400, "canvas_height": 800}


@pytest.mark.parametrize(
    "data",
    [
        pose(person()),
        [pose(person())],
        {"0": pose(person())},
        pose(person(scale=(400, 800)), **CANVAS),
        [pose(person(scale=(400, 800)), **CANVAS)],  # as the ControlNet extension writes it
    ],
)
def test_one_pose_in_every_writing(data):
    (body,) = bodies(parse_track(data), 7)
    assert np.allclose(body[:, 0], 0.5 * 200 - 0.5)
    assert np.allclose(body[:, 1], np.arange(1, 19) - 0.5)


def test_of_25_points_the_middle_of_the_hips_and_the_feet_are_left_out():
    (body,) = bodies(parse_track(pose(person(points=25))), 0)
    assert np.round(body[:, 1] + 0.5).astype(int).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, *range(10, 20)]


def test_missing_points_stay_missing():
    one = person()
    one["pose_keypoints_2d"][3 * 4 + 2] = 0
    track = parse_track({"0": pose(one), "4": pose(person(0.7))})
    for frame in range(4):
        (body,) = bodies(track, frame)
        assert np.isnan(body[4]).all()
        assert np.isfinite(np.delete(body, 4, axis=0)).all()
    assert np.isfinite(bodies(track, 4)[0]).all()
    assert parse_track(pose({"pose_keypoints_2d": None}, {})).at(0, SIZE) == []


def test_a_list_has_a_pose_for_each_frame_and_keys_are_tweened():
    listed = parse_track([pose(person(0.1)), pose(person(0.3))])
    assert [round(listed.at(n, SIZE)[0][0, 0] + 0.5) for n in range(4)] == [20, 60, 60, 60]
    keyed = parse_track({"10": pose(person(0.3)), "2": pose(person(0.1))})
    assert [round(keyed.at(n, SIZE)[0][0, 0] + 0.5) for n in (0, 2, 4, 6, 10, 99)] == [20, 20, 30, 40, 60, 60]


@pytest.mark.parametrize(
    ("ease", "shares"),
    [
        ("linear", (0.25, 0.5, 0.75)),
        ("in", (1 / 16, 1 / 4, 9 / 16)),
        ("out", (7 / 16, 3 / 4, 15 / 16)),
        ("smooth", (5 / 32, 1 / 2, 27 / 32)),
    ],
)
def test_the_way_to_the_next_key_is_eased_as_asked(ease, shares):
    track = parse_track({"0": pose(person(0.1), ease=ease), "4": pose(person(0.9)), "8": pose(person(0.1))})
    necks = [bodies(track, index)[0][1][0] for index in (1, 2, 3)]
    assert necks == pytest.approx([200 * (0.1 + 0.8 * share) - 0.5 for share in shares])
    assert bodies(track, 6)[0][1][0] == pytest.approx(200 * 0.5 - 0.5)  # the next way is linear
    assert [bodies(track, index)[0][1][0] for index in (0, 4)] == pytest.approx([19.5, 179.5])


@pytest.mark.parametrize("ease", ["bouncy", None, 3, ["in"], {}])
def test_an_unknown_ease(ease):
    with pytest.raises(FieldError, match=r"there is no ease .*; choose one of linear, in, out, smooth"):
        parse_track({"0": pose(person(), ease=ease)})


def test_a_key_can_be_written_as_the_extension_writes_a_pose():
    assert parse_track({"3": [pose(person())]}).frames == (3,)


def test_people_go_on_as_the_nearest_and_who_is_alone_goes_at_the_next_key():
    track = parse_track({"0": pose(person(0.1), person(0.5), person(0.9)), "10": pose(person(0.95), person(0.15))})
    assert track.crowds("walk") == ("walk: at frame 10 3 people become 2; the nearest go on, others come and go there",)
    assert [sorted(round(body[0, 0] + 0.5) for body in track.at(n, SIZE)) for n in (0, 5, 10)] == [
        [20, 100, 180],
        [25, 100, 185],
        [30, 190],
    ]


def test_in_a_list_people_come_and_go_without_a_word():
    assert parse_track([pose(person()), pose(), pose(person(), person(0.1))]).crowds("walk") == ()


@pytest.mark.parametrize(
    "data",
    [
        *(None, 3, "a", [], {}, [3], {"a": 1}, {"0": 1}, {"people": 3}, {"-1": pose()}, {"1.5": pose()}, {"9" * 40: pose()}),
        pose({"pose_keypoints_2d": [1, 2]}),
        pose({"pose_keypoints_2d": "1" * 54}),
        pose({"hand_left_keypoints_2d": [1, 2, 3]}),
        pose({"face_keypoints_2d": [0.5] * 3 * 69}),
        pose({**person(), "hand_right_keypoints_2d": "x"}),
        pose(person(scale=(400, 800))),  # pixels of nobody knows what
    ],
)
def test_what_is_no_track(data):
    with pytest.raises(FieldError):
        parse_track(data)


def parts(**more):
    """A person with hands and a face, each a column of its own; more parts replace these."""
    hands = {f"hand_{side}_keypoints_2d": flat([(x, n / 50) for n in range(21)]) for side, x in (("left", 0.8), ("right", 0.2))}
    return {**person(), **hands, "face_keypoints_2d": flat([(0.4, n / 100) for n in range(70)]), **more}


def columns(data):
    """By part: where its points are, and how many."""
    (body,) = parse_track(data).at(0, SIZE)
    found = [body[part][np.isfinite(body[part][:, 0])] for part in (LEFT_HAND, RIGHT_HAND, FACE)]
    return [(len(part), *{round(float(x + 0.5)) for x in part[:, 0]}) for part in found]


def scaled(person, width, height):
    """The person in pixels."""
    return {name: [v * (width, height, 1)[n % 3] for n, v in enumerate(values)] for name, values in person.items()}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pose(parts()), [(21, 160), (21, 40), (70, 80)]),
        (pose(scaled(parts(), 400, 800), **CANVAS), [(21, 160), (21, 40), (70, 80)]),
        (pose(parts(face_keypoints_2d=flat([(0.4, 0.1)] * 68))), [(21, 160), (21, 40), (68, 80)]),
        (pose(parts(hand_left_keypoints_2d=[], hand_right_keypoints_2d=None, face_keypoints_2d=[])), [(0,), (0,), (0,)]),
        (pose(parts(hand_left_keypoints_2d=flat([(0.8, 0.1)] * 21, 0))), [(0,), (21, 40), (70, 80)]),
        (pose(person()), [(0,), (0,), (0,)]),
        (pose({"hand_left_keypoints_2d": flat([(0.1, 0.1)] * 21)}), [(21, 20), (0,), (0,)]),
    ],
)
def test_hands_and_faces_are_read_with_the_body_and_what_is_missing_stays_missing(data, expected):
    assert columns(data) == expected


def test_a_hand_that_one_key_lacks_is_missing_between_them():
    track = parse_track({"0": pose(parts()), "4": pose(parts(hand_left_keypoints_2d=[]))})
    for frame, there in ((0, True), (2, False), (4, False)):
        (body,) = track.at(frame, SIZE)
        assert np.isfinite(body[LEFT_HAND]).all() == there
        assert np.isfinite(body[RIGHT_HAND]).all()


def test_a_written_track_is_read_as_it_was():
    whole = parse_track(pose(parts())).at(0, SIZE)[0]
    bare = np.full_like(whole, np.nan)
    bare[:18] = bodies(parse_track(pose(person())), 0)[0]
    bare[4] = np.nan
    text = written_track([[whole, bare], [], [bare]], SIZE)
    track = parse_track(json.loads(text))
    for frame, people in enumerate([[whole, bare], [], [bare]]):
        read = track.at(frame, SIZE)
        assert len(read) == len(people)
        for a, b in zip(read, people, strict=True):
            assert np.allclose(a, b, atol=0.051, equal_nan=True)
    first, second = json.loads(text)[0]["people"]
    assert [len(values) for values in first.values()] == [54, 63, 63, 210]
    assert list(second) == ["pose_keypoints_2d"]
    assert second["pose_keypoints_2d"][12:15] == [0, 0, 0]


@pytest.mark.parametrize("odd", [1e300, float("inf"), float("nan"), None, "x", True, [1]])
def test_odd_numbers_do_no_harm(odd):
    one = person()
    one["pose_keypoints_2d"][3] = odd
    one["pose_keypoints_2d"][8] = odd
    track = parse_track(pose(one, canvas_width=odd, canvas_height=odd))
    assert all(np.isfinite(body[5:]).all() for body in bodies(track, 0))


def test_files(tmp_path):
    path = tmp_path / "track.json"
    path.write_text(json.dumps(pose(person())), encoding="utf-8-sig")
    assert len(read_track(str(path)).at(0, SIZE)) == 1
    for content in (b"\xff\xfe\xfa", b"{", b"", b"[" * 100000):
        path.write_bytes(content)
        with pytest.raises(FieldError):
            read_track(str(path))
    with pytest.raises(FieldError):
        read_track(str(tmp_path / "none.json"))
