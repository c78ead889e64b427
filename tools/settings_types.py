"""The types of all settings for the page's scripts, from the JSON Schema: `python -m tools.settings_types` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lib_anim.settings.settings import json_schema

FILE = Path(__file__).parent.parent / "javascript" / "types" / "settings.d.ts"
HEAD = "/* All settings, by their keys. Written by `python -m tools.settings_types` from the table of settings. */"
TYPES = {"string": "string", "boolean": "boolean", "number": "number", "integer": "number", "object": "Record<string, unknown>"}


def type_of(schema: Mapping[str, object]) -> str:
    """A JSON Schema of one setting as a TypeScript type; `unknown` where it allows anything."""
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    named = schema.get("type", [])
    names = [named] if isinstance(named, str) else named
    return " | ".join(dict.fromkeys(TYPES[name] for name in names)) or "unknown"


def declarations() -> str:
    """The text of the file."""
    settings = json_schema()["properties"]
    rows = [f"    /** {schema['title']} */\n    {key}: {type_of(schema)};" for key, schema in settings.items()]
    return "\n".join([HEAD, "export interface Settings {", *rows, "}", ""])


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8", newline="\n")
