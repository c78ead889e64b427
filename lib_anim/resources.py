"""Bundled files: inside an installed package, beside it in a clone or a WebUI's folder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lib_anim.errors import BadInput


def find(name: str) -> Path:
    """Return the path of a file or folder of the repository's root. Raises BadInput if it is not installed."""
    package = Path(str(resources.files("lib_anim")))
    places = (package / "data" / name, package.parent / name)  # pyproject.toml puts them into lib_anim/data in a wheel
    found = next((path for path in places if path.exists()), None)
    if found is None:
        raise BadInput(f"{name} is in none of {places[0].parent} and {places[1].parent}; install sd-webui-anim again")
    return found


def bundled_films() -> dict[str, Path]:
    """Return the bundled settings files: name without suffix -> path; empty if they are not installed."""
    try:
        folder = find("settings_defaults")
    except BadInput:
        return {}
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def film_named(file: str | Path) -> Path:
    """Return the path `file`; if it does not exist, the bundled settings file of that name, if there is one."""
    path, bundled = Path(file), bundled_films().get(str(file))
    return bundled if bundled and not path.exists() else path
