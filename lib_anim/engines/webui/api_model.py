"""The model of a film that a WebUI paints over HTTP, while other users of that WebUI can choose another model.

While the film's model is the chosen one, requests do not set it, so a user's choice during a picture persists. Each answer
says which model painted it. Once a user has chosen another model, each request overrides it with the film's model. After the
picture the WebUI restores what was chosen when the picture began, and this module what was chosen during it.
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

LOOK_S = 1.0  # interval between looks at the WebUI's options while it paints
_PARTS = re.compile(r"(Module \d+|Diffusion in Low Bits): ([^,]+)")  # in an infotext
_SUFFIX = re.compile(r"\.(safetensors|sft|ckpt|pt|pth|bin|gguf)$", re.IGNORECASE)
_NAMES = ("sd_model_name", "sd_model_hash", "sd_vae_name")

Options = Mapping[str, Any]


class FilmsModel:
    """Keeps a film on its model. `own` has the options that choose that model, `now` the WebUI's current ones.

    `read` returns the WebUI's current options, `write` sets some, and `models` is its list of checkpoints.
    """

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
        self._signature: tuple[object, ...] | None = None  # of a picture by the film's own model; None before the first

    @contextmanager
    def painting(self) -> Iterator[Options]:
        """A context for one picture. Yields the options to override in its request.

        When the WebUI has restored its options, what a user chose during the picture is set again.
        """
        if not self._put_in:
            yield {}
            return
        before, seen, over = self._read(), dict[str, Any](), threading.Event()
        watcher = threading.Thread(target=self._watch, args=(before, seen, over), daemon=True)
        watcher.start()
        try:  # only options that differ: a Forge without its page knows no text encoders by name, and drops the ones it is sent
            yield {key: value for key, value in self._own.items() if not self._is_own({key: before.get(key, value)})}
        finally:
            over.set()
            watcher.join()
            with suppress(AnimError):
                self._restore(before, seen)

    def _restore(self, before: Options, seen: Options) -> None:
        """Set again what a user chose during the picture and the WebUI overwrote."""
        now = self._read()
        lost = {key: value for key, value in seen.items() if now.get(key) == before.get(key)}
        if lost:
            self._write(lost)
        self._put_in = not self._is_own({**now, **lost})

    def painted_by_another(self, info: str) -> bool:
        """Return whether a picture's `info`, JSON of the WebUI, says that another model painted it."""
        facts = _parsed(info)
        signature = _signature(facts)
        if not (facts.get("sd_model_name") or facts.get("sd_model_hash")):
            return False
        if self._signature is None and self._is_named(facts):
            self._signature = signature
        other = signature != self._signature
        self._put_in = self._put_in or other
        return other and self._signature is not None

    def is_chosen(self) -> bool:
        """Return whether the film's model is chosen now. If it is not, later requests override the model."""
        try:
            chosen = self._is_own(self._read())
        except AnimError:  # it cannot be reached; its earlier answer stands
            return True
        self._put_in = self._put_in or not chosen
        return chosen

    def _watch(self, before: Options, seen: dict[str, Any], over: threading.Event) -> None:
        """Collect in `seen` what users choose until `over` is set. Runs in a thread."""
        while not over.wait(LOOK_S):
            with suppress(AnimError):
                now = self._read()
                seen |= {key: now[key] for key in self._own if now.get(key) not in (before.get(key), self._own[key])}

    def _is_own(self, now: Options) -> bool:
        return all(self._title(key, now.get(key, value)) == self._title(key, value) for key, value in self._own.items())

    def _title(self, key: str, value: Any) -> Any:
        """Return the title of a checkpoint, given by any of its names; other values unchanged."""
        found = known(self._models, value) if key == "sd_model_checkpoint" else None
        return found["title"] if found else value

    def _is_named(self, facts: Options) -> bool:
        """Return whether a picture's facts name the film's checkpoint, by its name or, as in SD.Next, by its hash alone."""
        checkpoint = self._own.get("sd_model_checkpoint")
        found = known(self._models, checkpoint)
        if name := facts.get("sd_model_name"):
            return bool(name == _stem(str(found["title"] if found else checkpoint)))
        return found is not None and facts.get("sd_model_hash") == found.get("hash")


def model_options(options: Options, checkpoint: str | None) -> dict[str, Any]:
    """Return the options that choose the model, with `checkpoint`, if given, in place of the chosen one."""
    found = {key: options[key] for key in MODEL if options.get(key) not in (None, "")}
    return {**found, "sd_model_checkpoint": checkpoint} if checkpoint else found


def known(models: Sequence[Options], checkpoint: object) -> Options | None:
    """Return the WebUI's entry for a checkpoint, given by any of its names or hashes; None if there is none."""
    for one in models:
        title = str(one["title"])
        if checkpoint in (title, one["model_name"], one.get("hash"), title.partition(" [")[0], one.get("sha256"), _stem(title)):
            return one
    return None


def recorded(options: Options, models: Sequence[Options], loras: Mapping[str, str]) -> ModelRecord:
    """Return the record of the model that `options` choose, as far as available; `loras` is name -> hash."""
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
    """ "folder/name.safetensors [abc]" -> "name"; SD.Next's titles have no suffix."""
    return _SUFFIX.sub("", re.split(r"[/\\]", title.partition(" [")[0])[-1])


def _parsed(info: str) -> Mapping[str, Any]:
    """Parse a picture's `info`; empty if it is no JSON object."""
    try:
        facts = json.loads(info)
    except (TypeError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _signature(facts: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what identifies the model in a picture's `info`: checkpoint, VAE, modules and precision."""
    texts = facts.get("infotexts")
    text = str(texts[0]) if isinstance(texts, list) and texts else ""
    return (*(facts.get(key) for key in _NAMES), *_PARTS.findall(text.rpartition("\n")[2]))
