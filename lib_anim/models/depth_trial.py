"""The trial run of a depth network, as a child process."""

from lib_anim.models.child import answer_trial
from lib_anim.models.depth_onnx import try_network

if __name__ == "__main__":
    answer_trial(try_network)
