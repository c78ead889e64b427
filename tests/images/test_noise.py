"""Noise: its statistics, and that it is what its seed says."""

import numpy as np
import pytest

from lib_anim.images.noise import _gradient_noise, add, gaussian, generator, levels, mix_to_grey, perlin, perlin_sum

SIZE = (200, 120)
FIELDS = {"uniform": gaussian, "perlin": perlin}


@pytest.mark.parametrize(("kind", "std"), [("uniform", 0.719), ("perlin", 0.479)])
def test_strength_is_deforums(kind, std):
    # measured there: the noise picture's standard deviation is 91.7 and 61.1 of 127.5
    fields = [FIELDS[kind]((512, 512), generator(3, k)) for k in range(4)]
    assert np.mean([field.std() for field in fields]) == pytest.approx(std, rel=0.05)
    assert np.mean(fields) == pytest.approx(0.0, abs=0.003)
    assert max(np.abs(field).max() for field in fields) <= 1.0


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("size", [(64, 64), (500, 700), (720, 576), (8, 8), (1000, 16)])
def test_any_size(kind, size):
    assert FIELDS[kind](size, generator(1, 1)).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("octaves", range(1, 8))
def test_any_number_of_octaves(octaves):
    assert np.isfinite(perlin((576, 704), generator(1, 1), octaves=octaves)).all()


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_is_a_function_of_seed_and_frame(kind):
    one = FIELDS[kind](SIZE, generator(5, 9))
    assert np.array_equal(one, FIELDS[kind](SIZE, generator(5, 9)))
    assert not np.array_equal(one, FIELDS[kind](SIZE, generator(5, 10)))
    assert not np.array_equal(one, FIELDS[kind](SIZE, generator(6, 9)))


def test_an_octave_is_perlins_formula():
    """Value by value: faded weights of the four corners' gradients times the way from them."""
    rows, columns, samples = 3, 4, 5
    octave = _gradient_noise(rows, columns, samples, generator(1, 1))
    angle = generator(1, 1).random((rows + 1, columns + 1), np.float32) * 2 * np.pi

    def fade(u):
        return 6 * u**5 - 15 * u**4 + 10 * u**3

    for i, j in np.ndindex(octave.shape):
        y, x = (i + 0.5) / samples, (j + 0.5) / samples
        expected = 0.0
        for d, r in np.ndindex(2, 2):
            v, u = y - int(y) - d, x - int(x) - r
            a = angle[int(y) + d, int(x) + r]
            expected += fade(1 - abs(u)) * fade(1 - abs(v)) * (np.cos(a) * u + np.sin(a) * v)
        assert octave[i, j] == pytest.approx(expected, abs=1e-5)


def test_perlin_is_smooth_and_as_coarse_as_its_cells():
    def wobble(cells):
        field = perlin_sum((256, 256), generator(1, 1), cells=cells, octaves=1, persistence=0.5)
        return np.abs(np.diff(field, axis=1)).mean(), np.abs(np.diff(field, axis=0)).mean()

    across, down = wobble((4, 4))
    assert wobble((16, 4))[0] > 2.5 * across
    assert wobble((4, 16))[1] > 2.5 * down
    assert wobble((16, 4))[1] == pytest.approx(down, rel=0.4)
    field = perlin_sum((256, 256), generator(1, 1), cells=(8, 8), octaves=4, persistence=0.5)
    assert np.abs(np.diff(field, axis=1)).max() < 0.25
    assert 0.2 < field.std() < 0.6


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("value", [60, 128, 200])
def test_adding_keeps_the_mean_where_deforum_goes_to_grey(kind, value):
    picture = np.full((512, 512, 3), value, np.uint8)
    field = FIELDS[kind]((512, 512), generator(2, 2))
    clean, classic = add(picture, levels(field, 0.065)), mix_to_grey(picture, field, 0.065)
    assert clean.mean() == pytest.approx(value, abs=0.05)
    assert classic.mean() == pytest.approx(value + 0.065 * (127.5 - value), abs=0.3)
    assert clean.std() == pytest.approx(classic.std(), rel=0.1)


def test_fifty_rounds_do_not_fade():
    picture = np.random.default_rng(0).integers(60, 190, (128, 128, 3)).astype(np.uint8)
    clean = classic = picture
    for k in range(50):
        field = perlin((128, 128), generator(1, k))
        clean, classic = add(clean, levels(field, 0.065)), mix_to_grey(classic, field, 0.065)
    assert clean.mean() == pytest.approx(picture.mean(), abs=1.5)
    assert clean.std() > picture.std()
    assert classic.std() < 0.5 * picture.std()  # everything went to grey


def test_a_mask_keeps_noise_away():
    picture = np.full((120, 200, 3), 200, np.uint8)
    mask = np.zeros((120, 200), np.float32)
    mask[:, 100:] = 1.0
    noised = add(picture, levels(gaussian(SIZE, generator(1, 1)), 0.2), mask)
    assert (noised[:, :100] == 200).all()
    assert noised[:, 100:].std() > 10
    assert (mix_to_grey(picture, gaussian(SIZE, generator(1, 1)), 0.1, mask * 0)[..., 0] == 193).all()  # as measured


def test_it_saturates_and_does_not_wrap():
    white = np.full((64, 64, 3), 250, np.uint8)
    noised = add(white, levels(gaussian((64, 64), generator(1, 1)), 0.5))
    assert noised.max() == 255
    assert noised.min() > 180
