"""Flags of the WebUI that start animations. Runs before everything else there, so it imports nothing."""


def preload(parser):
    group = parser.add_argument_group("anim", "animations from keyframes")
    add = group.add_argument
    add(
        "--anim-run-now",
        action="append",
        nargs="?",  # checked by us, so that a missing file gets an answer and not a usage text
        const="",
        metavar="FILE",
        help="render a settings file, or all in a folder, once the WebUI is up; can be given several times",
    )
    add("--anim-terminate-after-run-now", action="store_true", help="end the WebUI afterwards; the exit status tells success")
    add("--anim-out", metavar="DIR", help="where runs go")
    add(
        "--anim-resume", metavar="auto|DIR", help="auto: start what is absent, go on with what is unfinished; or go on with DIR"
    )
    add(
        "--anim-trust-run",
        action="store_true",
        help="with --anim-resume: use the files that a run of others names",
    )
    add("--anim-other-model", action="store_true", help="go on although the run's model is gone, with what is chosen now")
    add("--anim-set", action="append", default=[], metavar="KEY=VALUE", help="change a setting of every file")
    add("--anim-allow-missing", action="store_true", help="leave out what is not built yet or not available")
    add("--anim-fetch", action="store_true", help="fetch the files at web addresses that settings files name")
    add("--anim-fetch-local", action="store_true", help="the same, also from this machine and its network")
    add("--anim-status", metavar="JSON", help="keep a file that says how the run stands")
