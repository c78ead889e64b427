"""What the extension needs beside the WebUI: installed in one go, never moving what the WebUI brought along.

The WebUI runs this file at each start. It looks whether modules can be found (not which package they come from: two packages
bring `cv2`, and both at once overwrite each other) and hands the versions that are there to pip as constraints.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

# module -> what to install when it is not there
NEEDED = {
    "cv2": "opencv-python-headless<5",
    "PIL": "pillow",
    "numpy": "numpy",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "safetensors": "safetensors",
    "tqdm": "tqdm",
}


def missing() -> list[str]:
    """Requirements of the modules that cannot be found."""
    return [requirement for module, requirement in NEEDED.items() if importlib.util.find_spec(module) is None]


def constraints() -> str:
    """The versions of all packages that are there, a line each, so that pip moves none of them."""
    versions = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.version
        if name and version and "+" not in version:  # local builds (torch 2.1.2+cu121) are on no index
            versions[name] = version
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))


def install(requirements: list[str]) -> None:
    """One pip call, wheels only. A failure is said and harms nobody: the tab then tells what is missing."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(constraints())
    command = [sys.executable, "-m", "pip", "install", "--only-binary=:all:", "--constraint", file.name, *requirements]
    try:
        print(f"anim: installing {', '.join(requirements)}")
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"anim: could not be installed: {error}; run {' '.join(command[3:])} yourself", file=sys.stderr)
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
