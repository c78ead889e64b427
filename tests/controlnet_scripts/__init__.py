"""Stand-ins for the ControlNets of hosts."""

from functools import wraps


def no_grad(function):
    """Wrap a function as torch does: the names of its module are not those of the wrapper."""

    @wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapped
