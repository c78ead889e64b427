"""What films of these tests read: a video of eight frames in the folder that they run in."""

import numpy as np
import pytest

from tests.media.test_source_video import write_film


@pytest.fixture(scope="session")
def video_folder(tmp_path_factory):
    """A folder with video.mkv in it: a texture that moves to the right by two pixels a frame."""
    folder = tmp_path_factory.mktemp("video")
    texture = np.kron(np.random.default_rng(5).integers(0, 256, (12, 32, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    write_film(folder / "video.mkv", np.stack([np.roll(texture, 2 * k, axis=1)[:, :64] for k in range(8)]))
    return folder
