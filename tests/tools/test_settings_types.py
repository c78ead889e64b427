"""The types that the page's scripts are checked with are those of the table of settings."""

import pytest

from tools import settings_types


def test_the_file_is_up_to_date():
    written = settings_types.FILE.read_text(encoding="utf-8")
    assert written == settings_types.declarations(), "write it anew: python -m tools.settings_types"


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer"}, "number"),
        ({"type": ["string", "number"]}, "string | number"),
        ({"type": ["integer", "number"]}, "number"),
        ({"type": "string", "enum": ["None", 'a "b"']}, r'"None" | "a \"b\""'),
        ({"type": "object"}, "Record<string, unknown>"),
        ({}, "unknown"),
    ],
)
def test_a_schema_as_a_type(schema, written):
    assert settings_types.type_of(schema) == written
