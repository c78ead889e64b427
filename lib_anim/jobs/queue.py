"""The queue of jobs.

There are two worker threads with a queue each: one for films and first pictures, one for previews, which need no model. A job
outlives the page that started it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lib_anim.engines.base import Engine
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.jobs import history, requests
from lib_anim.jobs.job import DONE, FAILED, OVER, PAUSED, QUEUED, RUNNING, STOPPED, Job
from lib_anim.jobs.lane import Lane
from lib_anim.jobs.painters import Painters
from lib_anim.jobs.trials import TrialFolder
from lib_anim.messages import Message
from lib_anim.runs.control import Ending, Stopped
from lib_anim.runs.disk import check_space
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder, run_name
from lib_anim.runs.prefetch import Prefetch, open_prefetch
from lib_anim.runs.resume import (
    log_edit,
    log_resume,
    log_start,
    resuming,
    with_its_model,
    with_record,
)
from lib_anim.settings.settings import Settings
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

KEPT_TRIALS = 6  # first pictures, and as many previews and openings, kept on disk, in a folder that is deleted with the process
MOST_WAITING = 50  # queued jobs; further ones are refused


class Jobs:
    """The queue. `out` is the output folder, `engine` paints films unless one of the folder `models` is chosen, `ffmpeg()` is
    the program or None for the default."""

    def __init__(
        self,
        out: Path,
        engine: EngineSpec,
        engines: Engines,
        ffmpeg: Callable[[], str | None] = lambda: None,
        models: Path | None = None,
    ):
        self.out = out
        self._engines, self._ffmpeg = engines, ffmpeg
        self.painters = Painters(engine, engines, models)
        self._trials = TrialFolder()
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._workers = {name: Lane(name, self._work) for name in ("paint", "preview")}

    def submit(self, settings: Settings, what: str, like: str = "", *, allow_missing: bool = False) -> Job:
        """Queue a job; `what` is one of requests.WHATS, `like` a run whose model is used. With `allow_missing` the features
        that are missing are left out.

        Raises SettingsError, OutputError, and OtherModel if that model is not available; then no folder is left behind.
        """
        if sum(job.state == QUEUED for job in list(self._jobs.values())) >= MOST_WAITING:
            raise OutputError(Message("{n} jobs are waiting already; let some of them end first", n=MOST_WAITING))
        engine = PREVIEW if what == requests.PREVIEW or settings["motion_preview_mode"] else self.painters.like(self.out, like)
        with open_prefetch() as prefetch:
            painter = history.painter(self.out, like)
            own = with_its_model(painter, engine, self._engines, settings)  # another may be selected when the job begins
            settings = with_record(settings.with_drawn_seed(), own, self._engines)
            shot = requests.shot_of(settings, what, self._make_tools(engine, prefetch), allow_missing=allow_missing)
            folder, engine = self._create_folder(shot, what, own, allow_missing), own
        return self._enqueue(Job(_job_id(folder.path.name, what), what, engine, shot, folder, prefetch))

    def edit(self, run_id: str, requested: Settings, *, allow_missing: bool = False) -> Job:
        """Change the settings of a film from the next painted picture on; a run that has ended is resumed with them. With
        `allow_missing` the features that are missing are left out.

        Raises KeyError for an unknown run, SettingsError also for settings that can no longer change, OutputError.
        """
        with self._lock:
            job = self._jobs.get(run_id)
            if job and job.state not in OVER:
                self._edit(job, requested, allow_missing)
                return job
        return self.resume(run_id, requested, allow_missing=allow_missing)

    def resume(
        self, run_id: str, requested: Settings | None = None, *, other_model: bool = False, allow_missing: bool = False
    ) -> Job:
        """Resume a run that was stopped or failed, optionally with other settings, or with the model that is selected now.

        Raises KeyError for an unknown run, OtherModel if its model is not available, OutputError, and with `requested`
        SettingsError as `edit`.
        """
        job = self._jobs.get(run_id)
        if job and job.state not in OVER:
            return job
        path = history.folder_of(self.out, run_id)
        if path is None:
            raise KeyError(run_id)
        with resuming(path) as past, open_prefetch() as prefetch:
            engine = self.painters.of_run(past, run_id, other_model=other_model)
            settings = requests.edited(past.settings, requested) if requested else requests.as_left(past, self.out)
            own = with_its_model({} if other_model else past.painter, engine, self._engines, settings)
            settings = with_record(settings, own, self._engines)
            tools, allow_missing = self._make_tools(engine, prefetch), allow_missing or past.allow_missing
            shot = requests.shot_of(settings, requests.FILM, tools, allow_missing=allow_missing)
            if past.frames and past.frames_with(settings) != (shot.plan.frames.start, shot.plan.frames.stop):
                text = "{name} is a part of a film; go on with it by anim run --resume {path}"
                raise OutputError(Message(text, name=run_id, path=path))
            if requested:
                requests.check_goes_on(past.plan(ffmpeg=self._ffmpeg()), shot.plan, past.folder.spans_done())
                _log_edit(past.folder, past.settings, settings, allow_missing)
            log_resume(past.folder, settings=settings, ours=past.settings_are_ours or requested is not None)
            if not requested and settings != past.settings:
                past.folder.write_settings(settings)
        job = Job(run_id, requests.FILM, own, shot, past.folder, prefetch, frame=history.frames(path), resumed=True)
        job.remarks += past.remarks
        return self._enqueue(job)

    def find(self, job_id: str) -> Job | None:
        """Return the job of this process with this id, or None."""
        return self._jobs.get(job_id)

    def views(self, count: int = 30) -> list[dict[str, object]]:
        """Describe the films of this and earlier processes, newest first."""
        with self._lock:
            ours = [job.view() for job in self._jobs.values() if job.what == requests.FILM]
        known = {view["id"] for view in ours}
        before = [history.seen(folder) for folder in history.newest(self.out, count) if folder.name not in known]
        return sorted([*ours, *before], key=_begin_time, reverse=True)[:count]

    def waiting(self, job: Job) -> int:
        """Return the number of jobs before this one in its queue."""
        with self._lock:
            queued = [other for other in self._jobs.values() if _worker_name(other) == _worker_name(job)]
            before = [other for other in queued if other.began < job.began]
        return sum(other.state not in OVER for other in before) if job.state == QUEUED else 0

    def stop(self, job: Job) -> None:
        """Stop a job after the current picture; its frames and their video are kept."""
        with self._lock:
            job.drop_edit()
            job.control.stop()
            if job.state == QUEUED:
                job.end(STOPPED)
                job.release()

    def pause(self, job: Job) -> None:
        """Pause a job after the current picture."""
        if job.state == RUNNING:
            job.control.pause()
            job.state = PAUSED

    def go_on(self, job: Job) -> None:
        """Continue a paused job."""
        if job.state == PAUSED:
            job.clock.forget()
            job.state = RUNNING
            job.control.go_on()

    def close(self) -> None:
        """Stop all jobs, wait until they are saved, and delete trials."""
        for job in list(self._jobs.values()):
            if job.state not in OVER:
                job.control.stop(Ending.TERMINATED)
        for worker in self._workers.values():
            worker.close()
        self._trials.close()

    def _make_tools(self, engine: EngineSpec, prefetch: Prefetch) -> Tools:
        capabilities = self.painters.capabilities(engine)
        return Tools(capabilities, depth=engine.depth, prefetch=prefetch, ffmpeg=self._ffmpeg())

    def _create_folder(self, shot: Shot, what: str, engine: EngineSpec, allow_missing: bool) -> RunFolder:
        plan = shot.plan
        out = self.out if what == requests.FILM else self._trials.path
        check_space(out, len(plan.frames), plan.size)
        folder = RunFolder.create(out, run_name(plan.settings) if what == requests.FILM else what, plan.settings)
        log_start(folder, engine, plan.frames, settings=plan.settings, allow_missing=allow_missing)
        return folder

    def _enqueue(self, job: Job) -> Job:
        with self._lock:
            self._jobs.pop(job.id, None)
            self._jobs[job.id] = job
            for old in _find_outdated(self._jobs.values()):
                self._jobs.pop(old.id)
                shutil.rmtree(old.folder.path, ignore_errors=True)
        self._workers[_worker_name(job)].put(job)
        return job

    def _work(self, job: Job) -> None:
        """Run a job on its worker. An error ends the job, not the worker."""
        with self._lock:
            if job.state != QUEUED:  # stopped while it was queued
                return
            job.state = RUNNING
        try:
            job.control.check()
            job.doing = "" if self._engines.has(job.engine) else "loading"
            engine = self._engines.get(job.engine)
            job.doing, job.activity = "", engine.activity
            while not self._film_or_edit(job, engine):
                with self._lock:
                    job.take_edit()
            job.end(DONE)
        except Stopped:
            job.end(STOPPED)
        except Exception as error:
            job.end(FAILED, error)
        finally:
            with self._lock:
                job.release()

    def _edit(self, job: Job, requested: Settings, allow_missing: bool) -> None:
        """Change the settings of a queued or running job. The caller holds the lock."""
        if job.what != requests.FILM:
            raise KeyError(job.id)
        before = (job.edit[0] if job.edit else job.shot).plan.settings
        ending = job.control.stopped and not job.edit
        try:
            with open_prefetch() as prefetch:
                settings = requests.edited(before, requested)
                shot = requests.shot_of(settings, job.what, self._make_tools(job.engine, prefetch), allow_missing=allow_missing)
                if job.state == RUNNING and not job.control.stopped:
                    job.control.stop(Ending.EDITED)  # so that no picture begins while its settings are being changed
                requests.check_goes_on(job.shot.plan, shot.plan, job.spans_begun())
                _log_edit(job.folder, before, settings, allow_missing)
        except BaseException:
            if not job.edit:
                job.control.forget(Ending.EDITED)
            raise
        if ending:  # the job is stopping; a later resume uses the new settings
            prefetch.close()
            return
        job.offer_edit(shot, prefetch)
        if job.state == QUEUED:
            job.take_edit()

    def _film_or_edit(self, job: Job, engine: Engine) -> bool:
        """Film a job. Returns True at its end, False if it was interrupted by an edit."""
        try:
            self._film(job, engine)
        except Stopped as stop:
            if stop.ending is not Ending.EDITED:
                raise
            return False
        return True

    def _film(self, job: Job, engine: Engine) -> None:
        plan = job.shot.plan

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
            announce=job.remarks.append,
        )


def _log_edit(folder: RunFolder, before: Settings, settings: Settings, allow_missing: bool) -> None:
    """Log an edit and save a film's new settings. Raises OutputError."""
    log_edit(folder, before, settings, allow_missing=allow_missing)
    try:
        folder.write_settings(settings)
    except OSError as error:
        raise OutputError(cannot_be_written(folder.path, error)) from None


def _worker_name(job: Job) -> str:
    return "preview" if job.engine.kind == PREVIEW.kind else "paint"


def _job_id(name: str, what: str) -> str:
    """Return a job's id: a film's is the name of its folder, also after a restart; a trial's is no folder's name."""
    return name if what == requests.FILM else f".{name}"


def _find_outdated(jobs: Iterable[Job]) -> list[Job]:
    trials = [job for job in jobs if job.what != requests.FILM and job.state in OVER]
    first = [job for job in trials if job.what == requests.FIRST]
    others = [job for job in trials if job.what != requests.FIRST]
    return [*first[:-KEPT_TRIALS], *others[:-KEPT_TRIALS]]


def _begin_time(view: Mapping[str, object]) -> float:
    """Return the time when a film began, in seconds since the epoch."""
    began = view["began"]
    assert isinstance(began, float)
    return began
