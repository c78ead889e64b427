"""Masks per frame, from a schedule of mask expressions. Not a feature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np

from lib_anim.errors import ExpressionError, PictureError, Problem, SettingsError, Waiver
from lib_anim.features.common.distances import Distances, scene_distances
from lib_anim.features.common.endings import place_of
from lib_anim.features.common.input_video import AT_END, input_video, several, too_short
from lib_anim.features.common.input_video import KEY as SOURCE
from lib_anim.features.common.missing import left_out
from lib_anim.features.common.resizing import fit, resizing, scaled_size
from lib_anim.features.common.word_masks import WordMasks, words_network
from lib_anim.images.depth import farness
from lib_anim.images.frame import Mask, resized
from lib_anim.images.masks import adjusted, fitted, of_frame, within
from lib_anim.language.mask_expressions import DEPTH, EVERYWHERE, LUMA, Atom, MaskExpression
from lib_anim.media.download import check_is_path, is_address
from lib_anim.media.picture_folder import MASK, is_pair
from lib_anim.messages import NOWHERE, Message, Place
from lib_anim.plan.plan import Plan
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Memory, Tools

_REMEDY = "write the path of a picture file"
_NO_DEPTH = "{key}: depth() is white where no distance is known: in a start picture, a flat scene, and in 2D"
_NO_WORDS = Message(
    "name the folder of one as mask_model, such as CIDAS/{name} of the Hugging Face hub (Apache 2.0)",
    name="clipseg-rd64-refined",
)
_PREVIEWED = "{key}: <{words}> is white in a preview; a film asks the model where it is"
_CACHED = 16  # masks of files that are kept in memory; a film can name a file for every frame


class MaskAt(Protocol):
    """Returns the mask of a frame, (H, W) float32, 0..1."""

    def __call__(self, index: int, canvas: Canvas | None = None, /) -> Mask:
        """`canvas` is what the frame is painted over; without one, what depends on it is white."""


class Masks(NamedTuple):
    """Masks by frame; the caller passes `notes`, `close` and `memory` on to its Steps.

    `known` has the first frame of each expression of pictures alone, whose mask is the same until the next expression.
    `of_picture` is whether any depends on the picture that is painted over. `keep(index, canvas)`, if there is one, is to be
    called in `finish` for every painted frame, with what it was painted over. `does` says who finds words, for `anim explain`.
    """

    at: MaskAt
    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()
    known: tuple[int, ...] = (0,)  # of a source: empty if it changes from frame to frame
    of_picture: bool = False
    keep: Callable[[int, Canvas], None] | None = None
    memory: Mapping[str, Memory] = MappingProxyType({})
    does: str = ""


def masks(key: str, plan: Plan, tools: Tools, words_every: int = 1) -> Masks:
    """Return the masks of the schedule `key` at every frame that is filmed.

    {video_mask} is the mask video with `use_mask_video`; else the alpha channel of the start picture with `use_alpha_as_mask`,
    if it is not uniform; else `mask_file`. All expressions are parsed and all files are opened here. <words> are looked for
    again every so many frames. Raises SettingsError with all problems, each at the first frame that has it.
    """
    texts, reader = plan.texts[key], _Reader(key, plan, tools, words_every)
    for index in plan.frames:
        reader.read(texts[index], index)
    if reader.problems:
        raise SettingsError(reader.problems)
    found = Masks(
        lambda index, canvas=None: reader.mask(texts[index], index, canvas),
        tuple(dict.fromkeys(note for one in reader.sources.values() for note in one.notes)),
        tuple(close for one in reader.sources.values() for close in one.close),
        reader.known(),
        any(atom.is_of_picture for atom in reader.sources),
        does=reader.finds(),
    )
    if words_every == 1 or not reader.finds() or reader.words is None:
        return found
    return found._replace(
        keep=lambda index, canvas: reader.keep(texts[index], index, canvas), memory={f"words of {key}": reader.words}
    )


class _Reader:
    """Parses the expressions of a schedule and opens the files that they name; collects problems."""

    def __init__(self, key: str, plan: Plan, tools: Tools, words_every: int):
        self._key, self._plan, self._tools, self._words_every = key, plan, tools, words_every
        self._file = lru_cache(maxsize=_CACHED)(lambda path: self._fit(tools.grey(path)))
        self.expressions: dict[str, MaskExpression] = {}
        self._first: dict[str, int] = {}  # the first frame of each expression
        self.sources: dict[Atom, Masks] = {}
        self.problems: list[Problem] = []

    def read(self, text: str, index: int) -> None:
        """Parse an expression, unless it is known, and open its atoms. `index` is its first frame, for problems."""
        if text in self.expressions:
            return
        self._first[text] = index
        try:
            self.expressions[text] = MaskExpression.parse(text)
        except ExpressionError as error:
            self.expressions[text] = MaskExpression(())
            self.problems.append(Problem(self._key, error.reason, error.remedy, self._place(index, text, error.column)))
        for atom in self.expressions[text].atoms:
            if atom not in self.sources:
                self.sources[atom] = self._source(atom, self._place(index, atom.written))

    def mask(self, text: str, index: int, canvas: Canvas | None) -> Mask:
        """Return the mask of an expression that was read at a frame."""
        return self.expressions[text].mask(lambda atom: self.sources[atom].at(index, canvas))

    def keep(self, text: str, index: int, canvas: Canvas) -> None:
        """Remember where the words of an expression are at a painted picture."""
        assert self.words is not None
        self.words.keep([atom.name for atom in self.expressions[text].atoms if atom.is_words], index, canvas)

    @cached_property
    def words(self) -> WordMasks | None:
        """Where words are in pictures; None if nothing finds them. Raises SettingsError."""
        network = words_network(self._plan, self._tools)
        return WordMasks(network, self._words_every) if network else None

    def finds(self) -> str:
        """Return which words who finds, and how often; nothing if there are none."""
        words = ", ".join(atom.written for atom in self.sources if atom.is_words)
        if not words:
            return ""
        return f"; {words} found by {self.words.does if self.words else 'a model that is not here'}"

    def known(self) -> tuple[int, ...]:
        """Return the first frames of the expressions whose sources do not change."""
        return tuple(
            self._first[text] for text, one in self.expressions.items() if all(self.sources[atom].known for atom in one.atoms)
        )

    def _source(self, atom: Atom, place: Place) -> Masks:
        """Return the masks of an atom; white ones if there is a problem."""
        white = np.ones(self._plan.size[::-1], np.float32)
        try:
            if atom == EVERYWHERE:
                return Masks(lambda index, canvas=None: white)
            if atom.is_of_picture:
                return self._seen(atom, white, place)
            return self._picture(self._key, place, atom.name) if atom.is_file else self._video_mask(place)
        except SettingsError as error:
            self.problems += [one for one in error.problems if one not in self.problems]
            return Masks(lambda index, canvas=None: white)

    def _seen(self, atom: Atom, white: Mask, place: Place) -> Masks:
        """Return the masks of an atom that depends on the picture that is painted over. Raises SettingsError."""
        if atom.is_words:
            return self._named(atom.name, white, place)
        if atom.name == DEPTH:
            return self._depth(atom, white)
        return Masks(lambda index, canvas=None: white if canvas is None else _of_canvas(atom, canvas), known=())

    def _named(self, words: str, white: Mask, place: Place) -> Masks:
        """Return the masks of words; white ones, and a note, for a preview, whose pictures show nothing that has a name.

        Raises SettingsError if nothing finds them.
        """
        found, previewed = self.words, "caption" in self._tools.capabilities
        if found is None:
            reason = Message("<{words}> needs a model that finds what words name", words=words)
            problem = Problem(self._key, reason, _NO_WORDS, place, waivers=(Waiver.ALLOW_MISSING,))
            if not previewed:
                raise SettingsError([problem])
            return Masks(lambda index, canvas=None: white, (left_out(problem),), known=())
        if previewed:
            return Masks(lambda index, canvas=None: white, (Message(_PREVIEWED, key=self._key, words=words),), known=())
        return Masks(lambda index, canvas=None: white if canvas is None else found.at(words, index, canvas), known=())

    def _depth(self, atom: Atom, white: Mask) -> Masks:
        """Return masks by the distance of the scene; white where it is not known. Raises SettingsError."""
        plan = self._plan
        scene = scene_distances(plan.settings, plan, self._tools) if plan.in_use("translation_z") else Distances("flat scene")

        def at(index: int, canvas: Canvas | None = None, /) -> Mask:
            distance = scene.seen(canvas, index)
            return white if distance is None else within(farness(distance), *atom.bounds)

        return Masks(at, () if scene.at else (Message(_NO_DEPTH, key=self._key),), scene.close, ())

    def _place(self, index: int, part: str, column: int = 1) -> Place:
        """Return the place of a part of the schedule that is used from a frame on; `column` counts in that part."""
        text = self._plan.settings.text(self._key)
        column += text.find(part)
        # after a file the column is not known, since reading the settings made its path absolute
        shifted = "[" in text[: max(column - 1, 0)]
        return Place(frame=index, column=None if shifted or part not in text else column)

    def _video_mask(self, place: Place) -> Masks:
        settings = self._plan.settings
        if key := self._video_key():
            return self._pair() if key == SOURCE else self._video(key)
        start = settings.text("init_image") if settings.switch("use_alpha_as_mask") and settings.switch("use_init") else ""
        if start and (found := self._transparency(start)):
            return found
        if file := settings.text("mask_file"):
            return self._picture("mask_file", NOWHERE, file)
        reason = "there is no {video_mask}: no mask_file is named, and use_mask_video is off"
        remedy = "choose a picture or a video of masks"
        raise SettingsError([Problem(self._key, reason, remedy, place, causes=("mask_file",))])

    def _picture(self, key: str, place: Place, path: str) -> Masks:
        """Return the mask of a picture file; it is opened here for checks, and read again on use."""
        picture = self._open(key, place, path, self._tools.grey)
        name = key if key != self._key else f"{key}, {path}"
        return Masks(lambda index, canvas=None: self._file(path), resizing(name, picture.shape[1::-1], self._plan.size))

    def _transparency(self, path: str) -> Masks | None:
        """Return the alpha channel of the start picture as a mask; None if it is uniform."""
        alpha = self._open("init_image", NOWHERE, path, self._tools.alpha)
        if not np.ptp(alpha):
            return None
        mask = self._fit(fit(alpha, self._plan.size, self._plan.settings.text("init_image_fit")))
        return Masks(lambda index, canvas=None: mask)

    def _video_key(self) -> str:
        """Return the setting that names a mask video: its own, or that of the source video if it is a pair of folders."""
        settings, own = self._plan.settings, "video_mask_path"
        if not (settings.switch("use_mask_video") and settings.text(own)):
            path = settings.text(SOURCE)
            if path and not is_address(path) and self._plan.in_use(SOURCE) and is_pair(Path(path)):
                return SOURCE
        return own if settings.switch("use_mask_video") else ""

    def _pair(self) -> Masks:
        """Return the masks of a pair of folders, which go with the pictures of the source: cut and ended as these are.

        After the end of a source that stops there, its last mask holds on.
        """
        plan, settings = self._plan, self._plan.settings
        how, ending = settings.text("init_image_fit"), settings.text(AT_END)
        film, numbers = input_video(settings, self._tools.ffmpeg, SOURCE, part=MASK)
        frames = film.frames(scaled_size(film.size, plan.size, how), numbers)

        def at(index: int, canvas: Canvas | None = None, /) -> Mask:
            place = place_of(index, len(numbers), ending)
            picture = frames[len(numbers) - 1 if place is None else place]
            return self._adjust(of_frame(resized(fit(picture, plan.size, how), plan.size)))

        named = f"{SOURCE}/{MASK}"
        short = too_short(numbers, plan.frames.stop - 1, plan.frames.stop, named) if ending == "hold" else ()
        return Masks(at, (*several(film, plan.size, named), *short), (frames.close,), ())

    def _video(self, key: str) -> Masks:
        """Return the frames of the mask video that `key` names as masks."""
        plan = self._plan
        film, numbers = input_video(plan.settings, self._tools.ffmpeg, "use_mask_video", key, MASK)
        frames = film.frames(plan.size, numbers)
        sizes = several(film, plan.size, key) or resizing(key, film.size, plan.size)
        notes = (*sizes, *too_short(numbers, plan.frames.stop - 1, plan.frames.stop, key))
        return Masks(lambda index, canvas=None: self._adjust(of_frame(frames[index])), notes, (frames.close,), ())

    def _open(self, key: str, place: Place, path: str, read: Callable[[str], Mask]) -> Mask:
        """Read a picture file. Raises SettingsError."""
        if key != self._key:
            check_is_path(key, path, _REMEDY)
        elif is_address(path):
            raise SettingsError([Problem(key, "a web address; nothing is downloaded", _REMEDY, place)])
        try:
            return read(path)
        except PictureError as error:
            raise SettingsError([Problem(key, error.message, _REMEDY, place)]) from None

    def _fit(self, mask: Mask) -> Mask:
        return self._adjust(fitted(mask, self._plan.size))

    def _adjust(self, mask: Mask) -> Mask:
        """Apply the settings of mask brightness and contrast."""
        settings = self._plan.settings
        return adjusted(mask, settings.number("mask_brightness_adjust"), settings.number("mask_contrast_adjust"))


def _of_canvas(atom: Atom, canvas: Canvas) -> Mask:
    """Return the mask of luma or uncovered."""
    return within(of_frame(canvas.frame), *atom.bounds) if atom.name == LUMA else canvas.fresh
