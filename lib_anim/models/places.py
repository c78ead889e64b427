"""Where models that were fetched lie: a folder of this user on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ENVIRONMENT = "ANIM_CONFIG"  # a folder that is taken instead, such as a persistent one of a container
_NAME = "sd-webui-anim"


def fetched_models() -> Path | None:
    """Return the folder of fetched models, which may not be there yet; None if the user has no home folder."""
    if chosen := os.environ.get(_ENVIRONMENT):
        return Path(chosen) / "models"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / _NAME / "models"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / _NAME / "models"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / _NAME / "models"
