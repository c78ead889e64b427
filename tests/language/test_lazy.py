"""Sequences whose values are made when they are asked for."""

import pytest

from lib_anim.language.lazy import Lazy

MADE = []
SQUARES = Lazy(5, lambda k: MADE.append(k) or k * k)


def test_nothing_is_made_before_it_is_asked_for():
    MADE.clear()
    assert len(SQUARES) == 5
    assert MADE == []
    assert SQUARES[3] == 9
    assert MADE == [3]


def test_it_reads_as_a_list_does():
    assert [*SQUARES] == [0, 1, 4, 9, 16]
    assert (SQUARES[-1], SQUARES[1:4], SQUARES[::-2]) == (16, (1, 4, 9), (16, 4, 0))
    for beyond in (5, -6):
        with pytest.raises(IndexError):
            SQUARES[beyond]


@pytest.mark.parametrize(
    ("other", "equal"),
    [([0, 1, 4, 9, 16], True), ((0, 1, 4, 9, 16), True), ([0, 1, 4, 9], False), ([0] * 5, False), (7, False)],
)
def test_it_equals_any_sequence_of_the_same(other, equal):
    assert (SQUARES == other) is equal  # noqa: SIM300
