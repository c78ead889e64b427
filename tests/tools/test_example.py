"""The example film on the page is the one that tools/example.py makes."""

from lib_anim.media import metadata
from lib_anim.page.example import FILM
from tools import example


def test_the_film_carries_the_settings_that_make_it():
    made = metadata.read(FILM.read_bytes(), FILM.name)
    wanted = example.settings()
    assert {key: (made[key], value) for key, value in wanted.items() if made[key] != value} == {}
