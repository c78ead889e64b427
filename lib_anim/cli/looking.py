"""The commands that paint nothing: check, plan, explain, export, plot, report."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from lib_anim.cli.console import DONE, exit_status_of, progress, say
from lib_anim.cli.opening import build_shot, check_settings, load_settings
from lib_anim.cli.options import CheckOptions, ExplainOptions, ExportOptions, PlanOptions, PlotOptions, ReportOptions
from lib_anim.engines.preview import Passthrough, Preview
from lib_anim.errors import Problem, SettingsError
from lib_anim.features.common.camera_steps import camera_path
from lib_anim.features.common.picture_sources import Pictures, open_path
from lib_anim.language.entries import Entry
from lib_anim.media.camera_file import write_camera
from lib_anim.media.download import is_address
from lib_anim.messages import visible
from lib_anim.plan.key_notes import is_late
from lib_anim.plan.plan import Plan
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.guide import write_guide
from lib_anim.runs.guide_film import SOURCE, GuideFilm
from lib_anim.settings.table import FIELDS
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import PLACES, Tools

_FORMULA = ("=", "+", "-", "@")  # what formulas of spreadsheets begin with
MOST_LISTED = 40  # frames listed at most


def check(options: CheckOptions) -> int:
    """Print every problem of every file."""
    worst = DONE
    for file in options.files:
        try:
            settings, problems = check_settings(file, options)
            shot = build_shot(settings, options, Tools(Passthrough.capabilities), problems)  # `run` checks with its engine
        except SettingsError as error:
            worst = max(worst, exit_status_of(error))
        else:
            print(f"{visible(file)}: fine, {len(shot.plan.frames)} frames, {len(shot.plan.spans)} of them painted")
    return worst


def plan(options: PlanOptions) -> None:
    """Print the numbers of a film."""
    shot = build_shot(load_settings(options.file, options), options, Tools(Passthrough.capabilities))
    if options.csv:
        _print_csv(shot.plan)
    elif options.frame is not None:
        _print_frame(shot.plan, options.frame)
    else:
        _print_overview(shot)


def explain(options: ExplainOptions) -> None:
    """Print the steps of a frame, in order."""
    shot = build_shot(load_settings(options.file, options), options, Tools(Preview.capabilities))
    for name, steps in shot.features:
        if not any(getattr(steps, place) for place in PLACES):
            print(f"{'film':8} {name:18} {steps.does}")
    for place in PLACES:
        for name, steps in shot.features:
            if getattr(steps, place):
                print(f"{place:8} {name:18} {steps.does}")


def export(options: ExportOptions) -> None:
    """Write the path of the camera, or guides for video models."""
    options = replace(options, allow_missing=True)  # what only painting needs
    if options.guide:
        _export_guide(options)
        return
    shot = build_shot(load_settings(options.file, options), options, Tools(Preview.capabilities))
    write_camera(camera_path(shot.plan, Tools()), Path(options.camera), options.camera_format)
    print(visible(options.camera))


def _export_guide(options: ExportOptions) -> None:
    """Write guides for video models."""
    begin = (("use_init", False),) if options.source else ()
    options = replace(options, changes=(*options.changes, *begin))
    tools, folder = Tools(Preview.capabilities, ffmpeg=options.ffmpeg), Path(options.guide)
    shot = build_shot(load_settings(options.file, options), options, tools)
    with ExitStack() as opened:
        for close in shot.steps.close:
            opened.callback(close)
        pictures = _open_source(options.source, shot.plan, tools) if options.source else None
        for close in pictures.close if pictures else ():
            opened.callback(close)
        film = GuideFilm(shot, pictures, options.longest)
        with progress(folder.name, None) as shown:
            said = write_guide(film, folder, shown, options.ffmpeg)
    for note in (*(pictures.notes if pictures else ()), *said):
        say(f"{shot.plan.settings.source}: note: {note}")
    print(visible(options.guide))


def _open_source(path: str, plan: Plan, tools: Tools) -> Pictures:
    """Open a picture, or the frames of a finished film: a run, a video, a folder of pictures. Raises SettingsError."""
    if is_address(path):  # which --fetch does not fetch
        raise SettingsError([Problem(SOURCE, "a web address; nothing is downloaded", "name a file")])
    frames = Path(path, "frames")
    return open_path(SOURCE, str(frames) if frames.is_dir() else path, plan, tools, plan.settings.text("init_image_fit"))


def plot(options: PlotOptions) -> None:
    """Save the curves as a picture."""
    from lib_anim.runs.plot import save_curves

    shot = build_shot(load_settings(options.file, options), options, Tools(Passthrough.capabilities))
    save_curves(_varying_schedules(shot), shot.plan, Path(options.output))
    print(visible(options.output))


def report(options: ReportOptions) -> None:
    """Measure one run, or compare two."""
    from lib_anim.runs.report import report, save_json, save_picture, table

    if len(options.folders) > 2:
        raise SettingsError([Problem("report", "takes one run, or two to compare")])
    reports = []
    for name in options.folders:
        folder = RunFolder.open(name)
        with progress(folder.path.name, None) as shown:
            reports.append(report(folder, shown))
        save_json(reports[-1], folder.path / "report.json")
        folder.close()
    for line in table(reports):
        print(line)
    picture = Path(options.output or Path(options.folders[0]) / "report.png")
    save_picture(reports, picture)
    print(visible(str(picture)))


def _varying_schedules(shot: Shot) -> dict[str, np.ndarray]:
    """Return the number schedules that the film uses and that vary."""
    numbers = (key for key in dict.fromkeys(shot.steps.uses) if FIELDS[key].kind == "schedule")
    columns = ((key, shot.plan.numbers[key]) for key in numbers)
    return {key: column for key, column in columns if np.ptp(column) > 0}


def _format_frames(frames: Sequence[int]) -> str:
    return ", ".join(map(str, frames[:MOST_LISTED])) + (", …" if len(frames) > MOST_LISTED else "")


def _frame_values(made: Plan, index: int) -> dict[str, object]:
    params = made[index]
    values = {
        key: params.text(key) if field.kind == "texts" else float(params.number(key))
        for key, field in FIELDS.items()
        if field.kind in ("schedule", "texts")
    }
    return {
        "frame": index,
        "seconds": round(index / made.timeline.fps, 3),
        "painted": params.painted,
        "seed": params.seed,
        "prompt": _format_texts(params.prompt.positives),
        "negative": _format_texts(params.prompt.negatives),
        **values,
    }


def _format_texts(texts: Sequence[tuple[str, float]]) -> str:
    return " + ".join(text if weight == 1.0 else f"{weight:.3f} × {text}" for text, weight in texts)


def _print_csv(made: Plan) -> None:
    rows = csv.DictWriter(sys.stdout, list(_frame_values(made, made.frames.start)), lineterminator="\n")
    rows.writeheader()
    for index in made.frames:
        rows.writerow({key: _cell(value) for key, value in _frame_values(made, index).items()})


def _cell(value: object) -> object:
    """Return a value for a table: a text that a spreadsheet would run as a formula gets a mark that it is text."""
    if not isinstance(value, str):
        return value
    text = "\n".join(map(visible, value.split("\n")))
    return f"'{text}" if text.lstrip()[:1] in _FORMULA else text


def _print_frame(made: Plan, index: int) -> None:
    if index not in made.frames:
        there = f"frames are {made.frames.start} to {made.frames.stop - 1}"
        raise SettingsError([Problem("--frame", f"there is no frame {index}", there)])
    for key, value in _frame_values(made, index).items():
        print(f"{key:52} {value:g}" if isinstance(value, float) else f"{key:52} {visible(str(value))}")


def _print_overview(shot: Shot) -> None:
    made = shot.plan
    count, fps = len(made.frames), made.timeline.fps
    print(f"{count} frames at {fps:g} a second, {count / fps:.1f} s, {made.size[0]}x{made.size[1]}")
    print(f"{len(made.spans)} painted, seed {made.settings['seed']}, {made.settings['seed_behavior']}")
    if made.keyframes:
        print(f"keyframes: {_format_frames(sorted(made.keyframes.intersection(made.frames)))}")
    for key, column in _varying_schedules(shot).items():
        print(f"{key:32} {column.min():>10.4g} .. {column.max():<10.4g} first {column[0]:.4g}, last {column[-1]:.4g}")
    for key, text in made.settings.prompts.items():
        late = is_late(Entry(key.strip(), text, 1, 1), made.timeline, "prompts")
        mark = f" (after the last frame, {made.timeline.n_frames - 1})" if late else ""
        print(f"prompt at {visible(str(key))}{mark}: {visible(str(text))}")
