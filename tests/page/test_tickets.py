"""Tickets for frames: each counts once."""

from pathlib import Path

from lib_anim.page.tickets import Tickets


def test_a_ticket_counts_once():
    tickets = Tickets()
    one, two = tickets.issue(Path("a.png")), tickets.issue(Path("b.png"))
    assert one != two
    assert [tickets.redeem(key) for key in (two, one, one, "", None, 3)] == [Path("b.png"), Path("a.png"), *[None] * 4]


def test_old_tickets_expire():
    tickets = Tickets()
    issued = [tickets.issue(Path(str(n))) for n in range(40)]
    found = [tickets.redeem(ticket) for ticket in issued]
    assert found[:24] == [None] * 24
    assert found[24:] == [Path(str(n)) for n in range(24, 40)]
