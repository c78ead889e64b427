"""The tool that makes the small latent diffusion model in the package, from nothing: `python -m tools.tiny_model --out DIR`."""
