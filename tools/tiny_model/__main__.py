"""From nothing to weights: `python -m tools.tiny_model --out DIR [--effort X] [--device cpu|cuda] [--seed N] [--resume]`.

With effort 1 it takes an evening (three to four hours) on one core: so the weights in
`lib_anim/engines/diffusers/data/tiny` were made.
"""

import argparse
from pathlib import Path

import torch

from .export import export_folder
from .model import make_text_encoder, make_unet, make_vae
from .tokenizer import load_tokenizer
from .train_paint import LARGE, SMALL, train_paint
from .train_vae import VaeRecipe, train_vae


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.tiny_model", description="Make the small model from nothing.")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the weights (diffusers layout); checkpoints go to OUT/work"
    )
    parser.add_argument(
        "--effort",
        type=float,
        default=1,
        help="so many times the steps and pictures of the recipe; 1 takes an evening on one core",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="on the CPU; one is fastest where other programs run too")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in OUT/work")
    make(parser.parse_args(arguments))


def make(options: argparse.Namespace) -> None:
    """Train both halves and export."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    work = options.out / "work"
    work.mkdir(parents=True, exist_ok=True)
    how = {"seed": options.seed, "device": options.device, "resume": options.resume}

    vae, recipe = make_vae().to(options.device), VaeRecipe().scaled(options.effort)
    train_vae(vae, recipe, work, **how)
    vae.requires_grad_(False).eval()

    tokenizer = load_tokenizer(work / "tokenizer")
    text, unet = make_text_encoder(len(tokenizer)).to(options.device), make_unet().to(options.device)
    for recipe in (SMALL, LARGE):
        train_paint(unet, text, vae, tokenizer, recipe.scaled(options.effort), work, **how)
    export_folder(options.out, unet, text, vae)
    print(
        f"wrote {options.out}: {sum(p.stat().st_size for p in options.out.rglob('*.safetensors')) / 2**20:.1f} MiB of weights"
    )


if __name__ == "__main__":
    main()
