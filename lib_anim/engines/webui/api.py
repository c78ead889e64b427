"""The painter that is a WebUI somewhere else, over its HTTP interface (`--api`): AUTOMATIC1111, reForge, the Forges.

One picture is one request. A picture that has arrived is never asked for again; where the connection broke before, it is,
with the same seed.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, Palette, Sampled, SampleRequest
from lib_anim.engines.record import ModelRecord, lora_hashes
from lib_anim.engines.webui.api_model import FilmsModel, known, model_options, recorded
from lib_anim.engines.webui.host_errors import BLACK, of_size
from lib_anim.engines.webui.job_fields import (
    MODEL,
    OPTIONAL_FIELDS,
    job_fields,
    options_of,
    over_a_picture,
    scheduled_words,
    vae_names,
)
from lib_anim.errors import Blank, EngineError, Interrupted, ModelError, OutOfMemory, ran_out_of_memory
from lib_anim.extras import how_to_install
from lib_anim.images.frame import Frame, encode_png, open_picture
from lib_anim.messages import Message, one_line
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

DEFAULT_URL = "http://127.0.0.1:7860"
PATIENCE = 3  # times that a picture which somebody else interrupted is begun again
CONNECT_S, PAINT_S = 10.0, 3600.0  # an old card may take long over a large picture
_FULL_VAE = "--no-half-vae, a Forge Neo with --fp32-vae"
RETRY_S = 300.0  # so long a WebUI may be away in the middle of a film


class WebuiApiEngine(Engine):
    """Paints with the WebUI at `url`, which may carry `user:password@`. `checkpoint` is one of its own by any name it knows;
    `model` are options that choose one, else those that are chosen now."""

    name = "webui-api"

    def __init__(
        self,
        url: str = DEFAULT_URL,
        checkpoint: str | None = None,
        *,
        retry_s: float = RETRY_S,
        model: Mapping[str, object] | None = None,
    ):
        self.url, auth = split_login(url)
        self._client = _client(self.url, auth)
        self._retry_s = retry_s
        self._checkpoint = self._known(checkpoint) if checkpoint else None
        self._chosen = model

    @cached_property
    def capabilities(self) -> Capabilities:
        """What the WebUI offers. Raises ModelError when none answers."""
        samplers = tuple(one["name"] for one in self._list("samplers")) or SAMPLERS
        schedulers = tuple(one["label"] for one in self._list("schedulers")) or SCHEDULERS
        words = {*OPTIONAL_FIELDS, *scheduled_words(self._options.__contains__)}
        vaes = vae_names(one["model_name"] for one in self._list("sd-vae")) if "sd_vae" in words else ()
        return Capabilities(samplers, schedulers, frozenset(words), tuple(one["title"] for one in self._models), vaes)

    def palette(self) -> Palette:
        """The WebUI's LoRAs and styles, as it knows them now. Raises ModelError when none answers."""
        styles = [(one["name"], one.get("prompt"), one.get("negative_prompt")) for one in self._list("prompt-styles")]
        return Palette.of((one["name"] for one in self._list("loras")), styles)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture; begin again when somebody else's interrupt hit it, or a model that somebody chose."""
        for attempt in range(PATIENCE):
            answer = self._painted(request)
            if answer and not self._was_interrupted():
                return Sampled(self._picture(answer, request), request.seed, {"begun_again": attempt} if attempt else {})
            if not self.wanted():
                raise Interrupted(f"{self.url}: the WebUI interrupted the picture")
        raise Interrupted(f"{self.url}: the WebUI interrupted the picture again and again")

    def options(self) -> Mapping[str, object]:
        """The options that choose this film's model."""
        return model_options(self._options if self._chosen is None else self._chosen, self._checkpoint)

    def chosen_now(self) -> Mapping[str, object]:
        """The options that choose a model, as people there have them now. Raises ModelError when none answers."""
        return model_options(self._get("options"), self._checkpoint)

    def record(self, texts: Iterable[str]) -> ModelRecord:
        """What a film with these prompts is painted with; only what is there."""
        loras = {name: entry for entry in self._loras_of(texts) for name in (entry["name"], entry.get("alias")) if name}

        def hash_of(name: str) -> str | None:
            return str((loras[name].get("metadata") or {}).get("sshs_model_hash") or "")[:12] if name in loras else None

        return recorded(self.options(), self._models, lora_hashes(texts, hash_of))

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _painted(self, request: SampleRequest) -> dict[str, Any] | None:
        """The WebUI's answer; None where a choice of people there came into the picture."""
        chosen_by_film = any(key in request.overrides for key in MODEL)
        try:
            with self._model.painting() as model:
                task, fields = self._job(request, model)
                answer = self._patiently(lambda: self._post(task, fields))
        except EngineError:
            if self._model.is_chosen():
                raise
            return None
        except BaseException as ending:
            if not isinstance(ending, Exception):  # Ctrl-C: the WebUI need not go on painting
                with suppress(Exception):
                    self._client.post("/sdapi/v1/interrupt", timeout=CONNECT_S)
            raise
        return None if not chosen_by_film and self._model.painted_by_another(answer.get("info", "")) else answer

    def _job(self, request: SampleRequest, model: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Which task, and its fields as JSON, with options that choose a model."""
        options = options_of(request, self._options.__contains__, model)
        fields = job_fields(request) | {"override_settings": options}
        fields |= {"send_images": True, "save_images": False}
        if request.init is not None:
            fields |= over_a_picture(request) | {"init_images": [_as_text(request.init)]}
            if request.mask is not None:
                mask = np.repeat(((request.mask >= 0.5) * np.uint8(255))[..., None], 3, axis=2)
                fields |= {"mask": _as_text(mask), "mask_blur": 0}
        task = "txt2img" if request.init is None else "img2img"
        return task, {key: value for key, value in fields.items() if value is not None}

    def _picture(self, answer: dict[str, Any], request: SampleRequest) -> Frame:
        images = answer.get("images") or []
        if not images:
            raise EngineError(f"{self.url}: the WebUI answered without a picture")
        data = base64.b64decode(str(images[0]).rpartition(",")[2])
        frame = np.ascontiguousarray(np.asarray(open_picture(data).convert("RGB")))
        if not frame.any():
            raise Blank(Message(BLACK, flag=_FULL_VAE))
        return _rounded(of_size(frame, request.size), request.index)

    # -- talking ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _options(self) -> dict[str, object]:
        options: dict[str, object] = self._get("options")
        return options

    @cached_property
    def _model(self) -> FilmsModel:
        return FilmsModel(self.options(), self._options, self._models, lambda: self._get("options"), self._set)

    def _loras_of(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        return self._list("loras") if any("<lora:" in text for text in texts) else []

    def _set(self, options: Mapping[str, object]) -> None:
        self._client.post("/sdapi/v1/options", json=dict(options), timeout=_times(PAINT_S))  # the answer is empty

    @cached_property
    def _models(self) -> list[dict[str, Any]]:
        return self._list("sd-models")

    def _known(self, checkpoint: str) -> str:
        """The WebUI's title of a checkpoint. Raises ModelError."""
        found = known(self._models, checkpoint)
        if found:
            return str(found["title"])
        there = ", ".join(one["model_name"] for one in self._models[:8]) or "none"
        raise ModelError(f"{self.url}: the WebUI has no checkpoint '{checkpoint}'; there is {there}")

    def _was_interrupted(self) -> bool:
        """Whether the picture just painted is a half-finished one."""
        try:
            state = self._patiently(lambda: self._checked(self._client.get("/sdapi/v1/progress?skip_current_image=true")))
        except EngineError:
            return False  # a host without this route
        return bool(state.get("state", {}).get("interrupted") or state.get("state", {}).get("skipped"))

    def _list(self, what: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._get(what)
            return found
        except EngineError:
            return []  # older hosts have no schedulers, and some no LoRAs

    def _get(self, what: str) -> Any:
        """A list of the WebUI's, asked for before the film. Raises ModelError when nobody answers."""
        import httpx

        try:
            return self._checked(self._client.get(f"/sdapi/v1/{what}"))
        except (httpx.TransportError, httpx.InvalidURL) as error:
            why = one_line(str(error)) or type(error).__name__
            raise ModelError(f"{self.url}: no WebUI answers ({why}); start it with --api, and name it with --url") from None

    def _post(self, task: str, fields: dict[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = self._checked(self._client.post(f"/sdapi/v1/{task}", json=fields, timeout=_times(PAINT_S)))
        return answer

    def _patiently(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """An answer, however often the connection breaks within RETRY_S."""
        import httpx

        until, pause = time.monotonic() + self._retry_s, 0.5
        while True:
            try:
                return ask()
            except httpx.TransportError as error:
                if time.monotonic() + pause > until:
                    why = one_line(str(error)) or type(error).__name__
                    raise EngineError(f"{self.url}: the WebUI is gone ({why}); anim run --resume DIR goes on later") from error
                time.sleep(pause)
                pause = min(2.0 * pause, 15.0)

    def _checked(self, response: Any) -> Any:
        """The JSON of a good answer; the WebUI's own words about a bad one."""
        if response.status_code == 401:
            raise ModelError(f"{self.url}: the WebUI wants a login; write --url http://user:password@host:port")
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code == 200 and answer is not None:
            return answer
        told = answer if isinstance(answer, dict) else {}
        why = one_line(str(told.get("errors") or told.get("detail") or told.get("error") or response.reason_phrase), 300)
        if ran_out_of_memory(str(told.get("error")), why):
            raise OutOfMemory("start the WebUI with --medvram", why)
        if "NansException" in str(told.get("error")):
            raise Blank(f"the WebUI's model gave no numbers: {why}")
        raise EngineError(f"{self.url}: the WebUI could not do it: {why} (status {response.status_code})")


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its login, and the login. Raises ModelError."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError(f"--url {url}: not an address; write http://host:port")
    host = parts.netloc.rpartition("@")[2]
    auth = (parts.username, parts.password or "") if parts.username else None
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), auth


def _client(url: str, auth: tuple[str, str] | None) -> Any:
    try:
        import httpx
    except ImportError:
        raise ModelError(f"--engine webui-api needs httpx: {how_to_install('api')}") from None
    return httpx.Client(base_url=url, auth=auth, timeout=_times(60.0))


def _times(read_s: float) -> Any:
    import httpx

    return httpx.Timeout(read_s, connect=CONNECT_S)


def _as_text(frame: Frame) -> str:
    return base64.b64encode(encode_png(frame)).decode("ascii")


def _rounded(frame: Frame, index: int) -> Frame:
    """The frame with what the host cut off added again: it drops the fraction of every level, half a level in the mean.

    Every other pixel gets a whole level, by turns from frame to frame, so that a long film neither darkens nor shows a grain.
    """
    height, width = frame.shape[:2]
    board = (np.add.outer(np.arange(height), np.arange(width)) + index) % 2 == 0
    lifted = np.where(frame == 255, frame, frame + np.uint8(1))
    return np.where(board[..., None] & (frame > 0), lifted, frame)
