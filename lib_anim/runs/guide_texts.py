"""The texts beside the guides of a film for video models: notes for people, the prompts, and the README of the folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from lib_anim.language.prompts import Weighted
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.runs.guide_film import FPS, MULTIPLE, SIZES, STRIDE, GuideFilm, Piece
from lib_anim.shot.guide import GREY

_UNCOVERS_NOTHING = Message(
    "the moves uncover nothing, so masks are black and nothing would be painted; with reverse a zoom in uncovers its borders"
)


def notes(film: GuideFilm, *, uncovers: bool) -> tuple[str, ...]:
    """Return what is not in the guides as it is in the film, and why. `uncovers` is whether any move uncovers something."""
    own, size = _format(film.plan.size), _format(film.size)
    fps, (*_, last) = film.plan.timeline.fps, film.pieces
    said = []
    if own != size:
        said.append(Message("{own} is cut to {size}: video models take multiples of {n}", own=own, size=size, n=MULTIPLE))
    if size not in SIZES:
        text = "Wan VACE was made for {sizes}; {size} works, and W and H change it"
        said.append(Message(text, sizes=", ".join(SIZES), size=size))
    if fps != FPS:
        text = "every frame is there, {fps} a second; Wan was trained with {n}, so what it moves is {times} times as fast"
        said.append(Message(text, fps=fps, n=FPS, times=round(fps / FPS, 2)))
    if last.repeated:
        text = (
            "Wan takes {stride}k+1 frames, so frame {frame} is repeated at the end; leave out the last ones of the result: {n}"
        )
        said.append(Message(text, frame=last.last, n=last.repeated, stride=STRIDE))
    if len(film.pieces) > 1:
        text = "it is cut into {n} pieces of {length} frames at the most; each begins with the last frame of the one before"
        said.append(Message(text, n=len(film.pieces), length=max(piece.length for piece in film.pieces)))
    return (*said, *(() if uncovers else (_UNCOVERS_NOTHING,)))


def prompts(film: GuideFilm) -> str:
    """Return the prompts of all pieces; of prompts that are blended, the one with the greatest weight."""
    parts = []
    for piece in film.pieces:
        parts.append(f"{film.names(piece).control}: frames {piece.first} to {piece.last} of the film\n")
        parts += [
            f"frames {frames[0] - piece.first} to {frames[-1] - piece.first} of the video:\n{positive}\n"
            + (f"not: {negative}\n" if negative else "")
            for frames, (positive, negative) in _scenes(film.plan, piece.frames)
        ]
    return "\n".join(parts)


def _scenes(plan: Plan, frames: range) -> Iterator[tuple[Sequence[int], tuple[str, str]]]:
    """Yield consecutive frames with the same prompts, and these."""

    def said(index: int) -> tuple[str, str]:
        prompt = plan.prompts[index]
        return _main(prompt.positives), _main(prompt.negatives)

    for texts, group in groupby(frames, said):
        yield [*group], texts


def _main(texts: Weighted) -> str:
    return max(texts, key=lambda one: one[1])[0]


def readme(film: GuideFilm, said: Sequence[str]) -> str:
    """Return the README of the folder: which file goes where, how pieces are joined, and the notes."""
    names, piece, (width, height) = film.names(film.pieces[0]), film.pieces[0], film.size
    about = _README.format(
        **names._asdict(),
        known=_FROM_FILM if film.is_finished else _FROM_PICTURE.format(frame=film.plan.order[0]),
        size=_format(film.size),
        width=width,
        height=height,
        fps=f"{film.plan.timeline.fps:g}",
        grey=GREY,
        length=piece.length,
        pieces="".join(_row(film, one) for one in film.pieces),
    )
    changed = "".join(f"- {note}\n" for note in said) or "- nothing\n"
    return f"{about}\n{_joining(film)}NOT AS IN THE FILM\n{changed}"


def _row(film: GuideFilm, piece: Piece) -> str:
    frames = f"{piece.first} to {piece.last}"
    return f"  {film.names(piece).control:15} {frames:20} {piece.length}\n"


def _joining(film: GuideFilm) -> str:
    """Return how the pieces of a film become one video; nothing for one piece."""
    if len(film.pieces) == 1:
        return ""
    if film.is_finished:
        return _PIECES + _PIECES_OF_FILM
    frames, (first, *_) = film.plan.frames, film.pieces[:: -1 if film.plan.backwards else 1]
    names, backwards = film.names(first), film.plan.backwards
    rest = f"{frames.start}:{first.first + 1}" if backwards else f"{first.last}:{frames.stop}"
    return _PIECES + _PIECES_OF_PICTURE.format(control=names.control, which="first" if backwards else "last", rest=rest)


def _format(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


_FROM_PICTURE = "the start picture, which is frame {frame}, moved as the camera moves"
_FROM_FILM = "two frames of the film, first and last, and between them the one filmed first, moved as the camera moves"
_README = """\
GUIDES FOR A VIDEO MODEL, such as Wan VACE: {size}, {fps} frames a second

The model keeps what is known of the film, and paints what the moves of the camera uncovered.

  {control:15} what is known: {known};
                  grey ({grey}) where nothing is known
  {mask:15} the same frames: black is to be kept, white is to be painted
  {start:15} the picture that it begins with
  prompts.txt     what the film says, and at which frames. A video model takes one text: sentences, without LoRAs and weights

  video           frames of the film   length
{pieces}
COMFYUI, node WanVaceToVideo
  width, height      {width}, {height}
  length             {length}
  control_video      {control}: Load Video, then the images of Get Video Components
  control_masks      {mask}: the same, then Convert Image to Mask with the channel red
  reference_image    {start}: Load Image. Optional; TrimVideoLatent then takes away the latent frame that it adds
  positive, negative prompts.txt

DIFFUSERS, WanVACEPipeline (videos are read with: pip install imageio imageio-ffmpeg)
  from diffusers.utils import load_image, load_video
  pipe(video=load_video("{control}"), mask=load_video("{mask}"), reference_images=[load_image("{start}")],
       prompt="...", negative_prompt="...", width={width}, height={height}, num_frames={length})

OTHER HOSTS
  Turn the mask to its negative where white stands for what is kept.
"""
_PIECES = """\
SEVERAL PIECES
  Each begins with the frame that the one before ends with: leave one of the two out when you join them.
"""
_PIECES_OF_FILM = """\
  Both are the same frame of the film, so each piece can be painted by itself.

"""
_PIECES_OF_PICTURE = """\
  All are moved from the same start picture, of which less and less is seen. What a model painted is the better guide: paint
  {control}, save its {which} frame as a picture, and make the guides of the others from it:
  anim export FILE --guide DIR --from PICTURE --frames {rest}

"""
