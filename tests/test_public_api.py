"""The public API: what is listed is there, typed, documented, and costs nothing to import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lib_anim

TEXT = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", lib_anim.__all__)
def test_every_listed_name_is_there_and_documented(name):
    thing = getattr(lib_anim, name)
    assert not isinstance(thing, type(sys)), "a module stands in its way"
    assert f"`{name}`" in TEXT


def test_the_list_is_sorted_and_type_checkers_see_the_same():
    tree = ast.parse(Path(lib_anim.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {(f"{one.module}", alias.name) for one in checked.body for alias in one.names}
    assert seen == {(f"lib_anim.{module}", name) for name, module in lib_anim._MODULE_OF.items()}
    assert lib_anim.__all__ == sorted(lib_anim._MODULE_OF)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'lib_anim' has no attribute 'Reell'"):
        lib_anim.Reell  # noqa: B018


def test_importing_the_package_imports_nothing_else():
    program = "import lib_anim, sys; print(sorted({'numpy', 'cv2', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
