"""Small flow networks as ONNX files: Lucas and Kanade's method in real operators, with a pixel range and sizes of its own."""

from __future__ import annotations

from pathlib import Path

LEVELS, UNIT = (0.0, 255.0), (-1.0, 1.0)  # the ranges of pixels that a network can be made for

_GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
lucas_kanade ({inputs}) => ({outputs}) {{
  low_end = Constant <value = float {{{low}}}> ()
  high_end = Constant <value = float {{{high}}}> ()
  gain = Constant <value = float {{{gain}}}> ()
  across = Constant <value = float[1,1,1,3] {{-0.5, 0.0, 0.5}}> ()
  down = Constant <value = float[1,1,3,1] {{-0.5, 0.0, 0.5}}> ()
  least = Constant <value = float {{0.02}}> ()
  less = Constant <value = float {{0.125}}> ()
{soften_one}
{soften_other}
  gx = Conv <pads = [0, 1, 0, 1]> (soft_one, across)
  gy = Conv <pads = [1, 0, 1, 0]> (soft_one, down)
  gt = Sub (soft_other, soft_one)
{sums}
  a = Add (sum_gx_gx, least)
  c = Add (sum_gy_gy, least)
  ac = Mul (a, c)
  bb = Mul (sum_gx_gy, sum_gx_gy)
  det = Sub (bb, ac)
  cp = Mul (c, sum_gx_gt)
  bq = Mul (sum_gx_gy, sum_gy_gt)
  aq = Mul (a, sum_gy_gt)
  bp = Mul (sum_gx_gy, sum_gx_gt)
  u_det = Sub (cp, bq)
  v_det = Sub (aq, bp)
  u = Div (u_det, det)
  v = Div (v_det, det)
  flow = Concat <axis = 1> (u, v)
  coarse = AveragePool <kernel_shape = [8, 8], strides = [8, 8]> (flow)
  flow_low = Mul (coarse, less)
}}
"""
# pixels outside the range are cut off, as they are outside what a network has seen
_SOFTEN = """
  float_{0} = Cast <to = 1> ({0})
  cut_{0} = Clip (float_{0}, low_end, high_end)
  from_0_{0} = Sub (cut_{0}, low_end)
  levels_{0} = Mul (from_0_{0}, gain)
  grey_{0} = ReduceMean <axes = [1], keepdims = 1> (levels_{0})
  softer_{0} = AveragePool <kernel_shape = [13, 13], pads = [6, 6, 6, 6]> (grey_{0})
  soft_{0} = AveragePool <kernel_shape = [13, 13], pads = [6, 6, 6, 6]> (softer_{0})
"""
_SUM = """
  {0}_{1} = Mul ({0}, {1})
  sum_{0}_{1} = AveragePool <kernel_shape = [25, 25], pads = [12, 12, 12, 12]> ({0}_{1})
"""
_PAIRS = (("gx", "gx"), ("gx", "gy"), ("gy", "gy"), ("gx", "gt"), ("gy", "gt"))


def write_network(path: Path, takes=LEVELS, size=("H", "W"), outputs=("flow_low", "flow"), inputs=None) -> str:
    """A file of a network for pixels of the range `takes` and pictures of `size` (height, width; names are any)."""
    import onnx
    import onnx.parser

    height, width = size
    low, high = takes
    shapes = {"flow": f"float[1,2,{height},{width}] flow", "flow_low": "float[1,2,h,w] flow_low"}
    text = _GRAPH.format(
        inputs=inputs or ", ".join(f"float[1,3,{height},{width}] {name}" for name in ("one", "other")),
        outputs=", ".join(shapes.get(name, f"float[n,m,h,w] {name}") for name in outputs),
        low=low,
        high=high,
        gain=255.0 / (high - low),
        soften_one=_SOFTEN.format("one"),
        soften_other=_SOFTEN.format("other"),
        sums="".join(_SUM.format(*pair) for pair in _PAIRS),
    )
    onnx.save(onnx.parser.parse_model(text), path)
    return str(path)


_ENDLESS = """
<ir_version: 8, opset_import: ["": 17]>
endless (float[1,3,H,W] one, float[1,3,H,W] other) => (float[1,3,H,W] flow)
<int64 rounds = {4611686018427387904}, bool go_on = {1}>
{
  flow = Loop (rounds, go_on, one) <body = round (int64 n, bool went_on, float[1,3,H,W] before)
    => (bool goes_on, float[1,3,H,W] after) {
    goes_on = Identity (went_on)
    after = Identity (before)
  }>
}
"""


def write_endless_network(path: Path) -> None:
    """Write a network with a loop that does not end."""
    from onnx import parser, save

    save(parser.parse_model(_ENDLESS), path)
