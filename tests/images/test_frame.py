"""Pictures in and out, on paths in any letters."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from lib_anim.errors import PictureError
from lib_anim.images.frame import (
    check_frame,
    encode_png,
    is_animated,
    is_whole_png,
    read_alpha,
    read_grey,
    read_picture,
    readable_formats,
    resized,
    to_uint8,
    write_bytes,
    write_png,
)
from lib_anim.images.test_card import test_card as card
from tests.helpers import frame


def test_png_round_trip_on_a_path_in_any_letters(tmp_path):
    picture = frame("RGB", "YW.")
    path = tmp_path / "снимок 画 ü.png"
    write_png(path, picture)
    assert np.array_equal(read_picture(path), picture)
    assert np.array_equal(np.asarray(Image.open(path)), picture)  # another library agrees on the colours
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_png_is_whole_when_every_bit_is_as_it_was_written():
    data = encode_png(card((24, 16)), b"\0\0\0\x04tEXta\0bc\x9d\xd9\xa7\xf6")
    chunk = data.index(b"tEXt")
    data = data.replace(data[chunk + 8 : chunk + 12], zlib.crc32(data[chunk : chunk + 8]).to_bytes(4, "big"))
    assert is_whole_png(data)
    for at in range(len(data)):
        assert not is_whole_png(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]), at
        assert not is_whole_png(data[:at]), at
    assert not is_whole_png(data + b"\0")


@pytest.mark.parametrize(("suffix", "animated"), [("gif", True), ("webp", True), ("png", True), ("tif", False)])
def test_an_animation_is_known_by_its_pictures(tmp_path, suffix, animated):
    one, other = (Image.new("RGB", (24, 16), colour) for colour in ("red", "blue"))
    one.save(tmp_path / f"several.{suffix}", save_all=True, append_images=[other])
    one.save(tmp_path / f"one.{suffix}")
    assert is_animated(tmp_path / f"several.{suffix}") is animated
    assert not is_animated(tmp_path / f"one.{suffix}")
    assert not is_animated(tmp_path / "none")
    red, _, blue = read_picture(tmp_path / f"several.{suffix}")[8, 12]
    assert red > 200 > 50 > blue  # the first one is read


@pytest.mark.skipif("AVIF" not in readable_formats(), reason="this Pillow reads no AVIF")
def test_avif_is_read_where_pillow_can(tmp_path):
    Image.new("RGB", (24, 16), (200, 40, 40)).save(tmp_path / "photo.avif")
    assert np.abs(read_picture(tmp_path / "photo.avif").astype(int) - (200, 40, 40)).max() < 8


def test_values_are_rounded_and_clipped():
    assert to_uint8(np.array([-3.0, 0.4, 0.6, 254.5, 254.6, 300.0])).tolist() == [0, 0, 1, 254, 255, 255]


def test_transparency_lies_on_white_and_orientation_is_heeded(tmp_path):
    Image.fromarray(np.array([[[255, 0, 0, 0], [255, 0, 0, 255]]], np.uint8), "RGBA").save(tmp_path / "alpha.png")
    assert read_picture(tmp_path / "alpha.png").tolist() == [[[255, 255, 255], [255, 0, 0]]]
    turned = Image.fromarray(frame("RG"))
    exif = turned.getexif()
    exif[0x0112] = 6  # the camera was turned: rotate clockwise to see it upright
    turned.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "turned.png"), frame("R", "G"))


def test_grey_pictures_keep_sixteen_bits(tmp_path):
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / "deep.png")
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "plain.png")
    assert read_grey(tmp_path / "deep.png")[0] == pytest.approx([0, 0.5, 1], abs=1e-4)
    assert read_grey(tmp_path / "plain.png")[0] == pytest.approx([0, 0.2, 1])


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    whole = tmp_path / "whole.png"
    write_png(whole, card((64, 64)))
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:200])
    for name, words in [
        ("none.png", "there is no such file"),
        ("text.png", "not a picture"),
        ("cut.png", "not a picture"),
        (".", "a folder, not a file"),
    ]:
        with pytest.raises(PictureError, match=words):
            read_picture(tmp_path / name)


def png_of(width, height):
    """A PNG file that says to be of this size; its pixels are missing."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    body = (struct.pack(">I", len(c)) + kind + c + struct.pack(">I", zlib.crc32(kind + c)) for kind, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def tiff_of_tiles(side):
    """A TIFF of 16x16 pixels whose only tile is `side` pixels wide and long."""
    tags = [(256, 16), (257, 16), (258, 8), (259, 1), (262, 1), (277, 1), (322, side), (323, side), (324, 8), (325, 256)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + bytes(256)


@pytest.mark.parametrize("read", [read_picture, read_grey, read_alpha])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (png_of(8001, 8000), "8001x8000 pixels; at most 64 million are read"),
        (png_of(1, 64_000_001), "1x64000001 pixels; at most 64 million are read"),
        (png_of(64_000_001, 1), "64000001x1 pixels; at most 64 million are read"),
        (png_of(14000, 13000), "more than 64 million pixels"),
        (png_of(2**31 - 1, 1), "more than 64 million pixels"),
        (tiff_of_tiles(30_000), "more than 64 million pixels"),
    ],
    ids=["square", "tall", "wide", "larger", "largest", "tiles"],
)
def test_a_picture_that_would_fill_the_memory_is_not_decoded(tmp_path, monkeypatch, read, data, said):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("it was decoded"))
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(PictureError) as error:
        read(tmp_path / "x")
    assert str(error.value) == f"{tmp_path / 'x'}: {said}"


def gif_with(before):
    """A GIF with blocks before its first frame."""
    file = io.BytesIO()
    Image.new("P", (4, 4)).save(file, "GIF")
    place = 13 + (3 << (file.getvalue()[10] & 7) + 1)
    return file.getvalue()[:place] + before + file.getvalue()[place:]


COMMENT = b"!\xfe" + (b"\xff" + bytes(255)) * 100 + b"\0"  # 25 kB


@pytest.mark.parametrize(
    ("before", "fine"),
    [
        (COMMENT * 40, True),
        (COMMENT * 60, False),
        (b"!\xfe" + (b"\xff" + bytes(255)) * 6000 + b"\0", False),
        (b"!\xfe" + b"\1x" * 700_000 + b"\0", False),
        (b"!\xfe\0" * 450_000, False),
        (b"x" + COMMENT * 60, False),
        (b"x" * 1_400_000, False),
    ],
    ids=["1 MB", "comments", "a comment", "small parts", "empty ones", "after junk", "junk"],
)
def test_a_gif_has_its_pixels_within_its_first_megabyte(tmp_path, monkeypatch, before, fine):
    (tmp_path / "x.gif").write_bytes(gif_with(before))
    if fine:
        assert read_picture(tmp_path / "x.gif").shape == (4, 4, 3)
        return
    monkeypatch.setattr("PIL.Image.open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(PictureError, match=r"x\.gif: more than 1 MB of texts before its pixels$"):
        read_picture(tmp_path / "x.gif")


@pytest.mark.parametrize("name", ["png", "jpeg", "webp", "gif", "bmp", "tiff"])
def test_formats_that_are_read(tmp_path, name):
    Image.fromarray(card((64, 48))).save(tmp_path / "x", name)
    assert read_picture(tmp_path / "x").shape == (48, 64, 3)


@pytest.mark.parametrize("name", ["eps", "pdf", "ppm", "tga", "ico", "jpeg2000", "sgi", "pcx", "im"])
def test_formats_that_are_not_opened(tmp_path, name):
    Image.fromarray(card((64, 48))).save(tmp_path / "x", name)
    with pytest.raises(PictureError, match="x: not a picture that can be read"):
        read_picture(tmp_path / "x")


def test_a_large_transparent_picture_is_composited_as_a_small_one(tmp_path):
    colours = np.random.default_rng(1).integers(0, 256, (600, 40, 4), np.uint8)  # more rows than are composited at once
    Image.fromarray(colours, "RGBA").save(tmp_path / "x.png")
    white = Image.new("RGBA", (40, 600), (255, 255, 255, 255))
    whole = Image.alpha_composite(white, Image.fromarray(colours, "RGBA")).convert("RGB")
    assert np.array_equal(read_picture(tmp_path / "x.png"), np.asarray(whole))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 4), np.uint8)])
def test_check_frame(wrong):
    with pytest.raises(ValueError, match="a frame is"):
        check_frame(wrong)
    with pytest.raises(ValueError, match="expected 8x4 pixels, got 4x8"):
        check_frame(np.zeros((8, 4, 3), np.uint8), (8, 4))


def test_resizing_takes_width_and_height():
    picture = resized(card((64, 32)), (24, 40))
    assert picture.shape == (40, 24, 3)
    assert resized(picture, (24, 40)) is picture


def test_the_test_card_tells_its_corners_apart():
    picture = card((96, 64))
    corners = {tuple(picture[y, x]) for y in (3, -4) for x in (3, -4)}
    assert picture.shape == (64, 96, 3)
    assert len(corners) == 4
