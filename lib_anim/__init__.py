"""sd-webui-anim: keyframes in, a finished animation out, painted by Stable Diffusion."""

__version__ = "0.1.0"
