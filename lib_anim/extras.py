"""Optional dependencies: how to install them."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra of pyproject.toml, from the folder of a clone or by the package's name."""
    if not (_ROOT / "pyproject.toml").is_file():
        return f'pip install "sd-webui-anim[{extra}]"'
    folder = "." if Path.cwd() == _ROOT else _ROOT
    return f'pip install -e "{folder}[{extra}]"'
