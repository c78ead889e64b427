"""Stand-ins for the ControlNets of hosts."""

from functools import wraps

import cv2


class Annotator:
    """A pre-processor that sees red things as near; its picture has another size than the one it is given."""

    def __init__(self):
        self.calls, self.unloaded, self.during = [], 0, lambda: None

    def __call__(self, input_image, resolution, slider_1=None, slider_2=None, slider_3=None, input_mask=None, **kwargs):
        self.calls.append(resolution)
        self.during()
        height, width = input_image.shape[:2]
        share = resolution / min(height, width)
        red = input_image[..., :1].repeat(3, axis=2)
        return cv2.resize(red, (round(width * share), round(height * share)), interpolation=cv2.INTER_LINEAR)

    def unload(self):
        self.unloaded += 1


def no_grad(function):
    """Wrap a function as torch does: the names of its module are not those of the wrapper."""

    @wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapped
