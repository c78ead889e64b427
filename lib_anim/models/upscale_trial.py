"""The trial run of an upscaler, as a child process. Its answer has how many times it enlarges."""

from lib_anim.models.child import answer_trial
from lib_anim.models.upscale import find_scale

if __name__ == "__main__":
    answer_trial(lambda path: {"scale": find_scale(path)})
