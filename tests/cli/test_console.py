"""What the command line says while a run goes on."""

import io

import pytest

from lib_anim.cli.console import SECONDS_BETWEEN_LINES, print_result, progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("ticks", "lines"),
    [
        # (clock in seconds, frames done) of a run of 10 frames; a line comes when 5 seconds are over, and at the end
        ([(1, 1), (4.9, 2)], []),
        ([(5, 1)], ["film: frame 1 of 10, 5.00 s a frame, 00:00:45 left"]),
        ([(2, 1), (6, 2), (9, 3)], ["film: frame 2 of 10, 3.00 s a frame, 00:00:24 left"]),
        (
            [(6, 1), (10.9, 2), (12, 3), (16, 4), (16.9, 5)],  # the clock of the lines starts again with each
            ["film: frame 1 of 10, 6.00 s a frame, 00:00:54 left", "film: frame 3 of 10, 4.00 s a frame, 00:00:28 left"],
        ),
        ([(1, 9), (2, 10)], ["film: frame 10 of 10, 1.00 s a frame, 00:00:00 left"]),
        # frames that were there when the run went on took no time of it
        ([(3, 8), (8, 9)], ["film: frame 9 of 10, 4.00 s a frame, 00:00:04 left"]),
        ([(7200, 0)], ["film: frame 0 of 10, 7200.00 s a frame, 20:00:00 left"]),
    ],
)
def test_progress_is_a_line_every_few_seconds(ticks, lines, monkeypatch, capsys):
    assert SECONDS_BETWEEN_LINES == 5.0
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with progress("film", 10) as advance:
        for clock, done in ticks:
            now = 1000.0 + clock
            advance(done, 10)
    assert capsys.readouterr().err.splitlines() == lines


def test_progress_is_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with progress("a name of more than 24 letters", 10) as advance:
        for done in (3, 4, 10):
            advance(done, 10)
    last = terminal.getvalue().split("\r")[-1]
    assert last.startswith("a name of more than 24 l: 100%")
    assert "10/10" in last


class Closing:
    """A stream that fails once it is closed, as one to a terminal that is gone."""

    closed = False

    def __init__(self, *, is_terminal):
        self.isatty = lambda: is_terminal

    def write(self, text):
        if self.closed:
            raise OSError(5, "Input/output error")
        return len(text)

    def flush(self):
        self.write("")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_that_is_gone_does_not_hide_how_a_run_ended(monkeypatch, is_terminal):
    stream = Closing(is_terminal=is_terminal)
    for name in ("sys.stderr", "sys.stdout"):
        monkeypatch.setattr(name, stream)

    def run():
        with progress("film", 10) as advance:
            try:
                advance(1, 10)
                stream.closed = True
                advance(10, 10)
                raise KeyboardInterrupt
            finally:
                print_result("output/film")

    with pytest.raises(KeyboardInterrupt):
        run()
