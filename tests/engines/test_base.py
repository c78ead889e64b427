"""What callers of any engine do: paint a take again when that can help."""

import pytest

from lib_anim.engines.base import PATIENCE, Engine, Sampled, SampleRequest, sample_or_retry
from lib_anim.errors import Blank, Disturbed, EngineError, Interrupted, OutOfMemory
from lib_anim.images.test_card import test_card as card

TAKE = tuple(SampleRequest(k, (64, 48), (("a cat", 1.0),), seed=k + 4) for k in (3, 4))


class Faulty(Engine):
    """Raises the errors of a list, one at each request, and paints where the list has None or is at its end."""

    def __init__(self, *faults):
        self.faults, self.freed = list(faults), 0

    def paint(self, request):
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise OutOfMemory if fault is OutOfMemory else fault("fault")
        return Sampled(card(request.size), request.seed, {"own": 1})

    def free(self):
        self.freed += 1


AGAIN = {"out_of_memory": "painted at the second try"}


@pytest.mark.parametrize(
    ("faults", "notes", "freed"),
    [
        ([], {}, 0),
        ([OutOfMemory], AGAIN, 1),
        ([None, OutOfMemory], AGAIN, 1),  # the second picture of the take: both are painted again
        ([Disturbed], {"begun_again": 1}, 0),
        ([None, Disturbed], {"begun_again": 1}, 0),
        ([Disturbed] * (PATIENCE - 1), {"begun_again": PATIENCE - 1}, 0),
        ([Disturbed, OutOfMemory], {"begun_again": 1, **AGAIN}, 1),
        ([OutOfMemory, Disturbed], {"begun_again": 1}, 1),
    ],
)
def test_a_take_is_painted_again_when_that_can_help(faults, notes, freed):
    engine = Faulty(*faults)
    answers = sample_or_retry(engine, TAKE)
    assert [(one.seed, one.notes) for one in answers] == [(7, {"own": 1, **notes}), (8, {"own": 1, **notes})]
    assert engine.freed == freed


@pytest.mark.parametrize(
    ("faults", "error", "said"),
    [
        ([OutOfMemory] * 2, OutOfMemory, str(OutOfMemory())),
        ([EngineError], EngineError, "fault"),
        ([Interrupted], Interrupted, "fault"),
        ([Disturbed] * PATIENCE, Interrupted, "fault, again and again"),
    ],
)
def test_what_does_not_help_is_not_tried_for_ever(faults, error, said):
    engine = Faulty(*faults)
    with pytest.raises(error) as caught:
        sample_or_retry(engine, TAKE)
    assert (type(caught.value), str(caught.value)) == (error, said)
    assert not engine.faults


def test_a_blank_is_an_answer_and_gets_no_notes():
    first, second = sample_or_retry(Faulty(Disturbed, Blank), TAKE)
    assert isinstance(first, Blank)
    assert second.notes == {"own": 1, "begun_again": 1}


def test_a_film_that_is_stopped_begins_nothing_again():
    engine = Faulty(Disturbed, Disturbed)
    with pytest.raises(Disturbed):
        sample_or_retry(engine, TAKE, stopped=lambda: True)
    assert len(engine.faults) == 1
