"""Control networks for the small model: `python -m tools.tiny_model.nets train|evaluate|export NET --out DIR …`.

train NET --out DIR [--minutes N]   NET is edges, pose or layout; DIR/NET.safetensors and DIR/NET.pt, anew each minute
evaluate NET --out DIR              what the network can do on 60 maps that training never had
export NET --out DIR --to FOLDER    FOLDER/NET/config.json and weights, as diffusers reads them
"""

import argparse
import os
from pathlib import Path

NETS = ("edges", "pose", "layout")


def main(arguments: list[str] | None = None) -> None:
    # heavy modules are imported below: the processes that draw import this file too
    parser = argparse.ArgumentParser(
        prog="python -m tools.tiny_model.nets", description="Control networks for the small model."
    )
    parser.add_argument("what", choices=("train", "evaluate", "export"))
    parser.add_argument("net", choices=NETS)
    parser.add_argument("--out", type=Path, required=True, help="folder with the weights and the training's states")
    parser.add_argument("--minutes", type=float, default=60, help="of training, those before a --resume included")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="cuda where there is one")
    parser.add_argument("--batch", type=int, help="pictures of 128x128 in a step; 256 on cuda, 16 on the cpu")
    parser.add_argument("--sizes", type=int, choices=(1, 2, 3, 4), help="128, 256, 384, 512x288; 4 on cuda, 1 on the cpu")
    parser.add_argument("--workers", type=int, help="processes that draw; all processors but one")
    parser.add_argument("--threads", type=int, default=1, help="on the CPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from DIR/NET.pt")
    parser.add_argument("--size", type=int, default=128, help="evaluate: of the pictures")
    parser.add_argument("--maps", type=int, default=60, help="evaluate: how many")
    parser.add_argument("--sheet", type=Path, help="evaluate: a picture of the first maps and what became of them")
    parser.add_argument("--to", type=Path, help="export: the folder")
    options = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(options.threads)
    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    {"train": train, "evaluate": evaluate, "export": export}[options.what](options)


def train(options: argparse.Namespace) -> None:
    """Train one network."""
    import torch

    from .train_control import ControlTrainer, Options

    torch.backends.cudnn.benchmark = True  # a few shapes that come again and again
    options.out.mkdir(parents=True, exist_ok=True)
    cuda = options.device == "cuda"
    how = Options(
        options.net,
        options.out,
        options.minutes,
        options.device,
        batch=options.batch or (256 if cuda else 16),
        sizes=options.sizes or (4 if cuda else 1),
        workers=options.workers or max((os.cpu_count() or 2) - 1, 1),
        seed=options.seed,
        resume=options.resume,
    )
    ControlTrainer(how).run()


def evaluate(options: argparse.Namespace) -> None:
    """Print what one network can do."""
    from .evaluate_control import WEIGHTS, evaluate
    from .train_control import load_control

    net = load_control(options.out / f"{options.net}.safetensors").to(options.device)
    shares = evaluate(options.net, net, options.maps, options.size, options.device, options.sheet)
    print(f"{options.net} at {options.size}: " + "  ".join(f"{w}: {s:.3f}" for w, s in zip(WEIGHTS, shares, strict=True)))


def export(options: argparse.Namespace) -> None:
    """Write one network as diffusers reads it."""
    from .train_control import load_control

    folder = options.to / options.net
    load_control(options.out / f"{options.net}.safetensors").half().save_pretrained(folder, safe_serialization=True)
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors writes for the owner alone


if __name__ == "__main__":
    main()
