"""The trial run of a network for frames between frames, as a child process."""

from lib_anim.models.child import answer_trial
from lib_anim.models.rife import check_network

if __name__ == "__main__":
    answer_trial(check_network)
