"""`anim`, and `python -m lib_anim`: the command line with the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lib_anim.cli import main as run_command_line
from lib_anim.hosts import standalone

GROUPS = (standalone.add_commands,)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line. Returns the exit status."""
    return run_command_line(argv, groups=GROUPS)


if __name__ == "__main__":
    sys.exit(main())
