"""The engine `webui-api`: paints with a WebUI over its HTTP interface (`--api`): AUTOMATIC1111, reForge, the Forges.

One picture is one request. If the connection breaks before the answer arrives, the same request is sent again, with the same
seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, Palette, Sampled, SampleRequest
from lib_anim.engines.record import ModelRecord, lora_hashes
from lib_anim.engines.webui import answers, api_scripts, host_presets
from lib_anim.engines.webui.address import split_login
from lib_anim.engines.webui.api_controlnet import ApiControlNet
from lib_anim.engines.webui.api_model import FilmsModel, known, model_options, recorded
from lib_anim.engines.webui.controlnet_units import with_controlnet
from lib_anim.engines.webui.host_errors import BLACK
from lib_anim.engines.webui.job_fields import (
    MODEL,
    OPTIONAL_FIELDS,
    SCRIPTS,
    job_fields,
    options_of,
    over_a_picture,
    scheduled_words,
    vae_names,
)
from lib_anim.errors import Blank, Disturbed, EngineError, ModelError, OutOfMemory, ran_out_of_memory
from lib_anim.extras import how_to_install
from lib_anim.images.frame import Frame
from lib_anim.messages import Message, one_line
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

_Read = TypeVar("_Read")

DEFAULT_URL = "http://127.0.0.1:7860"
CONNECT_S, LIST_S, PAINT_S = 10.0, 60.0, 3600.0  # an old card may need long for a large picture
_FULL_VAE = "--no-half-vae, a Forge Neo with --fp32-vae"
_LOSSY = "the WebUI sends its pictures as {format}, so each loses a little; choose png as its file format for images"
RETRY_S = 300.0  # how long a WebUI may be unreachable in the middle of a film


class WebuiApiEngine(Engine):
    """Paints with the WebUI at `url`, which may contain `user:password@`.

    `checkpoint` is one of its checkpoints, by any name that it knows. `model` has the options that choose the film's model; the
    default is what the WebUI uses now. Raises ModelError for an invalid address, an unknown checkpoint, or without httpx.
    """

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
        """What the WebUI supports. Raises ModelError if none answers."""
        samplers = tuple(one["name"] for one in self._list("samplers", "name")) or SAMPLERS
        schedulers = tuple(one["label"] for one in self._list("schedulers", "label")) or SCHEDULERS
        words = {*OPTIONAL_FIELDS, *scheduled_words(self._options.__contains__), SCRIPTS}
        vaes = vae_names(one["model_name"] for one in self._list("sd-vae", "model_name")) if "sd_vae" in words else ()
        checkpoints, scripts = tuple(one["title"] for one in self._models), api_scripts.known(self._scripts)
        step = host_presets.size_step(self._options)
        found = Capabilities(samplers, schedulers, frozenset(words), checkpoints, vaes, scripts=scripts, size_step=step)
        return with_controlnet(found, self._controlnet.lists)

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Return a note if the WebUI's pictures lose something on their way here. Raises ModelError if none answers."""
        kind = _text(self._options.get("samples_format")).lower()
        lossy = kind in ("jpg", "jpeg") or (kind == "webp" and not self._options.get("webp_lossless"))
        return [Message(_LOSSY, format=kind)] if lossy else []

    def palette(self) -> Palette:
        """Return the LoRAs and styles that the WebUI has now. Raises ModelError if none answers."""
        found = self._list("prompt-styles", "name")
        styles = [(one["name"], *(_text(one.get(key)) for key in ("prompt", "negative_prompt"))) for one in found]
        return Palette.of((one["name"] for one in self._list("loras", "name")), styles)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises Disturbed if somebody else interrupted it or chose another model meanwhile."""
        try:
            return self._paint_whole(request)
        except answers.Unreadable as error:
            raise EngineError(Message("{url}: {said}", url=self.url, said=error)) from None

    def options(self) -> Mapping[str, object]:
        """Return the WebUI options that choose this film's model."""
        return model_options(self._options if self._chosen is None else self._chosen, self._checkpoint)

    def chosen_now(self) -> Mapping[str, object]:
        """Return the options that choose the model which the WebUI uses now. Raises ModelError if none answers."""
        return model_options(self._options_now(), self._checkpoint)

    def record(self, texts: Iterable[str]) -> ModelRecord:
        """Return the record of the model and of the LoRAs that the prompts `texts` name, as far as available."""
        loras = {name: entry for entry in self._loras_of(texts) for name in (entry["name"], _text(entry.get("alias"))) if name}

        def hash_of(name: str) -> str | None:
            metadata = loras[name].get("metadata") if name in loras else None
            told = metadata.get("sshs_model_hash") if isinstance(metadata, dict) else ""
            return str(told or "")[:12] if name in loras else None

        return recorded(self.options(), self._models, lora_hashes(texts, hash_of))

    def _paint_whole(self, request: SampleRequest) -> Sampled:
        answer = self._painted(request)
        if answer is None or self._was_interrupted():
            raise Disturbed(Message("{url}: the WebUI interrupted the picture", url=self.url))
        frame = self._picture(answer, request)
        return Sampled(frame, request.seed, self._controlnet.notes(answer.get("images"), request.controls))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _painted(self, request: SampleRequest) -> dict[str, Any] | None:
        """Return the WebUI's answer, or None if somebody there chose another model during the picture."""
        chosen_by_film = any(key in request.overrides for key in MODEL)
        try:
            with self._model.painting() as model:
                task, fields = self._job(request, model)
                answer = self._patiently(lambda: self._post(task, fields, answers.most_of_a_picture(request.size)))
        except EngineError:
            if self._model.is_chosen():
                raise
            return None
        except BaseException as ending:
            if not isinstance(ending, Exception):  # Ctrl-C: the WebUI can stop painting
                with suppress(Exception):
                    self._client.post("/sdapi/v1/interrupt", timeout=CONNECT_S)
            raise
        return None if not chosen_by_film and self._model.painted_by_another(answer.get("info", "")) else answer

    def _job(self, request: SampleRequest, model: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Return the route (txt2img or img2img) and the JSON fields of a request; `model` has the options to override."""
        options = {**options_of(request, self._options.__contains__, model), **self._controlnet.options(request.controls)}
        fields = {**job_fields(request), **self._controlnet.fields(request.controls), "override_settings": options}
        fields |= {"send_images": True, "save_images": False}
        if request.init is not None:
            fields |= over_a_picture(request) | {"init_images": [answers.as_text(request.init)]}
            if request.mask is not None:
                mask = np.repeat(((request.mask >= 0.5) * np.uint8(255))[..., None], 3, axis=2)
                fields |= {"mask": answers.as_text(mask), "mask_blur": 0}
        task = "txt2img" if request.init is None else "img2img"
        if request.scripts:
            own = api_scripts.arguments(self._scripts, request.scripts, img2img=task == "img2img")
            fields[SCRIPTS] = api_scripts.with_units(own, fields.get(SCRIPTS))
        return task, {key: value for key, value in fields.items() if value is not None}

    def _picture(self, answer: dict[str, Any], request: SampleRequest) -> Frame:
        frame = answers.read_picture(answer, request.size)
        if not frame.any():
            raise Blank(Message(BLACK, flag=_FULL_VAE))
        return answers.rounded(frame, request.index)

    @cached_property
    def _options(self) -> dict[str, object]:
        return self._options_now()

    @cached_property
    def _model(self) -> FilmsModel:
        return FilmsModel(self.options(), self._options, self._models, self._options_now, self._set)

    @cached_property
    def _scripts(self) -> list[dict[str, Any]]:
        return self._list("script-info", "name")

    @cached_property
    def _controlnet(self) -> ApiControlNet:
        return ApiControlNet(self._if_there, answers.as_text)

    def _if_there(self, path: str) -> object:
        """Return the JSON at a path, None if the WebUI has none there. Raises ModelError if none answers."""
        try:
            return self._get(path, lambda found, _: found)
        except EngineError:
            return None

    def _loras_of(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        return self._list("loras", "name") if any("<lora:" in text for text in texts) else []

    def _set(self, options: Mapping[str, object]) -> None:
        with self._client.stream("POST", "/sdapi/v1/options", json=dict(options), timeout=_times(PAINT_S)):
            pass  # the answer is empty

    @cached_property
    def _models(self) -> list[dict[str, Any]]:
        return self._list("sd-models", "title", "model_name")

    def _known(self, checkpoint: str) -> str:
        """Return the WebUI's title of a checkpoint. Raises ModelError if it has none of this name."""
        found = known(self._models, checkpoint)
        if found:
            return str(found["title"])
        names = ", ".join(one["model_name"] for one in self._models[:8]) or Message("none")
        text = "{url}: the WebUI has no checkpoint '{name}'; there is {names}"
        raise ModelError(Message(text, url=self.url, name=checkpoint, names=names))

    def _was_interrupted(self) -> bool:
        """Return whether the last picture was interrupted or skipped, and is unfinished."""
        try:
            told = self._patiently(lambda: self._ask("GET", "progress?skip_current_image=true"))
            state = answers.read_object(answers.read_object(told, "progress").get("state", {}), "progress")
        except EngineError:
            return False  # a host without this route
        return bool(state.get("interrupted") or state.get("skipped"))

    def _options_now(self) -> dict[str, object]:
        return self._get("options", answers.read_object)

    def _list(self, what: str, *texts: str) -> list[dict[str, Any]]:
        """A list of objects that have `texts`. Raises ModelError."""
        try:
            return self._get(what, lambda found, name: answers.read_objects(found, name, *texts))
        except EngineError:
            return []  # older hosts have no schedulers, and some no LoRAs

    def _get(self, what: str, read: Callable[[object, str], _Read]) -> _Read:
        """Return what GET /sdapi/v1/`what` answers, read by type. Raises ModelError if no WebUI answers, or another program."""
        import httpx

        try:
            return read(self._ask("GET", what), what)
        except answers.Unreadable as error:
            raise ModelError(Message("{url}: {said}", url=self.url, said=error)) from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            text = "{url}: no WebUI answers ({why}); start it with --api, and name it with --url"
            raise ModelError(Message(text, url=self.url, why=_reason(error))) from None

    def _post(self, task: str, fields: dict[str, object], most: int) -> dict[str, Any]:
        return answers.read_object(self._ask("POST", task, most, fields, PAINT_S), task)

    def _ask(
        self,
        method: str,
        what: str,
        most: int = answers.MOST_OF_A_LIST,
        fields: dict[str, object] | None = None,
        longest_s: float = LIST_S,
    ) -> object:
        """The JSON that the WebUI answers. Raises EngineError, ModelError where it wants a login."""
        times = _times(longest_s)
        path = what if what.startswith("/") else f"/sdapi/v1/{what}"
        with self._client.stream(method, path, json=fields, timeout=times) as response:
            return self._checked(response, answers.read_body(response, most, longest_s))

    def _patiently(self, ask: Callable[[], _Read]) -> _Read:
        """Call `ask` again while the connection fails, for `retry_s` at the most. Raises EngineError after that."""
        import httpx

        until, pause = time.monotonic() + self._retry_s, 0.5
        while True:
            try:
                return ask()
            except httpx.TransportError as error:
                if time.monotonic() + pause > until:
                    text = "{url}: the WebUI is gone ({why}); anim run --resume DIR goes on later"
                    raise EngineError(Message(text, url=self.url, why=_reason(error))) from error
                time.sleep(pause)
                pause = min(2.0 * pause, 15.0)

    def _checked(self, response: Any, body: bytes) -> object:
        """Return the JSON of a response. Raises ModelError, OutOfMemory, Blank or EngineError with the WebUI's message."""
        if response.status_code == 401:
            text = "{url}: the WebUI wants a login; write --url http://user:password@host:port"
            raise ModelError(Message(text, url=self.url))
        if response.status_code == 200:
            return answers.read_json(body)
        try:
            fault = answers.read_object(answers.read_json(body), "")
        except answers.Unreadable:
            fault = {}
        why = one_line(str(fault.get("errors") or fault.get("detail") or fault.get("error") or response.reason_phrase), 300)
        if ran_out_of_memory(str(fault.get("error")), why):
            raise OutOfMemory(Message("start the WebUI with {flag}", flag="--medvram"), why)
        if "NansException" in str(fault.get("error")):
            raise Blank(Message("the WebUI's model gave no numbers: {error}", error=why))
        text = "{url}: the WebUI could not do it: {why} (status {n})"
        raise EngineError(Message(text, url=self.url, why=why, n=response.status_code))


def _client(url: str, auth: tuple[str, str] | None) -> Any:
    try:
        import httpx
    except ImportError:
        raise ModelError(Message("--engine webui-api needs httpx: {command}", command=how_to_install("api"))) from None
    return httpx.Client(base_url=url, auth=auth, timeout=_times(60.0))


def _reason(error: Exception) -> str:
    """Return what an error of the connection says, or its class's name if it says nothing."""
    return one_line(str(error)) or type(error).__name__


def _times(read_s: float) -> Any:
    import httpx

    return httpx.Timeout(read_s, connect=CONNECT_S)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
