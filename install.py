"""What the extension needs beside the WebUI: installed in one go, never moving what the WebUI brought along.

The WebUI runs this file at each start. It looks whether modules can be found (not which package they come from: two packages
bring `cv2`, and both at once overwrite each other) and hands the versions that are there to pip as constraints.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

# module -> what to install when it is not there
NEEDED = {
    "cv2": "opencv-python-headless>=4.8,<5",
    "PIL": "pillow>=9.5,<14",
    "numpy": "numpy>=1.26,<3",
    "imageio_ffmpeg": "imageio-ffmpeg>=0.4.9,<1",
    "safetensors": "safetensors>=0.4.2,<1",
    "tqdm": "tqdm>=4.60,<5",
}

# what pip takes in a line of constraints: names by PEP 508, versions by PEP 440 without local parts such as +cu121
_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE)
_VERSION = re.compile(r"(\d+!)?\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)*", re.IGNORECASE)


def missing() -> list[str]:
    """Requirements of the modules that cannot be found."""
    return [requirement for module, requirement in NEEDED.items() if importlib.util.find_spec(module) is None]


def constraints() -> str:
    """The versions of all packages that are there, a line each, so that pip moves none of them.

    What pip could not read is left out: local builds, which are on no index, folders that a broken installation left behind
    (`~umpy-1.0.dist-info`), packages without a proper version.
    """
    versions = {}
    for distribution in metadata.distributions():
        name, version = _named(distribution)
        if _NAME.fullmatch(name) and _VERSION.fullmatch(version):
            versions[name] = version
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))


def _named(distribution: metadata.Distribution) -> tuple[str, str]:
    """(name, version) of what is installed, "" where its description has none or cannot be read."""
    try:
        described = distribution.metadata
        return str(described["Name"] or ""), str(described["Version"] or "")
    except Exception:  # a damaged installation raises whatever its Python version raises
        return "", ""


def _for_a_shell(arguments: list[str]) -> str:
    return subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)


def install(requirements: list[str]) -> None:
    """One pip call, wheels only. A failure is said and harms nobody: the tab then tells what is missing."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(constraints())
    pip = [sys.executable, "-m", "pip", "install", "--only-binary=:all:"]
    try:
        print(f"anim: installing {', '.join(requirements)}")
        subprocess.run([*pip, "--constraint", file.name, *requirements], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"pip ended with status {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else error
        advice = _for_a_shell([*pip, *requirements])
        print(f"anim: {', '.join(requirements)} could not be installed: {reason}; run: {advice}", file=sys.stderr)
    finally:
        Path(file.name).unlink()


def main() -> None:
    """Install what is missing, unless the WebUI was told not to."""
    if "--skip-install" in sys.argv or "--skip-install" in os.environ.get("COMMANDLINE_ARGS", "").split():
        return
    requirements = missing()
    if requirements:
        install(requirements)


if __name__ == "__main__":
    main()
