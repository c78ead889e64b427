"""The trial run of the networks that see poses, as a child process."""

from lib_anim.models.child import answer_trial
from lib_anim.models.dwpose import try_out

if __name__ == "__main__":
    answer_trial(try_out)
