"""Networks in ONNX files of the user, run by onnxruntime: opened with moderate demands, and each run within a time limit."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ModelError
from lib_anim.messages import Message, one_line

if TYPE_CHECKING:
    from onnxruntime import RunOptions

TYPES: Mapping[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}  # of inputs


class Argument(Protocol):
    """An input of a network; a dimension that may vary is a name or None."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class Session(Protocol):
    """The part of onnxruntime's InferenceSession that is used here."""

    def get_inputs(self) -> Sequence[Argument]:
        """Return the inputs."""

    def run(
        self, output_names: None, input_feed: Mapping[str, NDArray[Any]], run_options: RunOptions
    ) -> Sequence[NDArray[Any]]:
        """Return all outputs."""


def can_run() -> bool:
    """Whether onnxruntime is installed."""
    return importlib.util.find_spec("onnxruntime") is not None


def open_session(path: str, name: str) -> Session:
    """Open a file: on CUDA if available, else on half of the cores, since the engine paints at the same time.

    Raises ModelError.
    """
    try:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 4  # errors are raised; nothing is printed
        options.intra_op_num_threads = max(1, (os.cpu_count() or 2) // 2)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave their cores to others
        options.use_deterministic_compute = True
        # deterministic choice of algorithms, and no more GPU memory than needed
        cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"})
        usable = [cuda] if cuda[0] in ort.get_available_providers() else []
        session: Session = ort.InferenceSession(path, options, providers=[*usable, "CPUExecutionProvider"])
    except Exception as error:  # classes of its own, and those of the system
        said = one_line(str(error), 200)
        raise ModelError(Message("{name}: not an ONNX file that onnxruntime can run: {said}", name=name, said=said)) from None
    return session


def run(session: Session, name: str, planes: Mapping[str, NDArray[Any]], seconds: float) -> Sequence[NDArray[Any]]:
    """Run a network on its inputs; after so many seconds it is ended, between two operations. Raises ModelError."""
    try:
        with _limited(seconds) as options:
            return session.run(None, planes, options)
    except Exception as error:  # classes of its own, and those of the system
        said = one_line(str(error), 200)
        raise ModelError(Message("{name}: cannot be run: {said}", name=name, said=said)) from None


@contextmanager
def _limited(seconds: float) -> Iterator[RunOptions]:
    """Provide options that end a run of onnxruntime after so many seconds with an error of it."""
    import onnxruntime as ort

    options = ort.RunOptions()
    options.log_severity_level = 4
    timer = threading.Timer(seconds, setattr, (options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        yield options
    finally:
        timer.cancel()


def takes_a_picture(argument: Argument) -> bool:
    """Whether an input accepts (1, 3, height, width)."""
    fits = all(wanted == had or not isinstance(had, int) for wanted, had in zip((1, 3), argument.shape, strict=False))
    return argument.type in TYPES and len(argument.shape) == 4 and fits


def size_of(argument: Argument) -> tuple[int, int] | None:
    """Return the (width, height) of an input that takes pictures; None if they can have any."""
    height, width = argument.shape[2:]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None
