"""A depth network for the small model: `python -m tools.tiny_model.depth train|export|evaluate --out DIR …`.

train --out DIR [--effort X] [--resume]   DIR/depth.safetensors, from DIR/depth.pt where it is resumed
export --out DIR                          DIR/depth.safetensors from DIR/depth.pt, of a training that is not over
evaluate --out DIR                        rank correlations with the drawn depth on landscapes that training never had
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from lib_anim.engines.diffusers.checkpoint import BUNDLED

from .evaluate_depth import correlations, unseen
from .train_depth import DepthRecipe, export_average, load_weights, round_trip, train_depth


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.tiny_model.depth", description="A depth network for the small model."
    )
    parser.add_argument("what", choices=("train", "export", "evaluate"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the weights and of the training's state")
    parser.add_argument("--effort", type=float, default=1, help="so many times the steps and pictures of the recipe")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="one is fastest where other programs run too")
    parser.add_argument("--resume", action="store_true", help="go on from DIR/depth.pt")
    parser.add_argument("--pictures", type=int, default=40, help="evaluate: how many")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    vae = AutoencoderKL.from_pretrained(BUNDLED / "vae", torch_dtype=torch.float32).requires_grad_(False).eval()
    if options.what == "train":
        options.out.mkdir(parents=True, exist_ok=True)
        train_depth(vae, DepthRecipe().scaled(options.effort), options.out, seed=options.seed, resume=options.resume)
    if options.what == "export":
        print(f"step {export_average(options.out)}")
    print(evaluated(options.out, vae, options.pictures))


def evaluated(folder: Path, vae: AutoencoderKL, count: int) -> str:
    """Return the measures of a network as lines."""
    from lib_anim.models.depth import nearness_of

    weights = load_weights(folder / "depth.safetensors")
    lines = [f"{sum(value.numel() for value in weights.values())} parameters; rank correlation, mean (lowest):"]
    for size in ((128, 128), (256, 256), (288, 512)):
        drawings = unseen(count, *size)
        for name, change in (
            ("drawn", lambda picture: picture),
            ("decoded", lambda picture: round_trip(vae, picture[None])[0]),
        ):
            found = correlations(lambda picture: nearness_of(weights, picture), drawings, change)
            lines.append(f"{size[1]}x{size[0]} {name}: {np.mean(found):.3f} ({np.min(found):.3f})")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
