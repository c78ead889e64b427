"""Settings files of other tools: where the settings are in them, and in which shapes they write prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from lib_anim.errors import FieldError
from lib_anim.messages import Message
from lib_anim.settings.legacy import ALIASES, Raw
from lib_anim.settings.table import FIELDS

DEEPEST = 3  # levels of objects in which settings are searched
NEGATIVE = " --neg "

# separators between the prompts of one text, the strictest first; behind each a frame and a colon follow
_NEXT = r"(?=\s*[\"']?\d+[\"']?\s*:)"
_SEPARATORS = (rf"\|{_NEXT}", rf"(?<=[\"'])\s*[,;\n]{_NEXT}", rf"\n{_NEXT}", rf",{_NEXT}")
_KEYED = re.compile(r"\s*[\"']?(\d+)[\"']?\s*:(.*)", re.DOTALL)


def unwrap(raw: Mapping[str, object], notes: list[str]) -> Raw:
    """Return the settings of a JSON object: its own keys, and those of the object in it that has most settings.

    APIs and job queues put settings one level down, such as {"deforum_settings": {…}}, {"input": {"settings": {…}}}; of a list
    of such objects the first is taken. `notes` says from where.
    """
    found = max(_objects(raw), key=lambda item: _count(item[1]), default=None)
    if found is None or _count(found[1]) <= _count(raw):
        return dict(raw)
    path, inner, length = found
    name = ".".join(path)
    if length > 1:
        notes.append(Message("{path}: of {n} settings the first are taken", path=name, n=length))
    else:
        notes.append(Message("the settings are taken from {path}", path=name))
    return {**{key: value for key, value in raw.items() if key != path[0]}, **inner}


def _objects(
    raw: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, object], int]]:
    """Yield (path, object, length of the list that it is the first of) for the objects in an object, settings aside."""
    for key, value in raw.items():
        if key in FIELDS or key in ALIASES:
            continue
        length = len(value) if isinstance(value, list) else 1
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, Mapping) and len(path) < DEEPEST:
            yield (*path, key), inner, length
            yield from _objects(inner, (*path, key))


def _count(raw: Mapping[str, object]) -> int:
    return sum(key in FIELDS or key in ALIASES for key in raw)


def is_foreign(raw: Mapping[str, object]) -> bool:
    """Return whether an object has keys and none of them is a setting."""
    return bool(raw) and not _count(raw)


def prompts_of_text(text: str) -> dict[str, str] | None:
    """Return the prompts by frame of a text such as "0: a | 50: b" or "0:'a',\\n16:'b'"; None if no frame begins it.

    AnimateDiff's way has lines before and after those of the frames, which are said at every frame.

    >>> prompts_of_text("0: a cat, 16:9 | 50: b")
    {'0': 'a cat, 16:9', '50': 'b'}
    >>> prompts_of_text("a hill\\n0: sun\\n8: rain\\nin oil")
    {'0': 'a hill, sun, in oil', '8': 'a hill, rain, in oil'}
    """
    if found := _between_lines(text):
        return found
    if not _KEYED.match(text):
        return None
    for separator in _SEPARATORS:
        parts = re.split(separator, text)
        if len(parts) > 1 and (found := _keyed(parts)):
            return found
    return _keyed([text])


def _between_lines(text: str) -> dict[str, str] | None:
    """Return the prompts of frames, one a line, with the lines before and after them; None if there are no such lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    keyed = [place for place, line in enumerate(lines) if _KEYED.match(line)]
    if not keyed or len(keyed) == len(lines) or keyed != list(range(keyed[0], keyed[-1] + 1)):
        return None
    head, tail = lines[: keyed[0]], lines[keyed[-1] + 1 :]
    prompts = _keyed(lines[keyed[0] : keyed[-1] + 1])
    if prompts is None or (not head and len(prompts) == 1):
        return None
    whole = {key: ", ".join(part.strip(" ,") for part in (*head, words, *tail) if part) for key, words in prompts.items()}
    return {"0": next(iter(whole.values())), **whole}  # before its first frame a text is said too


def _keyed(parts: Sequence[str]) -> dict[str, str] | None:
    """Return the prompts of "frame: text" parts, or None if frames do not rise."""
    matches = [match for part in parts if part.strip() and (match := _KEYED.match(part))]
    frames = [int(match[1]) for match in matches]
    if any(later <= earlier for earlier, later in pairwise(frames)):
        return None
    return {match[1]: _unquoted(match[2]) for match in matches}


def _unquoted(text: str) -> str:
    text = text.strip().rstrip(",;").strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def prompts_of_list(prompts: Sequence[object]) -> dict[str, object]:
    """Return prompts by frame of a list: pairs of frame and text, objects with `frame` and `prompt`, or texts, which are spread
    evenly over the film.

    Keys of evenly spread texts are formulas of max_f, so that they stay valid when the length of the film changes.
    """
    pairs = [_pair(one) for one in prompts]
    if pairs and all(pair is not None for pair in pairs):
        return {str(pair[0]): pair[1] for pair in pairs if pair is not None}
    return {str(i and f"(max_f+1)*{i}/{len(prompts)}"): one for i, one in enumerate(prompts)}


def _pair(one: object) -> tuple[object, object] | None:
    if isinstance(one, Mapping) and "frame" in one:
        return one["frame"], {key: value for key, value in one.items() if key != "frame"}
    if isinstance(one, list | tuple) and len(one) == 2 and isinstance(one[0], int):
        return one[0], one[1]
    return None


def prompt_text(value: object) -> object:
    """Return the text of a prompt that is an object such as {"prompt": …, "negative_prompt": …}; other values unchanged."""
    if not isinstance(value, Mapping):
        return value
    paint = next((value[key] for key in ("prompt", "text", "positive", "value") if isinstance(value.get(key), str)), None)
    avoid = next((value[key] for key in ("negative_prompt", "negative", "neg") if isinstance(value.get(key), str)), "")
    if paint is None:
        return value
    return f"{paint}{NEGATIVE}{avoid}" if avoid else paint


def words_of(value: object) -> str:
    """Return the words that go into every prompt, of a text, a list of texts, or an object with one text. Raises FieldError."""
    if isinstance(value, str):
        value = prompts_of_text(value) or value
    if isinstance(value, Mapping) and len(set(map(str, value.values()))) == 1:
        value = next(iter(value.values()))
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        value = ", ".join(value)
    if not isinstance(value, str):
        raise FieldError("these words go into every prompt, and stand here by frame", "put them into the prompts, behind --neg")
    return value
