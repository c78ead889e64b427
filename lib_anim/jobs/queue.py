"""Jobs: what was asked of the engines, one after the other, and how each stands.

A lane is a thread with a queue of its own: films and first pictures wait for each other in one, previews need no model and
have another. A job outlives the page that began it.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lib_anim.engines.base import Engine
from lib_anim.engines.catalog import PREVIEW, Engines, EngineSpec
from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.jobs import history, requests
from lib_anim.jobs.job import DONE, FAILED, OVER, PAUSED, QUEUED, RUNNING, STOPPED, Job
from lib_anim.messages import Message
from lib_anim.runs.control import Ending, Stopped
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, check_space, run_name
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.resume import log_resume, log_start, resuming
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

KEPT_TRIALS = 6  # previews, first pictures and openings that stay on disk, in a folder that goes with the process
MOST_WAITING = 50  # jobs; more are not taken


class Jobs:
    """A queue. `out` is where films go, `engine` paints them, `ffmpeg` names the program of each, None for the usual one."""

    def __init__(self, out: Path, engine: EngineSpec, engines: Engines, ffmpeg: Callable[[], str | None] = lambda: None):
        self.out = out
        self._engine, self._engines, self._ffmpeg = engine, engines, ffmpeg
        self._trials = Path(tempfile.mkdtemp(prefix="anim-"))
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._lanes = {name: _Lane(name, self._work) for name in ("paint", "preview")}

    def submit(self, settings: Settings, what: str) -> Job:
        """Ask for a film, its beginning, or its motion. Raises SettingsError, OutputError; then nothing is left."""
        if sum(job.state == QUEUED for job in list(self._jobs.values())) >= MOST_WAITING:
            raise OutputError(Message("{n} jobs are waiting already; let some of them end first", n=MOST_WAITING))
        engine = PREVIEW if what == requests.PREVIEW or settings["motion_preview_mode"] else self._engine
        with _prefetching() as prefetch:
            shot = requests.shot_of(settings.with_drawn_seed(), what, self._tools(engine, prefetch))
            folder = self._folder(shot, what)
        return self._queued(Job(_free_id(folder.path.name, what), what, engine, shot, folder, prefetch))

    def edit(self, run_id: str, asked: Settings) -> Job:
        """Go on with other settings, from the next painted picture on; a run that is over is gone on with.

        Raises KeyError when there is none, SettingsError also for what cannot change any more, OutputError.
        """
        with self._lock:
            job = self._jobs.get(run_id)
            if job and job.state not in OVER:
                self._edit(job, asked)
                return job
        return self.resume(run_id, asked)

    def resume(self, run_id: str, asked: Settings | None = None) -> Job:
        """Go on with a run that was stopped or broke off, perhaps with other settings.

        Raises KeyError when there is none, OutputError, and with `asked` SettingsError as `edit`.
        """
        job = self._jobs.get(run_id)
        if job and job.state not in OVER:
            return job
        path = history.folder_of(self.out, run_id)
        if path is None:
            raise KeyError(run_id)
        with resuming(path) as begun, _prefetching() as prefetch:
            engine = self._engine_of(begun.engine.kind, run_id)
            settings = requests.edited(begun.settings, asked) if asked else begun.settings
            shot = requests.shot_of(settings, requests.FILM, self._tools(engine, prefetch))
            if begun.frames and begun.frames != (shot.plan.frames.start, shot.plan.frames.stop):
                text = "{name} is a part of a film; go on with it by anim run --resume {path}"
                raise OutputError(Message(text, name=run_id, path=path))
            if asked:
                requests.check_goes_on(begun.plan(ffmpeg=self._ffmpeg()), shot.plan, begun.folder.spans_done())
                _note_edit(begun.folder, begun.settings, settings)
            log_resume(begun.folder)
        frame = history.frames(path)
        return self._queued(Job(run_id, requests.FILM, engine, shot, begun.folder, prefetch, frame=frame, resumed=True))

    def find(self, job_id: str) -> Job | None:
        """The job of this id, when it is one of this process."""
        return self._jobs.get(job_id)

    def views(self, count: int = 30) -> list[dict[str, object]]:
        """Films of this process and of those before it, the newest first."""
        with self._lock:
            ours = [job.view() for job in self._jobs.values() if job.what == requests.FILM]
        known = {view["id"] for view in ours}
        before = [history.view(folder) for folder in history.newest(self.out, count) if folder.name not in known]
        return sorted([*ours, *before], key=_began, reverse=True)[:count]

    def waiting(self, job: Job) -> int:
        """How many jobs come before this one."""
        with self._lock:
            before = [other for other in self._jobs.values() if _lane(other) == _lane(job) and other.began < job.began]
        return sum(other.state not in OVER for other in before) if job.state == QUEUED else 0

    def stop(self, job: Job) -> None:
        """End a job after the picture under way; what was painted is kept, with its video."""
        with self._lock:
            job.drop_edit()
            job.control.stop()
            if job.state == QUEUED:
                job.end(STOPPED)

    def pause(self, job: Job) -> None:
        """Hold a job after the picture under way."""
        if job.state == RUNNING:
            job.control.pause()
            job.state = PAUSED

    def go_on(self, job: Job) -> None:
        """Let a held job go on."""
        if job.state == PAUSED:
            job.clock.forget()
            job.state = RUNNING
            job.control.go_on()

    def close(self) -> None:
        """Stop everything, wait until it is on disk, and let go of all that was only tried."""
        for job in list(self._jobs.values()):
            if job.state not in OVER:
                job.control.stop(Ending.TERMINATED)
        for lane in self._lanes.values():
            lane.close()
        shutil.rmtree(self._trials, ignore_errors=True)

    def _engine_of(self, kind: str, run_id: str) -> EngineSpec:
        """Ours of the kind that a run was begun with. Raises OutputError when there is none."""
        ours = {PREVIEW.kind: PREVIEW, "": self._engine, self._engine.kind: self._engine}
        if kind not in ours:
            text = "{name} was begun with the painter '{before}'; this page has {now}"
            raise OutputError(Message(text, name=run_id, before=kind, now=self._engine.kind))
        return ours[kind]

    def _tools(self, engine: EngineSpec, prefetch: Prefetch) -> Tools:
        return Tools(self._engines.capabilities(engine), prefetch=prefetch, ffmpeg=self._ffmpeg())

    def _folder(self, shot: Shot, what: str) -> RunFolder:
        plan = shot.plan
        out = self.out if what == requests.FILM else self._trials
        check_space(out, len(plan.frames), plan.size)
        return RunFolder.create(out, run_name(plan.settings) if what == requests.FILM else what, plan.settings)

    def _queued(self, job: Job) -> Job:
        with self._lock:
            self._jobs.pop(job.id, None)
            self._jobs[job.id] = job
            for old in _outdated(self._jobs.values()):
                self._jobs.pop(old.id)
                shutil.rmtree(old.folder.path, ignore_errors=True)
        self._lanes[_lane(job)].put(job)
        return job

    def _work(self, job: Job) -> None:
        """Film a job. Whatever goes wrong becomes its state and a line; the lane goes on."""
        with self._lock:
            if job.state != QUEUED:  # stopped while it waited
                return
            job.state = RUNNING
        try:
            job.control.check()
            job.doing = "" if self._engines.has(job.engine) else "loading"
            engine = self._engines.get(job.engine)
            job.doing = ""
            while not self._filmed(job, engine):
                with self._lock:
                    job.take_edit()
            job.end(DONE)
        except Stopped:
            job.end(STOPPED)
        except Exception as error:
            job.end(FAILED, error)

    def _edit(self, job: Job, asked: Settings) -> None:
        """Let a job that waits or films go on with other settings. The lock is held."""
        if job.what != requests.FILM:
            raise KeyError(job.id)
        before = (job.edit[0] if job.edit else job.shot).plan.settings
        ending = job.control.stopped and not job.edit
        try:
            with _prefetching() as prefetch:
                settings = requests.edited(before, asked)
                shot = requests.shot_of(settings, job.what, self._tools(job.engine, prefetch))
                if job.state == RUNNING and not job.control.stopped:
                    job.control.stop(Ending.EDITED)  # so that no picture begins whose frames are still decided on
                requests.check_goes_on(job.shot.plan, shot.plan, job.spans_begun())
                _note_edit(job.folder, before, settings)
        except BaseException:
            if not job.edit:
                job.control.forget(Ending.EDITED)
            raise
        if ending:  # whoever goes on with it finds the new settings
            prefetch.close()
            return
        job.offer_edit(shot, prefetch)
        if job.state == QUEUED:
            job.take_edit()

    def _filmed(self, job: Job, engine: Engine) -> bool:
        """Film a job, to its end or until it is edited."""
        try:
            self._film(job, engine)
        except Stopped as stop:
            if stop.ending is not Ending.EDITED:
                raise
            return False
        return True

    def _film(self, job: Job, engine: Engine) -> None:
        plan = job.shot.plan
        if not job.resumed:
            log_start(job.folder, job.engine, plan.frames)

        def advance(done: int, _total: int) -> None:
            job.frame = done
            job.clock.saw(done)

        film(
            job.shot,
            engine,
            job.folder,
            video=job.what != requests.FIRST and not plan.settings["skip_video_creation"],
            progress=advance,
            ffmpeg=self._ffmpeg(),
            control=job.control,
            prefetch=job.prefetch,
        )


class _Lane:
    """A thread that works off a queue; it begins with the first job."""

    def __init__(self, name: str, work: Callable[[Job], None]):
        self._name, self._work = name, work
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job | None) -> None:
        self._queue.put(job)
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name=f"anim-{self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            job = self._queue.get()
            if job is not None:
                try:
                    self._work(job)
                except Exception as error:  # a disk that fails while a job ends; the next job may fare better
                    traceback.print_exception(error)
            elif self._closed:
                return


@contextmanager
def _prefetching() -> Iterator[Prefetch]:
    """The thread that prefetches for a job; closed again when the block fails."""
    prefetch = Prefetch()
    try:
        yield prefetch
    except BaseException:
        prefetch.close()
        raise


def _note_edit(folder: RunFolder, before: Settings, settings: Settings) -> None:
    """Write down what a film goes on with, and what that changes. Raises OutputError."""
    changed = {key: [before[key], value] for key, value in settings.items() if value != before[key]}
    try:
        folder.log("edit", changed=changed)
        folder.write_settings(settings)
    except OSError as error:
        raise OutputError(cannot_be_written(folder.path, error)) from None


def _lane(job: Job) -> str:
    return "preview" if job.engine.kind == PREVIEW.kind else "paint"


def _free_id(name: str, what: str) -> str:
    """Films go by the name of their folder, also after a restart; what is only tried by one that no folder has."""
    return name if what == requests.FILM else f".{name}"


def _outdated(jobs: Iterable[Job]) -> list[Job]:
    trials = [job for job in jobs if job.what != requests.FILM and job.state in OVER]
    return trials[:-KEPT_TRIALS] if len(trials) > KEPT_TRIALS else []


def _began(view: Mapping[str, object]) -> float:
    """When a film began, in seconds of the system's clock."""
    began = view["began"]
    assert isinstance(began, float)
    return began
