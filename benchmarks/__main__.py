"""`python -m benchmarks [gap features controlnet video depth plan memory lag page sound coherence judge loop interpolation
strength gpu]`: what things cost, each beside plain code for the same; `coherence` is about how steady films are, `judge` about
what it finds, `loop` about how well they go round, `interpolation` about frames between frames, `strength` about what strength
does, `gpu` about what a card paints.
"""

from __future__ import annotations

import platform
import sys

import cv2
import numpy as np

from benchmarks import (
    coherence,
    controlnet,
    depth,
    features,
    gap,
    gpu,
    interpolation,
    judge,
    lag,
    loop,
    memory,
    page,
    plan,
    sound,
    strength,
    video,
)

PARTS = {
    "gap": gap,
    "features": features,
    "controlnet": controlnet,
    "video": video,
    "depth": depth,
    "plan": plan,
    "memory": memory,
    "lag": lag,
    "page": page,
    "sound": sound,
    "coherence": coherence,
    "judge": judge,
    "loop": loop,
    "interpolation": interpolation,
    "strength": strength,
    "gpu": gpu,
}


def main() -> None:
    """Run the parts named on the command line, or all."""
    cv2.setNumThreads(1)
    print(f"Python {platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}, one OpenCV thread")
    for name in sys.argv[1:] or PARTS:
        PARTS[name].run()


if __name__ == "__main__":
    main()
