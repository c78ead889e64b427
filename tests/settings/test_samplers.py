"""Sampler names in all their spellings."""

import pytest

from lib_anim.errors import FieldError
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS, resolve


@pytest.mark.parametrize(
    ("sampler", "scheduler", "expected"),
    [
        ("Euler a", "Automatic", ("Euler a", "Automatic")),
        ("euler A", "Karras", ("Euler a", "Karras")),
        ("DPM++ 2M Karras", "Automatic", ("DPM++ 2M", "Karras")),
        ("dpm++ 2m sde karras", "automatic", ("DPM++ 2M SDE", "Karras")),
        ("DPM++ 2M SDE Heun Exponential", "Automatic", ("DPM++ 2M SDE Heun", "Exponential")),
        ("DPM++ 2M", "automatic", ("DPM++ 2M", "Automatic")),
        ("DPM++ 2M Karras", "Simple", ("DPM++ 2M", "Simple")),
        ("LMS Karras", "Automatic", ("LMS", "Karras")),
        ("k_euler_ancestral", "Automatic", ("Euler a", "Automatic")),
        ("  DDIM ", "Simple", ("DDIM", "Simple")),
    ],
)
def test_resolve(sampler, scheduler, expected):
    assert resolve(sampler, scheduler) == expected


def test_every_name_resolves_to_itself():
    for sampler in SAMPLERS:
        for scheduler in SCHEDULERS[1:]:
            assert resolve(sampler, scheduler) == (sampler, scheduler)


@pytest.mark.parametrize(
    ("sampler", "scheduler", "words"),
    [
        ("Eulr", "Automatic", "there is no sampler 'Eulr'; the nearest are Euler"),
        ("Euler", "Karas", "there is no scheduler 'Karas'; the nearest are Karras"),
        ("", "Automatic", "there is no sampler ''"),
    ],
)
def test_unknown_names_offer_the_nearest(sampler, scheduler, words):
    with pytest.raises(FieldError) as error:
        resolve(sampler, scheduler)
    assert words in str(error.value)


def test_an_engine_without_a_sampler_offers_what_it_has():
    with pytest.raises(FieldError, match="nearest are DDIM"):
        resolve("DDIMM", "Automatic", ("DDIM", "LCM"), SCHEDULERS)
