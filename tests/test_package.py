"""However it comes onto a machine, the page has all its files, and there is a first film to take."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lib_anim import resources

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ("lib_anim", "javascript", "localizations", "settings_defaults", "style.css", "pyproject.toml")

# run in a process of its own, with the installed package in front of all others
PROGRAM = """
import json, site, sys
before = list(sys.path)
site.addsitedir(sys.argv[1])  # reads the .pth file of an editable install
sys.path[:] = [sys.argv[1], *(path for path in sys.path if path not in before), *before]
import lib_anim
from lib_anim import resources
from lib_anim.cli import main
from lib_anim.page import assets, document
print(json.dumps({
    "package": lib_anim.__file__,
    "page": document.document("ru"),
    "words": document.words("ru"),
    "files": {name: path.read_text(encoding="utf-8") for name, path in assets.files().items()},
    "films": sorted(resources.bundled_films()),
    "status": main(["check", "infinite_zoom"]),
}))
"""


def hatchling(what, folder, source=ROOT):
    """A distribution, built as pip has it built, but without fetching anything."""
    pytest.importorskip("hatchling", reason="packages are built by hatchling")
    program = f"import hatchling.build; print(hatchling.build.build_{what}({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=source, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


def pip(wheel, target):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return target


def wheel(tmp_path):
    return pip(hatchling("wheel", tmp_path), tmp_path / "target")


def wheel_of_sdist(tmp_path):
    with tarfile.open(hatchling("sdist", tmp_path)) as file:
        file.extractall(tmp_path, filter="data")
    (source,) = (path.parent for path in tmp_path.glob("*/pyproject.toml"))
    made = pip(hatchling("wheel", tmp_path, source), tmp_path / "target")
    shutil.rmtree(source)
    return made


def editable(tmp_path):
    return pip(hatchling("editable", tmp_path), tmp_path / "target")


def extension(tmp_path):
    """A folder among a WebUI's extensions."""
    folder = tmp_path / "extensions" / "sd-webui-anim"
    folder.mkdir(parents=True)
    for name in EXTENSION:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize(
    ("install", "inside"),
    [(wheel, "target"), (wheel_of_sdist, "target"), (editable, str(ROOT)), (extension, "extensions")],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_the_page_and_the_first_films_come_along(tmp_path, install, inside):
    folder = install(tmp_path)
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert Path(found["package"]).is_relative_to(tmp_path / inside)
    scripts = {path.relative_to(ROOT / "javascript").as_posix() for path in (ROOT / "javascript").rglob("*.mjs")}
    assert set(found["files"]) == {"style.css", *scripts}
    assert set(re.findall(r'anim/assets/([^"]+)"', found["page"])) == {"style.css", "anim.mjs"}
    assert found["words"]["Generate"] == "Создать"
    assert found["films"] == sorted(path.stem for path in (ROOT / "settings_defaults").glob("*.json"))
    assert found["status"] == 0


def test_a_file_counts_before_the_film_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resources.film_named("orbit") == ROOT / "settings_defaults" / "orbit.json"
    assert resources.film_named("orbit.json") == Path("orbit.json")
    assert resources.film_named("no_such_film") == Path("no_such_film")
    Path("orbit").touch()
    assert resources.film_named("orbit") == Path("orbit")


def test_what_was_not_installed_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(resources.resources, "files", lambda _: tmp_path / "lib_anim")
    with pytest.raises(Exception, match=r"style\.css is in none of .*lib_anim.data and .*; install sd-webui-anim again"):
        resources.find("style.css")
    assert resources.bundled_films() == {}
