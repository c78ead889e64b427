"""RIFE by its files, against modules that are written from the description of its layout; FILM by TorchScript; refusals."""

from itertools import pairwise

import numpy as np
import pytest

from lib_anim.errors import ModelError, SettingsError
from lib_anim.models.rife import between_by, check_network, open_network
from tests.helpers import problems_of, shot

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

FRAMES = tuple(np.random.default_rng(seed).integers(0, 255, (40, 56, 3)).astype(np.uint8) for seed in (1, 2))


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1)
        self.beta = nn.Parameter(torch.full((1, width, 1, 1), 0.7))

    def forward(self, x):
        return functional.leaky_relu(self.conv(x) * self.beta + x, 0.2)


def halving(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2))


class Block(nn.Module):
    def __init__(self, inputs, width, answers):
        super().__init__()
        self.conv0 = nn.Sequential(halving(inputs, width // 2), halving(width // 2, width))
        self.convblock = nn.Sequential(*(Residual(width) for _ in range(8)))
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(width, 4 * answers, 4, 2, 1), nn.PixelShuffle(2))

    def forward(self, x):
        return self.lastconv(self.convblock(self.conv0(x)))


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn0, self.cnn1 = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn2, self.cnn3 = nn.Conv2d(16, 16, 3, 1, 1), nn.ConvTranspose2d(16, 4, 4, 2, 1)

    def forward(self, x):
        for layer in (self.cnn0, self.cnn1, self.cnn2):
            x = functional.leaky_relu(layer(x), 0.2)
        return self.cnn3(x)


class Network(nn.Module):
    """Of family 4.6 (four blocks, nothing but the frames) or 4.25 (five, with features), with narrow blocks."""

    def __init__(self, family):
        super().__init__()
        self.new = family == "4.25"
        widths = (16, 12, 8, 8, 6) if self.new else (16, 12, 8, 8)
        first, later, answers = (15, 28, 13) if self.new else (7, 12, 6)
        for n, width in enumerate(widths):
            setattr(self, f"block{n}", Block(later if n else first, width, answers))
        if self.new:
            self.encode = Head()
        self.count = len(widths)

    def forward(self, one, other, share):
        """See `moved` for how flows are measured."""
        seen = [self.encode(one), self.encode(other)] if self.new else []
        now, features, moment = [one, other], list(seen), torch.full_like(one[:, :1], share)
        flow = mask = rest = None
        for n in range(self.count):
            scale = 2 ** (self.count - 1 - n)
            inputs = torch.cat(
                [*now, *features, moment, *([] if flow is None else [mask]), *([rest] if n and self.new else [])], 1
            )
            x = functional.interpolate(inputs, scale_factor=1 / scale, mode="bilinear")
            if flow is not None:
                x = torch.cat([x, functional.interpolate(flow, scale_factor=1 / scale, mode="bilinear") / scale], 1)
            y = functional.interpolate(getattr(self, f"block{n}")(x), scale_factor=scale, mode="bilinear")
            flow = y[:, :4] * scale + (0 if flow is None else flow)
            mask = y[:, 4:5] + (0 if mask is None or self.new else mask)
            rest = y[:, 5:]
            now = [moved(one, flow[:, :2]), moved(other, flow[:, 2:])]
            features = [moved(seen[0], flow[:, :2]), moved(seen[1], flow[:, 2:])] if self.new else []
        share_of_one = torch.sigmoid(mask)
        return now[0] * share_of_one + now[1] * (1 - share_of_one)


def moved(picture, flow):
    """Sample at each pixel plus its flow, by hand: bilinear, the edge repeated."""
    height, width = picture.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x, y = (x + flow[0, 0]).clamp(0, width - 1), (y + flow[0, 1]).clamp(0, height - 1)
    left, top = x.floor().long().clamp(max=width - 2), y.floor().long().clamp(max=height - 2)
    u, v = x - left, y - top
    corners = [(top + dy, left + dx, (v if dy else 1 - v) * (u if dx else 1 - u)) for dy in (0, 1) for dx in (0, 1)]
    return sum(picture[..., at_y, at_x] * weight for at_y, at_x, weight in corners)


def written(path, family="4.25", prefix="", **changes):
    torch.manual_seed(3)
    network = Network(family)
    with torch.no_grad():
        for n in range(network.count):
            getattr(network, f"block{n}").lastconv[0].weight *= 3  # motions of some pixels
    state = {prefix + key: value.contiguous() for key, value in network.state_dict().items()} | changes
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        torch.save(state, path)
    return network


def as_tensor(frame, sides):
    tensor = torch.from_numpy(frame.transpose(2, 0, 1).copy())[None] / 255
    lack = (0, sides[0] - frame.shape[1], 0, sides[1] - frame.shape[0])
    return functional.pad(tensor, lack, mode="replicate")


@pytest.mark.parametrize(
    ("family", "name", "prefix"),
    [("4.6", "flownet.pkl", "module."), ("4.25", "flownet.safetensors", ""), ("4.25", "a.pth", "")],
)
def test_a_file_is_the_network_that_was_written(tmp_path, family, name, prefix):
    network = written(tmp_path / name, family, prefix)
    one, other = (as_tensor(frame, (64, 64)) for frame in FRAMES)
    opened = open_network(str(tmp_path / name), "cpu")
    with torch.inference_mode():
        for share in (0.25, 0.5):
            wanted = network(one, other, share)[..., :40, :56]
            made = opened(one[..., :40, :56], other[..., :40, :56], share)
            assert float((made - wanted).abs().max()) < 1e-3
        assert float((wanted - (one + other)[..., :40, :56] / 2).abs().mean()) > 0.01  # it does something


@pytest.mark.parametrize("family", ["4.6", "4.25"])
def test_without_motion_it_is_the_mean(tmp_path, family):
    state = Network(family).state_dict()
    still = {key: torch.zeros_like(value) for key, value in state.items() if "lastconv" in key}
    written(tmp_path / "flownet.pkl", family, **still)
    made = list(between_by(str(tmp_path / "flownet.pkl"))(*FRAMES, [0.3, 0.5]))
    mean = (FRAMES[0].astype(int) + FRAMES[1]) / 2
    assert max(np.abs(frame - mean).max() for frame in made) <= 1


def test_film_is_torchscript_of_two_frames_and_a_moment(tmp_path):
    class Film(nn.Module):
        def forward(self, one, other, moment):
            return one * (1 - moment) + other * moment

    torch.jit.script(Film()).save(str(tmp_path / "film_net.pt"))
    made = list(between_by(str(tmp_path / "film_net.pt"))(*FRAMES, [0.25, 0.5]))
    assert np.abs(made[0] - (0.75 * FRAMES[0] + 0.25 * FRAMES[1])).max() <= 1
    assert all(one.shape == other.shape for one, other in pairwise([*made, FRAMES[0]]))


class Evil:
    def __reduce__(self):
        return (print, ("code of a stranger",))


def write_wrong(path):
    """A file of another kind for each name."""
    kinds = {
        "text.pkl": lambda: path.write_text("la la la"),
        "evil.pkl": lambda: torch.save({"block0": Evil()}, path),
        "other.pth": lambda: torch.save({"model.weight": torch.zeros(3)}, path),
        "old.pkl": lambda: written(path, **{"block1.conv0.0.0.weight": torch.zeros(8, 30, 3, 3)}),
        "text.pt": lambda: path.write_text("la la la"),
        "raft.onnx": lambda: path.write_text("la la la"),
        "bright.pt": lambda: torch.jit.script(Bright()).save(str(path)),
    }
    kinds[path.name]()


class Bright(nn.Module):
    def forward(self, one, other, moment):
        return one + 0.5


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("text.pkl", "text.pkl: cannot be read as weights: "),
        ("evil.pkl", "evil.pkl: cannot be read as weights: "),
        ("other.pth", "other.pth: not a RIFE that is known; those of Practical-RIFE 4.6, 4.25 and 4.26 are"),
        ("old.pkl", "old.pkl: not a RIFE that is known"),
        ("text.pt", "text.pt: cannot be read as TorchScript: "),
        ("raft.onnx", "raft.onnx: RIFE is a file ending in .pkl, .pth, .safetensors, FILM one in .pt, .ts"),
        ("bright.pt", "bright.pt: no network for frames between frames: it does not keep a still"),
    ],
)
def test_files_of_another_kind_are_refused_in_a_line(tmp_path, capsys, name, said):
    write_wrong(tmp_path / name)
    with pytest.raises(ModelError) as caught:
        check_network(str(tmp_path / name))
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert "code of a stranger" not in capsys.readouterr().out


def test_a_film_names_its_network(tmp_path):
    written(tmp_path / "flownet.pkl", "4.6")
    made = shot(frame_interpolation_engine="RIFE", interpolation_model=str(tmp_path / "flownet.pkl"))
    assert dict(made.features)["frame_interpolation"].does == "RIFE of flownet.pkl: 30 frames a second"
    alone = shot(frame_interpolation_engine="RIFE v4.6")
    text = "frame_interpolation_engine: Flow stands in for RIFE: interpolation_model names no file of it"
    assert text in alone.notes
    (tmp_path / "text.pkl").write_text("la la la")
    with pytest.raises(SettingsError) as caught:
        shot(frame_interpolation_engine="FILM", interpolation_model=str(tmp_path / "text.pkl"))
    (line,) = problems_of(caught)
    assert line.startswith("interpolation_model: text.pkl: cannot be read as weights")
