"""The command line. parser.py defines the commands; filming.py and looking.py implement them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from lib_anim.cli.console import DONE, INTERRUPTED, TERMINATED, exit_status_of, say
from lib_anim.cli.opening import check_changes
from lib_anim.cli.parser import Group, build_parser
from lib_anim.cli.signals import endings
from lib_anim.runs.control import Control, Ending, Stopped


def main(argv: Sequence[str] | None = None, control: Control | None = None, groups: Sequence[Group] = ()) -> int:
    """Run one command line. Returns the exit status: 0 done, 1 failed, 2 bad input, 130 interrupted, 143 terminated.

    `control` stops a run from another thread, where there are no signals (inside a WebUI). `groups` add commands.
    """
    args = build_parser(groups).parse_args(argv)
    try:
        with endings() if control is None else nullcontext():
            check_changes(args.changes)
            return args.work(args, control or Control()) or DONE
    except KeyboardInterrupt:
        return _report_stop(Ending.STOPPED)
    except Stopped as stop:
        return _report_stop(stop.ending)
    except BrokenPipeError:  # the reader of a pipe has closed it, such as `anim plan … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return exit_status_of(error)


def _report_stop(ending: Ending) -> int:
    """Print that a run was stopped; return the exit status."""
    terminated = ending is Ending.TERMINATED
    say(f"{'terminated' if terminated else 'interrupted'}; what was painted is kept")
    return TERMINATED if terminated else INTERRUPTED
