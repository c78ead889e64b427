"""Bodies of requests, read within limits of time and memory."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from lib_anim.errors import AnimError
from lib_anim.messages import Message

SILENCE_S = 20.0  # seconds without data after which a body is given up
LONGEST_S = 600.0  # seconds that a whole body may take
MOST_AT_ONCE = 512 * 2**20  # bytes of all bodies that are being read


class Refused(AnimError):
    """A refusal with a given HTTP status."""

    def __init__(self, status: int, message: str):
        self.status = status
        super().__init__(message)


class _Held:
    """Bytes of bodies that are being read; only the event loop changes it."""

    size = 0


async def read(request: Any, most: int) -> bytes:
    """Read the body of a request. Raises Refused for one of more than `most` bytes, or one that takes too long."""
    data, until = bytearray(), time.monotonic() + LONGEST_S
    try:
        chunks = aiter(request.stream())
        while True:
            chunk = await asyncio.wait_for(anext(chunks), min(SILENCE_S, max(0.0, until - time.monotonic())))
            data += chunk
            _Held.size += len(chunk)
            if len(data) > most:
                raise Refused(413, Message("larger than {n} MB", n=round(most / 2**20)))
            if _Held.size > MOST_AT_ONCE:
                raise Refused(503, "too many files are being sent at once; send it again")
    except StopAsyncIteration:
        return bytes(data)
    except asyncio.TimeoutError:
        raise Refused(408, "the request did not arrive in time; send it again") from None
    finally:
        _Held.size -= len(data)
