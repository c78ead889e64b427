"""Seeds from a start of 10, as Deforum's table has them."""

import pytest

from lib_anim.plan.seeds import LARGEST, derived, painted_seeds, scheduled_seeds


@pytest.mark.parametrize(
    ("behavior", "repeat", "classic", "expected"),
    [
        ("iter", 1, False, [10, 11, 12, 13, 14, 15]),
        ("iter", 2, False, [10, 10, 11, 11, 12, 12]),
        ("iter", 3, False, [10, 10, 10, 11, 11, 11]),
        ("iter", 1, True, [10, 11, 12, 13, 14, 15]),
        ("iter", 2, True, [10, 11, 11, 12, 12, 13]),
        ("iter", 3, True, [10, 11, 11, 11, 12, 12]),
        ("fixed", 1, False, [10] * 6),
        ("ladder", 1, False, [10, 12, 11, 13, 12, 14]),
        ("alternate", 1, False, [10, 11, 10, 11, 10, 11]),
        ("schedule", 1, False, [10, 11, 12, 13, 14, 15]),
    ],
)
def test_sequences(behavior, repeat, classic, expected):
    assert painted_seeds(behavior, 6, 10, repeat, classic=classic) == expected


def test_a_seed_is_used_once_unless_told_otherwise():
    assert painted_seeds("iter", 4, 10) == [10, 11, 12, 13]


def test_random_begins_with_the_start_and_repeats_itself():
    seeds = painted_seeds("random", 50, 10)
    assert seeds == painted_seeds("random", 50, 10)
    assert seeds[0] == 10
    assert len(set(seeds)) == 50
    assert all(0 <= seed <= LARGEST for seed in seeds)
    assert seeds[1:] != painted_seeds("random", 50, 11)[1:]


def test_minus_one_in_a_schedule_is_derived_from_seed_and_frame():
    seeds = scheduled_seeds([42.0, -1.0, -1.0, 7.9], 42)
    assert seeds == [42, derived(42, 1), derived(42, 2), 7]
    assert seeds[1] != seeds[2]
    assert scheduled_seeds([0.0, 0.9], 42) == [0, 0]
    assert scheduled_seeds([-1.0], 43) != scheduled_seeds([-1.0], 42)


def test_derived_seeds_are_the_same_for_ever():
    """Films of old seeds must come out as they did; the numbers are those of the first edition."""
    pinned = [3528835259, 528218089, 1299051706, 1462908847]
    assert [derived(10, index) for index in range(4)] == pinned
    assert derived(2**64 + 10, 1) == derived(10, 1)
    assert painted_seeds("random", 4, 10) == [10, *pinned[1:]]
    assert painted_seeds("random", 1, 10) == [10]
    assert painted_seeds("random", 0, 10) == []
