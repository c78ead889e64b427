"""Faults of files that settings name, as problems of the setting. Not a feature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lib_anim.errors import FieldError, PictureError, Problem, SettingsError, VideoError
from lib_anim.messages import Message


@contextmanager
def file_problems(key: str, path: str, remedy: str) -> Iterator[None]:
    """Translate the faults of the file at `path`, which the setting `key` names, in the block. Raises SettingsError."""
    try:
        yield
        return
    except (PictureError, VideoError) as error:  # which name the file
        reason: str = error.message
    except FieldError as error:
        reason = Message("{path}: {said}", path=path, said=error.reason)
    except (OSError, ValueError) as error:
        reason = Message("{path}: {said}", path=path, said=error)
    raise SettingsError([Problem(key, reason, remedy)])
