"""The trial run of a model that finds words, as a child process."""

from lib_anim.models.child import answer_trial
from lib_anim.models.segment import try_out

if __name__ == "__main__":
    answer_trial(try_out)
