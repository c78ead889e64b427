"""A card's memory and load: torch's own peak, a limit on what torch may take, and NVML's figures while work lasts."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import mean

MIB = 2**20


def peak_mib() -> float:
    """The most memory torch had in use since this was asked last."""
    import torch

    torch.cuda.synchronize()
    peak = torch.cuda.max_memory_allocated() / MIB
    torch.cuda.reset_peak_memory_stats()
    return peak


def busy_ms(work: Callable[[], object]) -> float:
    """How long the card computes for some work, the time left out that it waits for its next order."""
    from torch.profiler import ProfilerActivity, profile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with profile(activities=[ProfilerActivity.CUDA]) as seen:
            work()
    return sum(event.self_device_time_total for event in seen.key_averages()) / 1e3


@contextmanager
def limited(left_mib: float) -> Iterator[None]:
    """While this lasts torch can take no more of the card than it has and `left_mib`."""
    import torch

    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + left_mib * MIB) / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


class Watch:
    """What NVML says of the first card while a `with` lasts, ten times a second. Without NVML it says nothing."""

    def __init__(self, card: bool):
        self.name = ""
        self._seen: list[tuple[int, float, float]] = []  # load in %, watts, MiB of all programs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True) if card and _has_nvml() else None

    def __enter__(self) -> Watch:
        if self._thread:
            import pynvml

            handle = pynvml.nvmlDeviceGetHandleByIndex(0)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total / MIB
            driver = pynvml.nvmlSystemGetDriverVersion()
            self.name = f"{pynvml.nvmlDeviceGetName(handle)}, {memory:.0f} MiB, driver {driver}"
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def said(self) -> str:
        """Load, power and memory while it lasted."""
        if not self._seen:
            return "NVML saw nothing"
        load, watts, memory = zip(*self._seen, strict=True)
        return f"NVML: load {mean(load):.0f} %, {mean(watts):.0f} W, {max(memory):.0f} MiB at most"

    def _look(self) -> None:
        import pynvml

        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        while not self._stop.wait(0.1):
            load = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
            watts = pynvml.nvmlDeviceGetPowerUsage(handle) / 1e3
            self._seen.append((load, watts, pynvml.nvmlDeviceGetMemoryInfo(handle).used / MIB))


def _has_nvml() -> bool:
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # not installed, or no driver of its kind
        return False
    return True
