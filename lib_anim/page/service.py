"""The service behind the routes: requests and answers of the page as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lib_anim import messages
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.engines.record import ModelRecord
from lib_anim.errors import BadInput, OutputError, PictureError, SettingsError
from lib_anim.features.common.distances import MODEL, network_there
from lib_anim.images.frame import encode_jpeg, read_picture
from lib_anim.jobs import history, requests
from lib_anim.jobs.job import Job
from lib_anim.jobs.queue import Jobs
from lib_anim.messages import Message
from lib_anim.page import cautions, curves, document, essentials, fields, forms, open_folder, presets, scenes, sounds, styles
from lib_anim.page.backdrops import backdrop
from lib_anim.page.forms import Form, Limits
from lib_anim.page.pace import Pace
from lib_anim.page.problems import as_data
from lib_anim.page.tickets import Tickets
from lib_anim.page.tries import Tries
from lib_anim.page.uploads import PATHS, Uploads
from lib_anim.settings import legacy
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Tools

OTHERWISE = "painted otherwise than it would be now: {difference}"
MOST_FRAMES_MARKED = 20_000  # of a film whose prompts are marked on the time line


class Service:
    """The service of one page. `engine` paints its films, unless a model of the folder `models` is chosen. No other folder than
    `out` is read or written. `defaults()` are settings that apply where a form has no value."""

    def __init__(
        self,
        out: Path,
        engine: EngineSpec,
        engines: Engines | None = None,
        limits: Limits | None = None,
        ffmpeg: Callable[[], str | None] = lambda: None,
        words: Callable[[], Mapping[str, str]] = dict,
        defaults: Callable[[], Mapping[str, object]] = dict,
        may_fetch: Callable[[], bool] = lambda: False,
        fetch_local: bool = False,
        models: Path | None = None,
        sends: Callable[[], Sequence[str]] = tuple,
    ):
        self.out = out
        self.limits = limits or Limits()
        self.engines = engines or Engines()
        self._ffmpeg = ffmpeg
        self.uploads = Uploads(out, ffmpeg, may_fetch, fetch_local)
        self.jobs = Jobs(out, engine, self.engines, ffmpeg, models)
        self.tries = Tries(self.jobs)
        self._words = words  # a dictionary in addition to the host's
        self._defaults = defaults
        self.pace = Pace(out)
        self.tickets = Tickets()
        self._sends = sends  # the tabs of the host that take frames

    @property
    def engine(self) -> EngineSpec:
        """The engine that paints the films that are queued now."""
        return self.jobs.painters.chosen

    def close(self) -> None:
        """Stop all jobs and close the engines."""
        self.jobs.close()
        self.engines.close()

    def describe(self, local: bool = False, language: str = "") -> dict[str, object]:
        """Return all data to build the page from; `local` says whether the browser is on this machine, `language` is that of
        a page without a host. Raises BadInput for an unknown one."""
        engine = self.engine
        return {
            "essentials": essentials.describe(engine.family(), self._pose()),
            "groups": fields.describe(self.engines.capabilities(engine)),
            "painter": self.jobs.painters.describe(),
            "out": str(self.out),
            "upload": self.limits.upload,
            "opens": local and open_folder.can_open(),
            "sends": list(self._sends()),
            "words": document.words(language) if language else self._words(),
        }

    def palette(self) -> dict[str, list[str]]:
        """Return the names that prompts can use. Raises ModelError."""
        found = self.engine.palette()
        return {"loras": list(found.loras), "styles": [style.name for style in found.styles]}

    def styled(self, name: str, box: str, text: str, avoid: str) -> dict[str, str]:
        """Apply a style to the text of a box and the text to avoid. Raises BadInput, ModelError."""
        style = next((one for one in self.engine.palette().styles if one.name == name), None)
        if style is None:
            raise BadInput(Message("there is no style '{name}' any more; reload the page", name=name))
        text, avoid = styles.apply(style, box, text, avoid)
        return {"text": text, "avoid": avoid}

    def sound_facts(self, sound_id: str) -> dict[str, float | None]:
        """Return length and tempo of a sound, as `sounds.facts`. Raises FieldError, VideoError."""
        return sounds.facts(Path(self.uploads.sounds.path(sound_id)), self._ffmpeg())

    def validate(self, form: Form, keys: Sequence[str] = ()) -> dict[str, object]:
        """Validate a form: return its problems, or its values, notes and curves. `keys` are curves to return in addition to
        those that vary."""
        try:
            settings = self._resolve(form)
            values = self._values(settings)
        except SettingsError as error:
            return {"problems": as_data(error, {**form.answers, **form.changes}), "preview": self._can_preview(form)}
        tools = Tools(self.engines.capabilities(self.engine), depth=self.engine.depth, ffmpeg=self._ffmpeg())
        try:
            with forms.translate_problems(self._scenes(form), settings):
                shot = requests.validate(settings, tools, allow_missing=form.allow_missing)
        except SettingsError as error:
            return {
                "problems": as_data(error, {**form.answers, **settings}),
                "values": values,
                "resting": fields.unused(settings, {}, tools.capabilities),
                "preview": self._can_preview(form),
            }
        plan = shot.plan
        shown = list(dict.fromkeys([*keys, *curves.moving(shot)]))
        sounding = {**plan.settings, "add_soundtrack": settings["add_soundtrack"]}  # which `requests.validate` replaces
        few = plan.timeline.n_frames <= MOST_FRAMES_MARKED
        return {
            "problems": [],
            "values": values,
            "resting": fields.unused(sounding, plan.columns, tools.capabilities),
            "notes": [messages.as_data(note) for note in shot.notes],
            "late": scenes.describe_late(self._scenes(form), plan.timeline.n_frames, plan.timeline.fps),
            "cautions": [
                *map(messages.as_data, scenes.find_bare_numbers(self._scenes(form))),
                *self.engine.cautions(),
                *cautions.cautions(shot, few_steps=self.engine.few_steps()),
            ],
            "hints": {"sampler": cautions.about_sampler(settings.text("sampler"))},
            "frames": len(plan.frames),
            "painted": len(plan.spans),
            "fps": settings["fps"],
            "size": list(plan.size),
            "seconds": self.pace.estimate(shot, self.engine),
            "curves": curves.curves(plan, shown),
            "marks": curves.prompt_marks(settings.prompts, plan) if few else [],
        }

    def begin(self, form: Form, what: str, like: str = "") -> Job:
        """Queue a job of kind `what` (requests.WHATS), with the model of the run `like`. Raises SettingsError, OutputError."""
        if what not in requests.WHATS:
            raise BadInput(Message("there is no '{value}'", value=what))
        settings = self._resolve(form, what)
        with forms.translate_problems(self._scenes(form), settings):
            job = self.jobs.submit(settings, what, like, allow_missing=form.allow_missing)
        self.tries.add(job, form)
        return job

    def load(self, data: bytes, name: str) -> dict[str, object]:
        """Convert a settings file to a form. Raises SettingsError."""
        loaded, notes = forms.load(data, name, self.uploads, self.engine.family(), self._defaults())
        try:
            values = self._values(self._resolve(loaded))
        except SettingsError:  # reported when the form is validated
            values = {}
        return {**_form_data(loaded, notes), "values": values}

    def rewrite(self, form: Form, text: str) -> dict[str, object]:
        """Apply the edited text of a settings file to a form; return the new form or the text's problems."""
        family, pose, depth = self.engine.family(), self._pose(), self._knows_depth()
        try:
            return {"problems": [], **_form_data(*forms.rewrite(form, text, self.uploads, family, pose, depth=depth))}
        except SettingsError as error:
            return {"problems": as_data(error, {"": text})}

    def save(self, form: Form) -> str:
        """Convert a form to the text of a settings file. Raises SettingsError."""
        return settings_file.dumps(self._resolve(form))

    def runs(self) -> list[dict[str, object]]:
        """Describe all films, newest first."""
        return self.jobs.views()

    def run(self, run_id: str) -> dict[str, object]:
        """Describe one job or film. Raises KeyError."""
        if job := self.jobs.find(run_id):
            return {**job.view(), "before": self.jobs.waiting(job)}
        return history.seen(self._folder(run_id))

    def backdrop(self, form: Form, of: str, index: int) -> bytes:
        """Return what a mask is painted over, as backdrops.backdrop does. Raises SettingsError too."""
        return backdrop(self._resolve(form), of, index, self._ffmpeg())

    def frame(self, run_id: str, share: float | None = None) -> bytes:
        """Return a frame as JPEG, as `_frame_at` finds it. Raises KeyError if there is none."""
        path = self._frame_at(run_id, share)
        try:
            return encode_jpeg(read_picture(path))
        except PictureError:
            raise KeyError(run_id) from None

    def send(self, run_id: str, share: float | None) -> str:
        """Return a ticket for a frame, as `_frame_at` finds it. Raises KeyError if there is none."""
        return self.tickets.issue(self._frame_at(run_id, share))

    def file(self, run_id: str, kind: str = "mp4") -> Path:
        """Return the path of a film's file of one of history.KINDS. Raises KeyError if there is none."""
        path = history.files(self._folder_of(run_id)).get(kind)
        if path is None:
            raise KeyError(run_id)
        return path

    def open(self, run_id: str) -> None:
        """Open a film's folder on this machine. Raises KeyError, OutputError."""
        open_folder.open_folder(self._folder(run_id))

    def command(self, run_id: str, name: str) -> dict[str, object]:
        """Stop, pause, continue, resume or lengthen a film. Raises KeyError, OutputError, SettingsError."""
        if name == "longer":
            settings = requests.longer(settings_file.load(self._folder(run_id) / "settings.json"))
            with forms.translate_problems():
                return self.jobs.edit(run_id, settings, allow_missing=history.allows_missing(self.out, run_id)).view()
        if name in ("resume", "resume_anyway"):
            with forms.translate_problems():
                return self.jobs.resume(run_id, other_model=name == "resume_anyway").view()
        job = self.jobs.find(run_id)
        if job is None:
            raise OutputError(Message("{name} is not running", name=run_id))
        {"stop": self.jobs.stop, "pause": self.jobs.pause, "go_on": self.jobs.go_on}[name](job)
        return job.view()

    def edit(self, run_id: str, form: Form) -> dict[str, object]:
        """Continue an unfinished film with the settings of a form. Raises KeyError, SettingsError, OutputError."""
        settings = self._resolve(form)
        with forms.translate_problems(self._scenes(form), settings):
            return self.jobs.edit(run_id, settings, allow_missing=form.allow_missing).view()

    def settings_of(self, run_id: str) -> dict[str, object]:
        """Return the settings of a film, as `load` does. Raises KeyError, SettingsError."""
        path = self._folder(run_id) / "settings.json"
        sent, read = self.load(path.read_bytes(), path.name), settings_file.load(path)
        sent["allow_missing"] = history.allows_missing(self.out, run_id)
        try:
            now = self.engines.record(self.engines.chosen(self.engine), read.prompts.values())
        except BadInput:  # nobody answers now
            return sent
        before = ModelRecord.from_journal(history.painter(self.out, run_id))
        said = [messages.as_data(Message(OTHERWISE, difference=one)) for one in before.differences(now)]
        return {**sent, "notes": [*_list(sent["notes"]), *said]}

    def _values(self, settings: Settings) -> dict[str, object]:
        """Return the values of the form's fields; uploads are ids, since paths are not sent."""
        values = {key: settings[key] for key in fields.shown(self.engines.capabilities(self.engine))}
        values |= {key: self.uploads.id_of(str(values[key])) for key in PATHS if values.get(key)}
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in values.items()}

    def _resolve(self, form: Form, what: str = requests.FILM) -> Settings:
        form = replace(form, allow_missing=form.allow_missing or what == requests.PREVIEW)
        overrides = dict(requests.OVERRIDES.get(what, {}))
        if what == requests.PREVIEW and not form.start_picture:
            overrides["use_init"] = False
        family, pose, depth = self.engine.family(), self._pose(), self._knows_depth()
        return forms.resolve(form, family, self.uploads, self.limits, self._defaults(), overrides, pose, depth=depth)

    def _pose(self) -> str:
        """Return the painter's ControlNet of poses, "" if it has none; a placeholder's painter may have one."""
        capabilities = self.engines.capabilities(self.engine)
        return presets.pose_net(capabilities.controls) or (presets.POSE_NET if "no_model" in capabilities else "")

    def _knows_depth(self) -> bool:
        """Whether a network is there that sees how far things are in the painter's pictures."""
        return bool(self._defaults().get(MODEL)) or network_there(Tools(self.engines.capabilities(self.engine))) is not None

    def _can_preview(self, form: Form) -> bool:
        """Whether the motion of a form with problems can be shown."""
        try:
            tools = Tools(self.engines.capabilities(PREVIEW), ffmpeg=self._ffmpeg())
            requests.validate(self._resolve(form, requests.PREVIEW), tools, requests.PREVIEW)
        except SettingsError:
            return False
        return True

    def _scenes(self, form: Form) -> str:
        return forms.scenes_of(form, self.engine.family())

    def _frame_at(self, run_id: str, share: float | None) -> Path:
        """Return the frame at a share of the film, 0 .. 1, or the newest. Raises KeyError if there is none."""
        job = self.jobs.find(run_id) if share is None else None
        path = job.newest_frame() if job else history.frame_at(self._folder_of(run_id), 1.0 if share is None else share)
        if path is None:
            raise KeyError(run_id)
        return path

    def _folder_of(self, run_id: str) -> Path:
        job = self.jobs.find(run_id)
        return job.folder.path if job else self._folder(run_id)

    def _folder(self, run_id: str) -> Path:
        folder = history.folder_of(self.out, run_id)
        if folder is None:
            raise KeyError(run_id)
        return folder


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _form_data(form: Form, notes: Sequence[str]) -> dict[str, object]:
    return {
        "essentials": dict(form.answers),
        "changes": dict(form.changes),
        "notes": [messages.as_data(note) for note in notes if note != legacy.CLASSIC],
    }
