"""What is said about packages that are not there."""

import pytest

from lib_anim import extras


@pytest.mark.parametrize(
    ("clone", "inside", "command"),
    [
        (True, True, 'pip install -e ".[diffusers]"'),
        (True, False, 'pip install -e "{root}[diffusers]"'),
        (False, True, 'pip install "sd-webui-anim[diffusers]"'),
    ],
)
def test_the_command_fits_how_it_was_installed(tmp_path, monkeypatch, clone, inside, command):
    root = tmp_path / "a folder"
    root.mkdir()
    if clone:
        (root / "pyproject.toml").touch()
    monkeypatch.setattr(extras, "_ROOT", root)
    monkeypatch.chdir(root if inside else tmp_path)
    assert extras.how_to_install("diffusers") == command.format(root=root)
