"""Small models of both shapes with networks beside them: FOLDER/KIND, and FOLDER/KIND_nets. A test file gives the `folder`."""

import pytest

from lib_anim.engines.diffusers.engine import DiffusersEngine


def load(folder, kind, **changes):
    return DiffusersEngine.load(folder / kind, device="cpu", controlnet_folders=[str(folder / f"{kind}_nets")], **changes)


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def engine(folder, kind):
    return load(folder, kind)


@pytest.fixture(scope="module")
def sd(folder):
    return load(folder, "sd")
