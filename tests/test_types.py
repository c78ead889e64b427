"""What the type checker is told of OpenCV is so."""

import ast
from pathlib import Path

import cv2
import pytest

STUB = ast.parse((Path(__file__).parents[1] / "typings" / "cv2.pyi").read_text(encoding="utf-8"))


def names():
    """What the stub says that there is, methods as `Class.method`."""
    for node in STUB.body:
        match node:
            case ast.FunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name, body=body):
                yield from (f"{name}.{method.name}" for method in body if isinstance(method, ast.FunctionDef))
            case ast.AnnAssign(target=ast.Name(id=name)) if name.isupper():
                yield name


@pytest.mark.parametrize("name", sorted(set(names())))
def test_opencv_has_what_its_stub_says(name):
    thing = cv2
    for part in name.split("."):
        assert hasattr(thing, part)
        thing = getattr(thing, part)
