"""The trial run of a depth network, as a child process: `python -m lib_anim.models.depth_trial FILE`.

Its answer is {} or {"refused": a message as data}.
"""

from __future__ import annotations

import json
import sys

from lib_anim.errors import ModelError
from lib_anim.messages import as_data
from lib_anim.models.child import end_with_parent
from lib_anim.models.depth_onnx import try_network


def main() -> None:
    """Try the network of the file that the command line names."""
    end_with_parent()
    answer: dict[str, object] = {}
    try:
        try_network(sys.argv[1])
    except ModelError as error:
        answer = {"refused": as_data(error.message)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
