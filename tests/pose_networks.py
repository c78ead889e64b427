"""Stand-ins for DWPose's two networks as ONNX files: inputs and outputs are theirs; they see colours in place of people."""

from __future__ import annotations

from pathlib import Path

# points of COCO-WholeBody -> the colour (R, G, B) of the dot that is seen as this point
DOTS = {
    0: (255, 0, 0),  # nose
    1: (0, 255, 0),  # left eye
    2: (0, 0, 255),  # right eye
    5: (255, 255, 0),  # left shoulder
    6: (255, 0, 255),  # right shoulder
    9: (0, 255, 255),  # left wrist
    91: (255, 255, 255),  # left hand
    112: (255, 128, 0),  # right hand
    23: (128, 0, 255),  # face
}
PEOPLE = ((160, 90, 40), (40, 120, 90))  # the colours that people are found by, one person each
_N = 133

_POINTS = """
<ir_version: 8, opset_import: ["": 17]>
points ({kind}[1,3,{height},{width}] input) => (float[1,{n},{across}] simcc_x, float[1,{n},{down}] simcc_y) {{
  std = Constant <value = float[1,3,1,1] {{58.395, 57.12, 57.375}}> ()
  mean = Constant <value = float[1,3,1,1] {{123.675, 116.28, 103.53}}> ()
  colours = Constant <value = float[{dots},3,1,1] {{{colours}}}> ()
  names = Constant <value = float[{n},{dots}] {{{names}}}> ()
  first = Constant <value = int64[1] {{1}}> ()
  last = Constant <value = int64[1] {{2}}> ()
  far_off = Constant <value = float {{100.0}}> ()
  least = Constant <value = float {{0.0001}}> ()
  one = Constant <value = float {{1.0}}> ()
  numbers = Cast <to = 1> (input)
  wide = Mul (numbers, std)
  levels = Add (wide, mean)
  off = Sub (levels, colours)
  off_by = Abs (off)
  distance = ReduceSum <keepdims = 1> (off_by, first)
  share = Div (distance, far_off)
  near = Sub (one, share)
  dot = Relu (near)
{profiles}
}}
"""
# of one direction: how much of each dot lies in every column (or row), its peak is 1, twice for each pixel
_PROFILE = """
  axis_{to} = Constant <value = int64[1] {{{axis}}}> ()
  sum_{to} = ReduceSum <keepdims = 0> (dot, axis_{to})
  softer_{to} = AveragePool <kernel_shape = [7], pads = [3, 3]> (sum_{to})
  soft_{to} = AveragePool <kernel_shape = [7], pads = [3, 3]> (softer_{to})
  peak_{to} = ReduceMax <axes = [2], keepdims = 1> (soft_{to})
  safe_{to} = Add (peak_{to}, least)
  high_{to} = Div (soft_{to}, safe_{to})
  shape_{to} = Constant <value = int64[3] {{{dots}, {side}, 1}}> ()
  twice_{to} = Constant <value = int64[3] {{1, 1, 2}}> ()
  flat_{to} = Constant <value = int64[2] {{{dots}, {places}}}> ()
  apart_{to} = Reshape (high_{to}, shape_{to})
  tiled_{to} = Tile (apart_{to}, twice_{to})
  rows_{to} = Reshape (tiled_{to}, flat_{to})
  points_{to} = MatMul (names, rows_{to})
  zero_{to} = Constant <value = int64[1] {{0}}> ()
  simcc_{to} = Unsqueeze (points_{to}, zero_{to})
"""


def write_points_network(path: Path, size=(288, 384), kind="float", n=_N) -> str:
    """A file of a network that sees DOTS in pictures of `size` (width, height)."""
    (width, height), dots = size, len(DOTS)
    names = [float(point == other) for point in range(n) for other in DOTS]
    directions = (("x", 2, width), ("y", 3, height))
    profiles = [_PROFILE.format(to=to, axis=axis, side=side, places=2 * side, dots=dots) for to, axis, side in directions]
    text = _POINTS.format(
        kind=kind,
        width=width,
        height=height,
        n=n,
        across=2 * width,
        down=2 * height,
        dots=dots,
        colours=_numbers(level for colour in DOTS.values() for level in colour),
        names=_numbers(names),
        profiles="".join(profiles),
    )
    return _save(text, path)


_FINDER = """
<ir_version: 8, opset_import: ["": 17]>
people (float[1,3,{side},{side}] images) => (float[1,{cells},85] output) {{
  colours = Constant <value = float[{n},3,1,1] {{{colours}}}> ()
  ramp = Constant <value = float[1,1,{side}] {{{ramp}}}> ()
  back = Constant <value = float[1,1,{side}] {{{back}}}> ()
  first = Constant <value = int64[1] {{1}}> ()
  most = Constant <value = float {{60.0}}> ()
  half = Constant <value = float {{0.5}}> ()
  whole = Constant <value = float {{{side}.0}}> ()
  least = Constant <value = float {{1.0}}> ()
  stride = Constant <value = float {{8.0}}> ()
  off = Sub (images, colours)
  off_by = Abs (off)
  distance = ReduceSum <keepdims = 1> (off_by, first)
  there = Less (distance, most)
  mask = Cast <to = 1> (there)
{ends}
  centre = Concat <axis = 1> (middle_x, middle_y)
  in_strides = Div (centre, stride)
  length = Concat <axis = 1> (length_x, length_y)
  long = Div (length, stride)
  size = Log (long)
  seen = ReduceMax <axes = [1, 2, 3], keepdims = 0> (mask)
  column = Constant <value = int64[2] {{{n}, 1}}> ()
  object = Reshape (seen, column)
  less = Constant <value = float {{0.7}}> ()
  object_less = Mul (object, less)
  cell = Constant <value = float[{n},2] {{{cell}}}> ()
  next = Constant <value = float[{n},2] {{{next}}}> ()
  at = Sub (in_strides, cell)
  beside = Sub (in_strides, next)
  person = Constant <value = float[{n},80] {{{person}}}> ()
  boxes = Concat <axis = 1> (at, size, object, person)
  again = Concat <axis = 1> (beside, size, object_less, person)
  animal = Constant <value = float[1,85] {{{animal}}}> ()
  rest = Constant <value = int64[2] {{{rest}, 85}}> ()
  nothing = ConstantOfShape (rest)
  rows = Concat <axis = 0> (boxes, again, animal, nothing)
  zero = Constant <value = int64[1] {{0}}> ()
  output = Unsqueeze (rows, zero)
}}
"""
_END = """
  any_{to} = ReduceMax <axes = [{axis}], keepdims = 0> (mask)
  after_{to} = Mul (any_{to}, ramp)
  end_{to} = ReduceMax <axes = [2], keepdims = 0> (after_{to})
  before_{to} = Mul (any_{to}, back)
  left_{to} = ReduceMax <axes = [2], keepdims = 0> (before_{to})
  start_{to} = Sub (whole, left_{to})
  both_{to} = Add (start_{to}, end_{to})
  middle_{to} = Mul (both_{to}, half)
  wide_{to} = Sub (end_{to}, start_{to})
  length_{to} = Max (wide_{to}, least)
"""


def write_people_network(path: Path, side=640) -> str:
    """A file of a network that finds PEOPLE: each twice, a little apart, beside an animal that fills the picture."""
    n, cells = len(PEOPLE), sum((side // stride) ** 2 for stride in (8, 16, 32))
    animal = [side / 16 - 2 * n, side / 16, 4.0, 4.0, 1.0, *(float(k == 15) for k in range(80))]
    text = _FINDER.format(
        n=n,
        side=side,
        cells=cells,
        rest=cells - 2 * n - 1,
        colours=_numbers(level for colour in PEOPLE for level in reversed(colour)),  # it takes BGR
        ramp=_numbers(range(1, side + 1)),
        back=_numbers(range(side, 0, -1)),
        cell=_numbers(number for k in range(n) for number in (k, 0)),
        next=_numbers(number for k in range(n) for number in (n + k - 0.4, 0)),
        person=_numbers(float(k == 0) for _ in PEOPLE for k in range(80)),
        animal=_numbers(animal),
        ends="".join(_END.format(to=to, axis=axis) for to, axis in (("x", 2), ("y", 3))),
    )
    return _save(text, path)


_ENDLESS = """
<ir_version: 8, opset_import: ["": 17]>
endless (float[1,3,640,640] images) => (float[1,3,640,640] output)
<int64 rounds = {4611686018427387904}, bool go_on = {1}>
{
  output = Loop (rounds, go_on, images) <body = round (int64 n, bool went_on, float[1,3,640,640] before)
    => (bool goes_on, float[1,3,640,640] after) {
    goes_on = Identity (went_on)
    after = Identity (before)
  }>
}
"""


def write_endless_people_network(path: Path) -> str:
    """A file of a network without an end."""
    return _save(_ENDLESS, path)


def _numbers(values) -> str:
    return ", ".join(f"{float(value)}" for value in values)


def _save(text: str, path: Path) -> str:
    import onnx
    import onnx.parser

    onnx.save(onnx.parser.parse_model(text), path)
    return str(path)
