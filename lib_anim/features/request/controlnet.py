"""ControlNet: up to five units, each a network that guides painted pictures by a picture of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.errors import Problem, SettingsError, Waiver, did_you_mean
from lib_anim.features.common.control_overlay import overlaid
from lib_anim.features.common.distances import Distances, scene_distances
from lib_anim.features.common.endings import place_of
from lib_anim.features.common.missing import left_out
from lib_anim.features.common.picture_sources import Pictures, open_pictures
from lib_anim.images.depth import as_picture
from lib_anim.images.edges import canny
from lib_anim.images.frame import Frame, Mask
from lib_anim.images.masks import of_frame
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

UNITS = range(1, 6)
OWN_MODULES = ("none", "canny")  # of every engine: the second is computed here
_WITHOUT_MODEL = ("reference", "revision")  # beginnings of the names of a WebUI's modules that need no network
_UNSET = 64  # of resolution and thresholds: Deforum's start value, which stands for that of the module
_FITS = {
    "Just Resize": "stretch",
    "Crop and Resize": "crop",
    "Inner Fit (Scale to Fit)": "crop",
    "Resize and Fill": "pad",
    "Outer Fit (Shrink to Fit)": "pad",
}
Picture = Callable[[SampleRequest, Canvas | None], Frame | None]  # that guides a request, painted over the canvas
_SCHEDULES = ("weight", "guidance_start", "guidance_end")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On for units that are enabled, if the engine has ControlNets (else common/missing.py says so). Raises SettingsError.

    Where the film may be made without what is missing, a unit that is not possible is left out, with a note.
    """
    numbers = [n for n in UNITS if settings.switch(f"cn_{n}_enabled")]
    if not numbers or "controlnet" not in tools.capabilities:
        return None
    units: list[_Unit] = []
    problems: list[Problem] = [*_of_number(numbers, tools)]
    for n in numbers:
        try:
            units.append(_open_unit(n, plan, tools))
        except SettingsError as error:
            problems += error.problems
    previews = "caption" in tools.capabilities  # which show the movement, whatever is wrong with a unit
    waived = [one for one in problems if tools.allow_missing and (previews or Waiver.ALLOW_MISSING in one.waivers)]
    if len(waived) < len(problems):
        raise SettingsError(problems)
    units = units[: tools.capabilities.control_units]

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        found = [control for unit in units if (control := unit.control(request, canvas, params)) is not None]
        return replace(request, controls=(*request.controls, *found))

    def show(canvas: Canvas, params: Params) -> Canvas:
        request = SampleRequest(params.index, plan.size, init=canvas.frame, moved=canvas.frame)
        found = [(unit.label, control) for unit in units if (control := unit.control(request, canvas, params)) is not None]
        return canvas.edited(overlaid(canvas.frame, found)) if found else canvas

    return Steps(
        **({"show": (show,)} if previews else {"ask": (ask,)}),
        close=tuple(close for unit in units for close in unit.close),
        uses=tuple(f"cn_{unit.n}_{name}" for unit in units for name in _SCHEDULES),
        does="; ".join(unit.does for unit in units),
        notes=(*map(left_out, waived), *(note for unit in units for note in unit.notes)),
    )


@dataclass(frozen=True)
class _Unit:
    """One unit of a film: `picture(request, canvas)` and `mask(index)` are None where it does not guide, or everywhere."""

    n: int
    model: str
    module: str
    mode: str
    options: Mapping[str, object]
    required: bool
    picture: Picture
    mask: Callable[[int], Mask | None]
    does: str
    notes: tuple[str, ...]
    close: tuple[Callable[[], None], ...]

    @property
    def label(self) -> str:
        """What previews call it; they do not know which networks there are."""
        return f"unit {self.n}: {self.model}" if _is_chosen(self.model) else f"unit {self.n}"

    def control(self, request: SampleRequest, canvas: Canvas | None, params: Params) -> Control | None:
        """Return what guides a picture; None where the weight is 0 or there is no picture to be guided by."""
        weight, start, end = (params.number(f"cn_{self.n}_{name}") for name in _SCHEDULES)
        picture = self.picture(request, canvas) if weight > 0.0 else None
        if picture is None:
            return None
        mask, how = self.mask(request.index), (self.module, self.mode, self.options, self.required)
        return Control(self.model, picture, mask, weight, start, end, *how)


def _open_unit(n: int, plan: Plan, tools: Tools) -> _Unit:
    """Open the files of a unit. Raises SettingsError with all its problems."""
    settings = plan.settings
    problems = [*_of_model(n, settings, tools), *_of_module(n, settings, tools), *_of_schedules(n, plan)]
    opened: dict[str, Pictures] = {}
    source = "Moved picture" if settings.switch(f"cn_{n}_loopback_mode") else settings.text(f"cn_{n}_source")
    wanted = {"File": f"cn_{n}_vid_path", "Start picture": "init_image"}.get(source, "")
    for key in filter(None, (wanted, settings.text(f"cn_{n}_mask_vid_path") and f"cn_{n}_mask_vid_path")):
        try:
            how = settings.text("init_image_fit") if key == "init_image" else _FITS[settings.text(f"cn_{n}_resize_mode")]
            opened[key] = open_pictures(key, plan, tools, how)
        except SettingsError as error:
            problems += error.problems
    scene = scene_distances(settings, plan, tools) if source == "Depth" and plan.in_use("translation_z") else None
    if source == "Depth" and not (scene and (scene.at or scene.network or "no_model" in tools.capabilities)):
        remedy = "write animation_mode 3D, and a depth_map or depth_model"
        problems.append(Problem(key=f"cn_{n}_source", reason="this film has no depth", remedy=remedy))
    if problems:
        for pictures in opened.values():
            for close in pictures.close:
                close()
        raise SettingsError(problems)
    name, masks = settings.text(f"cn_{n}_model"), opened.get(f"cn_{n}_mask_vid_path")
    model, module = _names(tools).get(_bare(name), name), settings.text(f"cn_{n}_module").lower()
    guide = model if _bare(name) in _names(tools) else module
    return _Unit(
        n,
        model,
        module if module not in OWN_MODULES else "none",
        settings.text(f"cn_{n}_control_mode"),
        _options(n, settings),
        not tools.allow_missing,
        _depth_of(scene) if scene else _picture_of(n, plan, tools, opened.get(wanted)),
        _mask_of(masks),
        f"{guide} by {settings.text(wanted) if wanted else f'the {source.lower()}'}",
        (*_notes(n, plan, opened.get(wanted)), *(note for pictures in opened.values() for note in pictures.notes)),
        (*(close for pictures in opened.values() for close in pictures.close), *(scene.close if scene else ())),
    )


def _depth_of(scene: Distances) -> Picture:
    """Return the depth of what is painted over, white where it is near."""

    def picture(request: SampleRequest, canvas: Canvas | None) -> Frame | None:
        distance = scene.seen(canvas, request.index)
        return None if distance is None else as_picture(distance)

    return picture


def _picture_of(n: int, plan: Plan, tools: Tools, pictures: Pictures | None) -> Picture:
    """Return the guiding picture of a request; without files it is the moved picture, at the beginning what is painted over."""
    settings = plan.settings
    low, high = (settings.number(f"cn_{n}_threshold_{letter}") for letter in "ab")

    def finished(source: Frame) -> Frame:
        return canny(source, low, high) if settings.text(f"cn_{n}_module").lower() == "canny" else source

    if pictures is not None:
        return _picture_ahead(plan, tools, pictures, settings.text(f"cn_{n}_at_end"), finished)

    def picture(request: SampleRequest, canvas: Canvas | None) -> Frame | None:
        found = request.init if request.moved is None else request.moved
        return None if found is None else finished(found)

    return picture


def _picture_ahead(plan: Plan, tools: Tools, pictures: Pictures, ending: str, finished: Callable[[Frame], Frame]) -> Picture:
    """Return the finished picture of a request, made from files while the engine paints the one before."""
    places = {index: place_of(index, pictures.number, ending) for index in plan.spans.painted}
    ahead = tools.track(lambda place: finished(pictures.at(place)), [place for place in places.values() if place is not None])

    def picture(request: SampleRequest, canvas: Canvas | None) -> Frame | None:
        place = places[request.index]
        return None if place is None else ahead(place)

    return picture


def _options(n: int, settings: Settings) -> Mapping[str, object]:
    """Return the fields of a unit that only WebUIs have; where a number is not set, the module decides."""
    numbers = {name: settings.number(f"cn_{n}_{name}") for name in ("processor_res", "threshold_a", "threshold_b")}
    switches = {name: settings.switch(f"cn_{n}_{name}") for name in ("pixel_perfect", "low_vram")}
    return {**{name: -1 if value == _UNSET else value for name, value in numbers.items()}, **switches}


def _mask_of(pictures: Pictures | None) -> Callable[[int], Mask | None]:
    if pictures is None:
        return lambda _: None
    return lambda index: of_frame(pictures.at(min(index, pictures.number - 1)))


def _notes(n: int, plan: Plan, pictures: Pictures | None) -> tuple[str, ...]:
    """Return the note that a video or folder is shorter than the film, unless the user said what follows."""
    ending = plan.settings.text(f"cn_{n}_at_end")
    if pictures is None or ending != "hold" or pictures.number in (1, *range(plan.frames.stop, pictures.number + 1)):
        return ()
    values = {"key": f"cn_{n}_vid_path", "n": pictures.number, "m": plan.frames.stop}
    return (Message("{key}: its {n} frames end before the film's {m}; the last one holds on", **values),)


# -- problems -----------------------------------------------------------------------------------------------------------


def _bare(name: str) -> str:
    """Return the name of a network as it is compared: without the "[hash]" of a WebUI, in lower case."""
    return name.partition(" [")[0].strip().lower()


def _is_chosen(name: str) -> bool:
    return _bare(name) not in ("", "none")


def _names(tools: Tools) -> dict[str, str]:
    return {_bare(name): name for name in tools.capabilities.controls}


def _of_number(numbers: list[int], tools: Tools) -> list[Problem]:
    """Return the problem of more units than the WebUI has."""
    limit = tools.capabilities.control_units
    if limit is None or len(numbers) <= limit:
        return []
    reason = Message("the WebUI has {n} ControlNet units, and the film needs {m}", n=limit, m=len(numbers))
    remedy = "raise their number in the WebUI's settings, ControlNet, and start it again"
    return [Problem(key=f"cn_{numbers[limit]}_enabled", reason=reason, remedy=remedy, waivers=(Waiver.ALLOW_MISSING,))]


def _of_model(n: int, settings: Settings, tools: Tools) -> list[Problem]:
    """Return the problem of a network that the engine does not have; which ones it has, a placeholder does not know."""
    key, known = f"cn_{n}_model", _names(tools)
    name, module = settings.text(key), settings.text(f"cn_{n}_module").lower()
    chosen = _is_chosen(name)
    if _bare(name) in known or (chosen and "no_model" in tools.capabilities) or module.startswith(_WITHOUT_MODEL):
        return []
    if not known and not chosen:
        remedy: str = Message("write its name, such as control_v11p_sd15_canny, or edges, pose or layout for the small model")
    elif not known:
        remedy = Message("name their folder with --controlnet DIR; in a WebUI they belong into models/ControlNet")
    else:
        like = did_you_mean(_bare(name), known) if chosen else ""
        remedy = like or Message("there is {names}", names=", ".join(sorted(known.values())))
    reason = Message("there is no ControlNet '{name}'", name=name) if chosen else "no network is chosen"
    return [Problem(key, reason, remedy, waivers=(Waiver.ALLOW_MISSING,))]


def _of_module(n: int, settings: Settings, tools: Tools) -> list[Problem]:
    """Return the problem of a pre-processor that the engine does not have."""
    name, known = settings.text(key := f"cn_{n}_module"), [one.lower() for one in tools.capabilities.preprocessors]
    if name.lower() in (*OWN_MODULES, *known) or "no_model" in tools.capabilities:
        return []
    reason = Message("this engine has no pre-processor '{name}'", name=name)
    remedy = did_you_mean(name.lower(), known) or Message("write canny, or none and give it the finished map")
    return [Problem(key, reason, remedy, waivers=(Waiver.ALLOW_MISSING,))]


def _of_schedules(n: int, plan: Plan) -> list[Problem]:
    """Return the problem of a start beyond the end, at its first frame; equal ones guide nowhere, which may be meant."""
    start, end = (plan.numbers[f"cn_{n}_guidance_{name}"] for name in ("start", "end"))
    beyond = [index for index in plan.frames if start[index] > end[index]]
    if not beyond:
        return []
    reason = Message("{a} is beyond the end, {b}", a=f"{start[beyond[0]]:g}", b=f"{end[beyond[0]]:g}")
    remedy = Message("write a start below cn_{n}_guidance_end", n=n)
    return [Problem(key=f"cn_{n}_guidance_start", reason=reason, remedy=remedy, place=Place(frame=beyond[0]))]
