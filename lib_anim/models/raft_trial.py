"""The trial run of a flow network, as a child process. Its answer has the place of its pixels' range."""

from lib_anim.models.child import answer_trial
from lib_anim.models.raft import find_range

if __name__ == "__main__":
    answer_trial(lambda path: {"range": find_range(path)})
