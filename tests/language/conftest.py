"""What is read once is kept; each test reads its texts anew, so that none depends on those before it."""

import pytest

from lib_anim.language import expressions, mask_expressions, prompts


@pytest.fixture(autouse=True)
def _nothing_read_yet():
    for kept in (expressions._parse, mask_expressions._parse, prompts._blended):
        kept.cache_clear()
