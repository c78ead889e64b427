"""A child process for test_child.py: ARGUMENT is JSON, {"file": where it says its number, "does": what it does then}."""

import json
import os
import sys
import threading
from pathlib import Path

from lib_anim.models.child import end_with_parent

end_with_parent()
asked = json.loads(sys.argv[1])
Path(asked["file"]).write_text(str(os.getpid()))
if asked["does"] == "wait":
    threading.Event().wait()
if asked["does"] == "crash":
    os.abort()
print("something that a library prints")
print(json.dumps({"said": asked["does"], "modules": sys.path[0]}))
