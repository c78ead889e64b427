"""What films of these tests read beside their settings: a sound, and a video of eight frames."""

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from tests.helpers import write_tone
from tests.media.test_source_video import write_film


def write_inputs(folder: Path) -> None:
    """Write sound.wav and video.mkv, a texture that moves to the right by two pixels a frame."""
    write_tone(folder / "sound.wav")
    (folder / "video.mkv").write_bytes(_video())


@lru_cache(maxsize=1)
def _video() -> bytes:
    texture = np.kron(np.random.default_rng(5).integers(0, 256, (12, 32, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        frames = np.stack([np.roll(texture, 2 * k, axis=1)[:, :64] for k in range(8)])
        return write_film(Path(folder) / "video.mkv", frames).read_bytes()
