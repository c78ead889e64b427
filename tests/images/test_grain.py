"""Detail that a move takes and noise puts back: energies in numbers."""

from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines.base import Sampled
from lib_anim.images import grain
from lib_anim.images.camera import move_2d
from lib_anim.images.noise import generator
from lib_anim.shot.reel import Reel
from tests.helpers import Painter, shot

SIZE = (240, 160)
LOSSY = [
    ("bilinear", {"zoom": 1.03}, (0.3, 0.7)),
    ("bilinear", {"angle_deg": 3.0}, (0.3, 0.7)),
    ("bilinear", {"translate_px": (6.5, 3.5)}, (0.7, 0.8)),
    ("bicubic", {"zoom": 1.03}, (0.1, 0.4)),
    ("bicubic", {"angle_deg": 3.0}, (0.1, 0.4)),
]


def natural(size=SIZE, slope=1.2, seed=0):
    """A picture whose spectrum falls as pictures' do, f^-slope, its right third a clear sky."""
    width, height = size
    across, down = np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height))
    frequency = np.hypot(across, down)
    frequency[0, 0] = 1.0
    white = np.random.default_rng(seed).standard_normal((3, height, width))
    values = np.fft.ifft2(np.fft.fft2(white) / frequency**slope).real
    picture = np.moveaxis(values / values.std() * 35 + 128, 0, -1)
    picture[:, width * 2 // 3 :] = (120, 160, 200)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def energy(frame):
    return grain.energy(grain.luminance(frame))


def moved(picture, sampling, move):
    """The picture after a move; what it should have; what is fresh."""
    warp = move_2d(SIZE, sampling=sampling, **move)
    return warp(picture), replace(warp, sampling="nearest")(energy(picture)), warp.uncovered()


def mean(energies, fresh):
    """Of each band, where nothing within reach is fresh, by numpy alone."""
    rows, columns = np.nonzero(fresh)
    seen = np.ones(fresh.shape, bool)
    for row, column in zip(rows, columns, strict=True):
        seen[max(row - 6, 0) : row + 7, max(column - 6, 0) : column + 7] = False
    return energies[seen].mean(axis=0)


def field(seed=5, index=9):
    return grain.grain(SIZE, generator(seed, index))


@pytest.mark.parametrize(("sampling", "move", "loses"), LOSSY)
def test_noise_puts_back_what_a_move_took(sampling, move, loses):
    blurred, wanted, fresh = moved(natural(), sampling, move)
    target, before = mean(wanted, fresh), mean(energy(blurred), fresh)
    after = mean(energy(grain.put_back(blurred, field(), wanted, fresh, 1.0)), fresh)
    assert loses[0] < 1 - before[0] / target[0] < loses[1]
    assert after == pytest.approx(target, rel=0.06)
    assert after[0] == pytest.approx(target[0], rel=0.03)


def test_half_the_share_is_half_the_energy():
    blurred, wanted, fresh = moved(natural(), *LOSSY[0][:2])
    none, half, whole = (
        mean(energy(grain.put_back(blurred, field(), wanted, fresh, share)), fresh)[0] for share in (0.0, 0.5, 1.0)
    )
    assert half == pytest.approx((none + whole) / 2, rel=0.03)


@pytest.mark.parametrize(
    ("sampling", "move"),
    [("bicubic", {"translate_px": (31, -17)}), ("nearest", {"translate_px": (-90, 4)}), ("bicubic", {})],
)
def test_where_nothing_is_lost_nothing_is_added(sampling, move):
    shifted, wanted, fresh = moved(natural(), sampling, move)
    assert np.array_equal(grain.put_back(shifted, field(), wanted, fresh, 1.0), shifted)


def test_more_detail_than_there_was_is_left_alone():
    picture = natural()
    sharper = np.clip(picture.astype(int) * 2 - 128, 0, 255).astype(np.uint8)
    assert np.array_equal(grain.put_back(sharper, field(), energy(picture), np.zeros(SIZE[::-1], np.float32), 1.0), sharper)


def test_a_clear_sky_stays_clear_and_so_does_what_is_fresh():
    blurred, wanted, fresh = moved(natural(), "bilinear", {"translate_px": (20.5, 0.0)})
    added = grain.put_back(blurred, field(), wanted, fresh, 1.0).astype(int) - blurred
    assert not added[:, 190:].any()  # the sky, and more than a square away from its edge
    assert not added[:, :20].any()
    assert added[:, 40:170].std() > 1.0
    inside = ((blurred > 60) & (blurred < 195)).all(axis=2)
    assert not np.ptp(added[inside], axis=1).any()  # grey, where nothing is cut at black and white


def test_lone_lines_and_edges_are_not_grained():
    picture = natural()
    picture[:, 160:] = (120, 160, 200)
    picture[100:, 160:] = (20, 30, 40)
    picture[40:42, 180:] = 255
    blurred, wanted, fresh = moved(picture, "bilinear", {"angle_deg": 2.0})
    added = grain.put_back(blurred, field(), wanted, fresh, 1.0).astype(int) - blurred
    assert np.abs(added[20:140, 185:230]).max() <= 1
    assert added[20:140, 20:140].std() > 1.0


def test_all_fresh_is_nothing_lost():
    picture = natural()
    assert np.array_equal(grain.put_back(picture, field(), energy(picture) * 9, np.ones(SIZE[::-1], np.float32), 1.0), picture)


def test_grain_is_of_its_band_and_a_function_of_seed_and_frame():
    one = grain.grain((512, 512), generator(1, 1))
    assert (one**2).mean(axis=(0, 1)) == pytest.approx([1.0, 1.0], rel=0.03)
    assert np.corrcoef(one.reshape(-1, 2).T)[0, 1] == pytest.approx(0.0, abs=0.02)
    assert np.array_equal(field(), field())
    assert not np.array_equal(field(), field(index=10))
    assert not np.array_equal(field(), field(seed=6))


# -- in a film ----------------------------------------------------------------------------------------------------------------

FILM = {
    **{"W": 240, "H": 160, "max_frames": 5, "zoom": "0:(1.03)", "sampling_mode": "bilinear"},
    **{"noise_type": "detail", "noise_schedule": "0:(1)"},
}


def painted(request):
    """A picture of its own for every frame, whatever it is painted over."""
    return natural(seed=request.index)


def answer(take):
    return [Sampled(painted(request), request.seed) for request in take]


def filmed(**changes):
    engine = Painter(painted)
    reel = Reel(shot(**{**FILM, **changes}))
    while (take := reel.ask()) is not None:
        list(reel.take(engine.sample_take(take)))
    return engine.requests


@pytest.mark.parametrize("classic", [False, True])
def test_a_film_keeps_the_fine_energy_of_what_was_painted(classic):
    requests = filmed(classic=classic)
    for request in requests[1:]:
        wanted = energy(natural(seed=request.index - 1))[10:-10, 10:-10].mean(axis=(0, 1))
        assert energy(request.moved).mean(axis=(0, 1))[0] < 0.75 * wanted[0]
        assert energy(request.init).mean(axis=(0, 1)) == pytest.approx(wanted, rel=0.12)  # a zoom drops the borders


def test_what_sharpening_has_put_back_is_not_put_back_again():
    quiet, sharpened = (energy(filmed(amount_schedule=amount)[1].init)[:, :140, 0].mean() for amount in (0, 0.6))
    assert sharpened == pytest.approx(quiet, rel=0.06)


def test_a_share_of_nothing_adds_nothing():
    requests = filmed(noise_schedule="0:(1), 2:(0), 3:(0), 4:(1)")
    assert [np.array_equal(r.init, r.moved) for r in requests[1:]] == [False, True, True, False]


def test_a_resumed_film_is_the_same():
    whole, part = Reel(shot(**FILM)), Reel(shot(**FILM))
    for _ in range(2):
        list(whole.take(answer(whole.ask())))
    part.restore(whole.state())
    assert part.state()["memory"]["noise detail"].dtype == np.uint8
    while (take := whole.ask()) is not None:
        resumed = part.ask()
        assert np.array_equal(take[0].init, resumed[0].init)
        list(whole.take(answer(take)))
        list(part.take(answer(resumed)))
    assert part.ask() is None


def test_a_film_begun_with_other_noise_goes_on_with_this_one():
    before, after = Reel(shot(**{**FILM, "noise_type": "perlin"})), Reel(shot(**FILM))
    list(before.take(answer(before.ask())))
    after.restore(before.state())
    (request,) = after.ask()
    assert np.array_equal(request.init, request.moved)  # what was painted is not known
    list(after.take(answer([request])))
    (later,) = after.ask()
    assert not np.array_equal(later.init, later.moved)


def test_a_share_that_does_next_to_nothing_is_told():
    (note,) = shot(**{**FILM, "noise_schedule": "0:(0.065)"}).notes
    assert (
        note
        == "noise_schedule: with noise_type detail it is the share of the lost detail that is put back; 0.065 is hardly any"
    )
    assert not shot(**FILM).notes
