"""Forms: from what a page holds to settings, and back. Answers to the essentials, changes on top of them, and limits.

A form is data from a stranger: it contains no paths, only ids of uploads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from lib_anim.errors import FieldError, Problem, SettingsError, Waiver
from lib_anim.media import metadata
from lib_anim.messages import Message, Place
from lib_anim.page import essentials, presets, questions, scenes
from lib_anim.page.uploads import HOSTS, PATHS, RECORDED, Uploads
from lib_anim.plan.film_length import with_derived_length
from lib_anim.settings import settings as settings_file
from lib_anim.settings.frame_files import FILES_BY_FRAME, with_frame_files
from lib_anim.settings.json_text import is_json
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, MASKS
from lib_anim.settings.usage import in_use
from lib_anim.version import __version__

_TEXTS_OR_FILES = ("parseq_manifest", "init_images")  # contain JSON, or its address
(_PICTURES,) = FILES_BY_FRAME
_NOTHING: Mapping[str, object] = MappingProxyType({})
_HOW_TO_SET = "anim ui takes --flow-model FILE, --depth-model PATH and --mask-model DIR, a WebUI has them under Settings > Anim"


@dataclass(frozen=True)
class Limits:
    """Maximums for a page: pixels of a side, frames, steps, bytes of an upload."""

    side: int = 8192
    frames: int = 1_000_000
    steps: int = 1000
    upload: int = 64 * 2**20


LISTENING = Limits(side=1536, frames=2000, steps=60, upload=16 * 2**20)  # for pages on a network


@dataclass(frozen=True)
class Form:
    """What a page holds: `answers` to the essentials, `changes`, settings that override those of the answers, and whether
    features that are not available are left out."""

    answers: Mapping[str, object]
    changes: Mapping[str, object]
    allow_missing: bool = False

    @property
    def start_picture(self) -> object:
        """The id of the start picture, nothing without one."""
        return self.changes.get("init_image", self.answers.get("start_picture"))

    @classmethod
    def read(cls, sent: object) -> Form:
        """Read a form from the JSON of a page. Raises SettingsError."""
        parts = [sent.get(name) or {} for name in ("essentials", "changes")] if isinstance(sent, dict) else []
        if not isinstance(sent, dict) or not all(isinstance(part, dict) for part in parts):
            raise SettingsError([Problem("", "this is no form of the page", "reload the page")])
        answers, changes = parts
        return cls(answers, changes, sent.get("allow_missing") is True)


def resolve(
    form: Form,
    family: str,
    uploads: Uploads,
    limits: Limits,
    defaults: Mapping[str, object] = _NOTHING,
    overrides: Mapping[str, object] = _NOTHING,
    pose: str = "",
    depth: bool = False,
) -> Settings:
    """Convert a form to settings; `defaults` apply where it has no value, `overrides` everywhere; `pose` and `depth` are of the
    painter, as in essentials.to_settings. Raises SettingsError with all problems, under the form's keys."""
    changes, problems = _resolve_paths(form.changes, uploads)
    fps = changes.get("fps")
    fps = float(fps) if isinstance(fps, (int, float)) and 1 <= fps <= 240 else presets.FPS
    written: dict[str, object] = {}
    try:
        written = essentials.to_settings(form.answers, family=family, fps=fps, path=uploads.path, pose=pose, depth=depth)
    except SettingsError as error:
        problems += error.problems
    try:
        read = settings_file.parse({**written, **defaults, **changes, **overrides, "anim_version": __version__})
    except SettingsError as error:
        raise SettingsError([*problems, *error.problems]) from None
    problems += _check_limits(read, limits)
    if read["use_init"] and not read["init_image"]:
        problems.append(Problem("init_image", "there is no start picture", "choose one, or switch use_init off"))
    if read["add_soundtrack"] == "File" and not read["soundtrack_path"]:
        remedy = "choose one, or set add_soundtrack to None"
        problems.append(Problem("soundtrack_path", "there is no sound file", remedy, waivers=(Waiver.LEAVE_OUT,)))
    problems += [
        Problem(key, "a page reads no files by their names", "choose the mask as Mask picture, and write {video_mask}")
        for key in MASKS
        if "[" in read.text(key) and in_use(key, read)
    ]
    if stopping := [problem for problem in problems if not (form.allow_missing and Waiver.LEAVE_OUT in problem.waivers)]:
        raise SettingsError(stopping)
    return read


def scenes_of(form: Form, family: str) -> str:
    """Return the text of the scenes that write the film's prompts; empty if these are a change."""
    written = form.answers.get("scenes", questions.defaults(family)["scenes"])
    return written if isinstance(written, str) and "prompts" not in form.changes else ""


@contextmanager
def translate_problems(written: str = "", settings: Settings | None = None) -> Iterator[None]:
    """Translate problems raised in the block to the page: those of prompts get the line of their scene if the text of the
    scenes, `written`, and its settings are given. Raises SettingsError."""
    try:
        yield
    except SettingsError as error:
        raise SettingsError([_translate(problem, written, settings) for problem in error.problems]) from None


def load(
    data: bytes, name: str, uploads: Uploads, family: str, defaults: Mapping[str, object] = _NOTHING
) -> tuple[Form, tuple[str, ...]]:
    """Convert a settings file, or a picture or video with settings, to a form and notes; what the file says that would be so
    without it is no change. Raises SettingsError with the file's name."""
    read, remarks = uploads.replace_addresses(metadata.read(data, name))
    notes = [*read.notes, *remarks]
    changes = {key: _to_plain(read[key]) for key in FIELDS if key in read.given and FIELDS[key].kind != "kept"}
    if read["classic"]:
        changes["classic"] = True
    changes.setdefault("strength_steps", read["strength_steps"])  # a host's default is for new films
    for key in ("anim_version", *HOSTS):
        changes.pop(key, None)
    if text := str(changes.get(_PICTURES, "")):
        changes[_PICTURES] = with_frame_files(text, lambda path: _id_of(_PICTURES, path, uploads, notes))
    for key in PATHS:
        if upload_id := _id_of(key, str(changes.pop(key, "")), uploads, notes):
            changes[key] = upload_id
    answers, written = _reconcile(essentials.from_settings(read), read, uploads, family)
    # answers and changes together give exactly the file's settings
    changes = {key: value for key, value in changes.items() if key not in written}
    changes |= {key: _to_plain(read[key]) for key, value in written.items() if read[key] != value}
    implied = settings_file.parse({**written, **defaults, "anim_version": __version__})
    changes = {key: value for key, value in changes.items() if key in PATHS or _to_plain(implied[key]) != value}
    return Form(answers, changes if read["fps"] == presets.FPS else {**changes, "fps": read["fps"]}), tuple(notes)


def rewrite(
    form: Form, text: str, uploads: Uploads, family: str, pose: str = "", *, depth: bool = False
) -> tuple[Form, tuple[str, ...]]:
    """Convert the edited text of a settings file to a form and notes; `pose` and `depth` as in `resolve`. Raises SettingsError.

    Answers are kept; settings that differ from theirs become changes.
    """
    read, remarks = uploads.replace_addresses(settings_file.read(text.encode("utf-8", "surrogatepass"), ""))
    notes = [*read.notes, *remarks]
    answers, written = _reconcile(form.answers, read, uploads, family, pose, depth=depth)
    implied = settings_file.parse({**written, "anim_version": __version__})
    changes = {key: _to_plain(read[key]) for key in FIELDS if read[key] != implied[key] and key not in HOSTS}
    changes |= {key: _id_of(key, str(changes[key]), uploads, notes) for key in PATHS if key in changes}
    if _PICTURES in changes:
        changes[_PICTURES] = with_frame_files(str(changes[_PICTURES]), lambda path: _id_of(_PICTURES, path, uploads, notes))
    if read["fps"] != presets.FPS:
        changes["fps"] = read["fps"]
    return Form(answers, {**read.unknown, **changes}), tuple(notes)


def _reconcile(
    answers: Mapping[str, object], read: Settings, uploads: Uploads, family: str, pose: str = "", *, depth: bool = False
) -> tuple[Mapping[str, object], dict[str, object]]:
    """Drop answers that contradict the settings of a file; return the others, and the settings that they write."""
    convert = partial(essentials.to_settings, family=family, fps=read.number("fps"), path=uploads.path, pose=pose, depth=depth)
    try:
        return answers, convert(answers)
    except SettingsError as error:  # what the essentials cannot express, such as a prompt after the end, stays a change
        answers = {**answers, **dict.fromkeys(problem.key for problem in error.problems)}
        return answers, convert(answers)


def _id_of(key: str, path: str, uploads: Uploads, notes: list[str]) -> str:
    """Return the id of the upload at a path, "" for any other path; append a note unless it is a web address."""
    upload_id = uploads.id_of(path)
    if path and not upload_id and "://" not in path:
        notes.append(Message("{key}: files beside a settings file are not read from a page; choose it here", key=key))
    elif path and not upload_id and key in RECORDED:
        notes.append(Message("{key}: an address, from which nothing was taken; choose the file here", key=key))
    return upload_id


def _resolve_paths(changes: Mapping[str, object], uploads: Uploads) -> tuple[dict[str, object], list[Problem]]:
    """Replace ids of uploads by their paths, and a manifest's address by its text; return the changes and problems."""
    result, problems = dict(changes), []
    for key in HOSTS:
        if result.pop(key, ""):
            problems.append(Problem(key, "only the host of this page names it", _HOW_TO_SET))
    for key in PATHS:
        if not result.get(key):
            continue
        try:
            result[key] = uploads.path(key, str(result.pop(key)))
        except FieldError as error:
            problems.append(error.of(key))
    for key in FILES_BY_FRAME:
        if result.get(key):
            result[key] = with_frame_files(str(result[key]), partial(_picture_path, uploads, problems))
    for key in _TEXTS_OR_FILES:
        text = str(result.get(key) or "").strip()
        if text and not is_json(text):
            try:
                result[key] = uploads.text(key, text)
            except FieldError as error:
                problems.append(error.of(key))
    return result, problems


def _picture_path(uploads: Uploads, problems: list[Problem], upload_id: str) -> str:
    """Return the path of a picture by its id; "", with a problem, for anything else."""
    try:
        return uploads.pictures.path(upload_id)
    except FieldError:
        problems.append(Problem(_PICTURES, "a page reads no files by their names", "drop the pictures here"))
        return ""


def _check_limits(settings: Settings, limits: Limits) -> list[Problem]:
    """Return a problem for each setting above its limit."""
    settings = with_derived_length(settings, None)
    wanted = (("W", limits.side), ("H", limits.side), ("max_frames", limits.frames), ("steps", limits.steps))
    return [
        Problem(
            key,
            Message("{value} is more than this page allows", value=settings[key]),
            Message("the most is {value}", value=most),
        )
        for key, most in wanted
        if settings.integer(key) > most
    ]


def _translate(problem: Problem, written: str, settings: Settings | None) -> Problem:
    """Translate a problem to the page: replace command line flags by its button, and move the place of a prompt to the line of
    its scene, if the scenes wrote it."""
    problem = replace(problem, waivers=(Waiver.LEAVE_OUT,) if Waiver.ALLOW_MISSING in problem.waivers else ())
    if settings is None or problem.key != "prompts" or not written:
        return problem
    for scene in scenes.read(written, settings.integer("max_frames"), settings.number("fps")):
        if str(scene.frame) == problem.place.keyframe:
            line = written.splitlines()[scene.line - 1]
            column = problem.place.column and line.index(scene.text) + problem.place.column
            return replace(problem, key=scenes.KEY, place=Place(line=scene.line, column=column))
    return problem


def _to_plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
