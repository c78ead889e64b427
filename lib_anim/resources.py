"""Files that come along with the package: inside it when it is installed, beside it in a clone and in a WebUI's folder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lib_anim.errors import BadInput


def find(name: str) -> Path:
    """Where a file or folder of the repository's root is. Raises BadInput when it was not installed."""
    package = Path(str(resources.files("lib_anim")))
    places = (package / "data" / name, package.parent / name)  # pyproject.toml puts a wheel's into lib_anim/data
    found = next((path for path in places if path.exists()), None)
    if found is None:
        raise BadInput(f"{name} is in none of {places[0].parent} and {places[1].parent}; install sd-webui-anim again")
    return found


def bundled_films() -> dict[str, Path]:
    """The settings files that come along, by their names without ending; none when they were not installed."""
    try:
        folder = find("settings_defaults")
    except BadInput:
        return {}
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def film_named(file: str | Path) -> Path:
    """The file of this name; where there is none, the settings file that comes along under the name, if there is one."""
    path, bundled = Path(file), bundled_films().get(str(file))
    return bundled if bundled and not path.exists() else path
