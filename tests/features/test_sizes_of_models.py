"""Sizes that a model does not paint are told before the first picture, with the nearest that works."""

import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.errors import SettingsError
from lib_anim.shot.steps import Tools
from tests.helpers import shot


@pytest.mark.parametrize(
    ("step", "size", "said"),
    [
        (8, (520, 264), None),
        (8, (521, 264), None),  # the plan rounds down to 520
        (16, (512, 256), None),
        (16, (520, 256), "W: 520x256 cannot be painted; both sides of this model's pictures must be multiples of 16"),
        (16, (520, 256), "set W to 528 and H to 256"),
        (16, (512, 264), "H: 512x264 cannot be painted"),
        (64, (512, 40), "set W to 512 and H to 64"),
        (64, (512, 24), "set W to 512 and H to 64"),  # not 0
        (64, (480, 95), "set W to 512 and H to 64"),
    ],
)
def test_sizes(step, size, said):
    def film():
        return shot(Tools(Capabilities(size_step=step)), W=size[0], H=size[1], max_frames=1)

    if said is None:
        assert film().plan.size == (size[0] // 8 * 8, size[1])
        return
    with pytest.raises(SettingsError) as error:
        film()
    assert said in str(error.value)
