"""Pictures in memory and on disk: frames, masks, reading, writing, resizing.

A frame is an `(H, W, 3) uint8 RGB` array, origin top-left: the only picture format that passes between modules. Files
are read and written by Python and coded in memory, because OpenCV's file functions fail silently on Windows for paths
outside of the system's code page.
"""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lib_anim.errors import FieldError, PictureError
from lib_anim.files import PICTURE, read_file, write_bytes
from lib_anim.images.texts import check_gif
from lib_anim.messages import Message

Pixel = TypeVar("Pixel", np.uint8, np.float32)  # a function of NDArray[Pixel] takes a frame or a mask and returns the same type

Frame = NDArray[np.uint8]  # (H, W, 3), RGB
Grey = NDArray[np.uint8]  # (H, W), levels 0..255
Mask = NDArray[np.float32]  # (H, W), 0..1
Channels = NDArray[np.float32]  # (H, W, n): n numbers for each pixel
Vectors = NDArray[np.float32]  # (H, W, 2): x and y for each pixel, in pixels
Matrix = NDArray[np.float64]  # (3, 3), of points (x, y, 1)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # Pillow knows others that start programs, such as EPS
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
MOST_PIXELS = 64_000_000  # of a picture file: 450 MB while it is read
_MOST_BEFORE = 5 * 2**18  # bytes of a GIF before its first frame; the settings in ours have up to 2**20
_BAND = 256  # rows that are composited at once, so that few copies of a large picture are held
_BAND_PIXELS = 2**15
_ORIENTATION, _TILE_WIDTH, _TILE_LENGTH = 0x0112, 322, 323  # tags of EXIF and TIFF

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = 33  # bytes: the signature and the IHDR chunk; other chunks may follow


def check_frame(frame: NDArray[Any], size: tuple[int, int] | None = None) -> Frame:
    """Return `frame` if it is a frame, and of `size` (width, height) if given. Raises ValueError."""
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(f"a frame is (H, W, 3) uint8; this is {frame.shape} {frame.dtype}")
    if size is not None and frame.shape[1::-1] != size:
        raise ValueError(f"expected {size[0]}x{size[1]} pixels, got {frame.shape[1]}x{frame.shape[0]}")
    return frame


def bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield the rows of a picture (H, W) in pieces, so small that work on one stays in the processor's cache."""
    rows = max(_BAND_PIXELS // shape[1], 1)
    for top in range(0, shape[0], rows):
        yield slice(top, min(top + rows, shape[0]))


def to_uint8(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Round to nearest and clip to 0..255. (A cast would truncate, which darkens, and overflow.)"""
    levels: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return levels


def read_picture(path: str | Path) -> Frame:
    """Read a picture file as a frame, turned by its EXIF, composited on white as WebUIs do. Raises PictureError."""
    image = _open(path)
    frame = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _BAND):
        band = image.crop((0, top, image.width, min(top + _BAND, image.height))).convert("RGBA")
        white = Image.new("RGBA", band.size, (255, 255, 255, 255))
        frame[top : top + _BAND] = np.asarray(Image.alpha_composite(white, band).convert("RGB"))
    return frame


def read_grey(path: str | Path) -> Mask:
    """Read the lightness of a picture file, 0..1; 16-bit pictures keep their precision. Raises PictureError."""
    image = _open(path)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float32)
        top = 65535.0 if values.max(initial=0.0) > 255.0 else 255.0
        light: Mask = np.clip(values / top, 0.0, 1.0)
        return light
    return np.asarray(image.convert("L"), np.float32) / 255.0


def read_alpha(path: str | Path) -> Mask:
    """Read the alpha of a picture file: 0 transparent .. 1 opaque. Raises PictureError."""
    return np.asarray(_open(path).convert("RGBA").getchannel("A"), np.float32) / 255.0


def readable_formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are read here; AVIF where this Pillow knows it (11.3 and later do)."""
    return (*FORMATS, "AVIF") if "AVIF" in Image.registered_extensions().values() else FORMATS


def picture_sides(path: str | Path) -> tuple[int, int]:
    """Return (width, height) of a picture file as it is seen, turned by its EXIF. Raises PictureError."""
    return _open(path).size


def is_animated(path: str | Path) -> bool:
    """Whether a picture file is an animation, of which the first picture is read; False for what cannot be read."""
    try:
        with open_picture(read_file(path, PICTURE)) as image:
            return image.format in _ANIMATED and getattr(image, "n_frames", 1) > 1
    except Exception:  # Pillow's decoders raise any class of error on damaged files
        return False


def open_picture(data: bytes) -> Image.Image:
    """Open a picture of one of FORMATS; its pixels are not decoded yet.

    Raises PictureError if it has more than MOST_PIXELS or too long texts; Pillow raises any class of error for other files.
    """
    try:
        if data.startswith(b"GIF8"):
            check_gif(data, _MOST_BEFORE)
    except ValueError:
        raise PictureError("more than 1 MB of texts before its pixels") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower
            image = Image.open(io.BytesIO(data), formats=readable_formats())
    except Image.DecompressionBombError:  # Pillow does not tell the size
        raise PictureError(Message("more than {n} million pixels", n=MOST_PIXELS // 10**6)) from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        text = "{width}x{height} pixels; at most {n} million are read"
        raise PictureError(Message(text, width=width, height=height, n=MOST_PIXELS // 10**6))
    tags = getattr(image, "tag_v2", {})  # a small TIFF can consist of huge tiles
    if tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_LENGTH, 0) > MOST_PIXELS:
        raise PictureError(Message("more than {n} million pixels", n=MOST_PIXELS // 10**6))
    return image


def _open(path: str | Path) -> Image.Image:
    try:
        data = read_file(path, PICTURE)
    except FieldError as error:
        raise PictureError(Message("{path}: {said}", path=path, said=error.reason)) from None
    try:
        image = open_picture(data)
        turned = image.getexif().get(_ORIENTATION, 1) != 1  # first: Pillow 9 closes a TIFF with its pixels
        image.load()
        return ImageOps.exif_transpose(image) if turned else image
    except PictureError as error:
        raise PictureError(Message("{path}: {said}", path=path, said=error.message)) from None
    except UnidentifiedImageError:
        raise PictureError(Message("{path}: not a picture that can be read", path=path)) from None
    except Exception as error:  # Pillow's decoders raise any class of error on damaged files
        raise PictureError(Message("{path}: not a picture that can be read: {error}", path=path, error=error)) from None


def encode_png(frame: Frame, chunk: bytes = b"") -> bytes:
    """Encode a frame as PNG; `chunk` is a complete PNG chunk to insert, such as a text. Raises PictureError."""
    done, data = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    if not done:
        raise PictureError("the picture cannot be coded as PNG")
    return b"".join((data[:_PNG_HEADER], chunk, data[_PNG_HEADER:]))


def encode_grey_16(light: Mask) -> bytes:
    """Encode lightness, 0..1, as a PNG of 16 bit; values beyond are cut off. Raises PictureError."""
    done, data = cv2.imencode(".png", np.rint(np.clip(light, 0.0, 1.0) * 65535.0).astype(np.uint16))
    if not done:
        raise PictureError("the picture cannot be coded as PNG")
    return data.tobytes()


def is_whole_png(data: bytes) -> bool:
    """Whether a PNG file is complete and undamaged: all chunks are there and their checksums are right."""
    at, kind = len(_PNG_SIGNATURE), b""
    if not data.startswith(_PNG_SIGNATURE):
        return False
    while at + 12 <= len(data):  # a chunk: length, type, content, checksum of type and content
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if zlib.crc32(memoryview(data)[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big") or end + 4 > len(data):
            return False
        at = end + 4
    return kind == b"IEND" and at == len(data)


def write_png(path: str | Path, frame: Frame, chunk: bytes = b"") -> None:
    """Write a PNG file atomically. Raises OSError, PictureError."""
    write_bytes(path, encode_png(frame, chunk))


def encode_jpeg(frame: Frame, quality: int = 90) -> bytes:
    """Encode a frame as JPEG; `quality` is 0..100. Raises PictureError."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise PictureError("the picture cannot be coded as JPEG")
    return data.tobytes()


def resized(frame: NDArray[Pixel], size: tuple[int, int]) -> NDArray[Pixel]:
    """Stretch a frame or a mask to `size` (width, height)."""
    if frame.shape[1::-1] == size:
        return frame
    smaller = frame.shape[1] >= size[0] and frame.shape[0] >= size[1]
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4)


def cropped(frame: NDArray[Pixel], size: tuple[int, int]) -> NDArray[Pixel]:
    """Cut a frame or a mask around its middle to the aspect ratio of `size` (width, height)."""
    height, width = frame.shape[:2]
    w = min(width, max(1, round(height * size[0] / size[1])))
    h = min(height, max(1, round(width * size[1] / size[0])))
    left, top = (width - w) // 2, (height - h) // 2
    return np.ascontiguousarray(frame[top : top + h, left : left + w])


def padded(frame: NDArray[Pixel], size: tuple[int, int]) -> NDArray[Pixel]:
    """Resize a frame or a mask, keeping its proportions, into `size` (width, height), and repeat its edges around it."""
    scale = min(size[0] / frame.shape[1], size[1] / frame.shape[0])
    w, h = (min(side, max(1, round(scale * own))) for side, own in zip(size, frame.shape[1::-1], strict=True))
    left, top = (size[0] - w) // 2, (size[1] - h) // 2
    inner = resized(frame, (w, h))
    return cv2.copyMakeBorder(inner, top, size[1] - h - top, left, size[0] - w - left, cv2.BORDER_REPLICATE)


def shrunk(frame: Frame, longest: int) -> Frame:
    """Shrink the frame, keeping its proportions, so that its longer side has at most `longest` pixels."""
    scale = longest / max(frame.shape[:2])
    if scale >= 1.0:
        return frame
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
