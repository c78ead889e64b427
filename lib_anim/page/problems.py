"""Problems as plain data for the page."""

from __future__ import annotations

from collections.abc import Mapping

from lib_anim import messages
from lib_anim.errors import Problem, SettingsError, Waiver
from lib_anim.page.excerpts import excerpt


def as_data(error: SettingsError, texts: Mapping[str, object] | None = None) -> list[dict[str, object]]:
    """Convert problems to plain data, with an excerpt around the place if `texts` has the field's text."""
    texts = texts or {}
    return [_problem(one, excerpt(texts.get(one.key), one.place)) for one in error.problems]


def _problem(one: Problem, there: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "key": one.key,
        "place": [messages.as_data(part) for part in one.place.parts()],
        "line": one.place.line,
        "column": one.place.column,
        "reason": messages.as_data(one.reason),
        "remedy": messages.as_data(one.remedy) if one.remedy else None,
        "missing": Waiver.LEAVE_OUT in one.waivers,
        "text": str(one),
        "excerpt": there,
    }
