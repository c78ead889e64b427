"""The model that a film is painted with by a WebUI elsewhere, while people there choose theirs.

As long as they choose the film's, nothing is asked for with its pictures, so that a choice in the middle stays. Each answer
says what painted it. Once somebody chose another, the film's own is put in with each picture; the WebUI then puts back what
was chosen at the picture's beginning, and we what was chosen during it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from lib_anim.engines.record import ModelRecord
from lib_anim.engines.webui.job_fields import MODEL
from lib_anim.errors import AnimError

LOOK_S = 1.0  # so often it is looked for what somebody chooses while a picture is painted
_PARTS = re.compile(r"(Module \d+|Diffusion in Low Bits): ([^,]+)")  # of an infotext
_NAMES = ("sd_model_name", "sd_model_hash", "sd_vae_name")

Options = Mapping[str, Any]


class FilmsModel:
    """The film's `own` options that choose a model. `read` gives the WebUI's options as they are now, `write` sets some,
    `models` are its checkpoints as it lists them."""

    def __init__(
        self,
        own: Options,
        now: Options,
        models: Sequence[Options],
        read: Callable[[], Options],
        write: Callable[[Options], None],
    ):
        self._own, self._models, self._read, self._write = own, models, read, write
        self._put_in = not self._is_own(now)
        self._signature: tuple[object, ...] | None = None  # of a picture that the film's own model painted

    @contextmanager
    def painting(self) -> Iterator[Options]:
        """Around a picture: yields what is to be put in with it. What somebody chooses meanwhile is set again when the WebUI
        has put back what was there before."""
        if not self._put_in:
            yield {}
            return
        before, seen, over = self._read(), dict[str, Any](), threading.Event()
        watcher = threading.Thread(target=self._watch, args=(before, seen, over), daemon=True)
        watcher.start()
        try:  # no more than is needed: a Forge without its page knows no text encoders by name, and drops those it is told
            yield {key: value for key, value in self._own.items() if not self._is_own({key: before.get(key, value)})}
        finally:
            over.set()
            watcher.join()
            with suppress(AnimError):
                self._give_back(before, seen)

    def _give_back(self, before: Options, seen: Options) -> None:
        now = self._read()
        lost = {key: value for key, value in seen.items() if now.get(key) == before.get(key)}
        if lost:
            self._write(lost)
        self._put_in = not self._is_own({**now, **lost})

    def painted_by_another(self, info: str) -> bool:
        """Whether what the WebUI tells of a picture says that another model painted it."""
        told = _told(info)
        name, signature = told.get("sd_model_name"), _signature(told)
        if not name:
            return False
        if self._signature is None and name == self._stem(self._own.get("sd_model_checkpoint")):
            self._signature = signature
        other = signature != self._signature
        self._put_in = self._put_in or other
        return other and self._signature is not None

    def is_chosen(self) -> bool:
        """Whether the film's own model is what people there have chosen now; from now on it is put in where it is not."""
        try:
            chosen = self._is_own(self._read())
        except AnimError:  # it is gone; what it said before counts
            return True
        self._put_in = self._put_in or not chosen
        return chosen

    def _watch(self, before: Options, seen: dict[str, Any], over: threading.Event) -> None:
        while not over.wait(LOOK_S):
            with suppress(AnimError):
                now = self._read()
                seen |= {key: now[key] for key in self._own if now.get(key) not in (before.get(key), self._own[key])}

    def _is_own(self, now: Options) -> bool:
        return all(self._title(key, now.get(key, value)) == self._title(key, value) for key, value in self._own.items())

    def _title(self, key: str, value: Any) -> Any:
        """A checkpoint's title by any of its names; other values as they are."""
        found = known(self._models, value) if key == "sd_model_checkpoint" else None
        return found["title"] if found else value

    def _stem(self, checkpoint: Any) -> str:
        found = known(self._models, checkpoint)
        return _stem(str(found["title"] if found else checkpoint))


def model_options(options: Options, checkpoint: str | None) -> dict[str, Any]:
    """Those of the WebUI's options that choose the model, `checkpoint` in place of the chosen one."""
    found = {key: options[key] for key in MODEL if options.get(key) not in (None, "")}
    return {**found, "sd_model_checkpoint": checkpoint} if checkpoint else found


def known(models: Sequence[Options], checkpoint: object) -> Options | None:
    """The WebUI's entry for a checkpoint by any of the names that it goes by."""
    for one in models:
        title = str(one["title"])
        if checkpoint in (title, one["model_name"], one.get("hash"), title.partition(" [")[0], one.get("sha256"), _stem(title)):
            return one
    return None


def recorded(options: Options, models: Sequence[Options], loras: Mapping[str, str]) -> ModelRecord:
    """What options that choose a model come to, for the record; only what is there."""
    found = known(models, options.get("sd_model_checkpoint"))
    modules, vae = options.get("forge_additional_modules"), options.get("sd_vae")
    return ModelRecord(
        host="a WebUI over HTTP",
        checkpoint=_stem(str(found["title"])) if found else "",
        checkpoint_hash=str(found.get("hash") or "") if found else "",
        vae="" if modules is not None or vae in (None, "", "Automatic", "None") else str(vae),
        modules=tuple(re.split(r"[/\\]", str(path))[-1] for path in _list(modules)),
        precision=str(options.get("forge_unet_storage_dtype") or "").replace("Automatic", ""),
        loras=loras,
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _stem(title: str) -> str:
    """ "folder/name.safetensors [abc]" -> "name"."""
    return re.split(r"[/\\]", title.partition(" [")[0])[-1].rpartition(".")[0]


def _told(info: str) -> Mapping[str, Any]:
    try:
        told = json.loads(info)
    except (TypeError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _signature(told: Mapping[str, Any]) -> tuple[object, ...]:
    texts = told.get("infotexts")
    text = str(texts[0]) if isinstance(texts, list) and texts else ""
    return (*(told.get(key) for key in _NAMES), *_PARTS.findall(text.rpartition("\n")[2]))
