"""`python -m lib_anim` is `anim`."""

import sys

from lib_anim.cli import main

sys.exit(main())
