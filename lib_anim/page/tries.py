"""The last first pictures of a page, with the forms that they were painted by."""

from __future__ import annotations

from lib_anim.jobs import requests
from lib_anim.jobs.job import DONE, Job
from lib_anim.jobs.queue import KEPT_TRIALS, Jobs
from lib_anim.page.forms import Form


class Tries:
    """The finished first pictures, as long as the queue keeps them."""

    def __init__(self, jobs: Jobs):
        self._jobs = jobs
        self._forms: dict[str, Form] = {}  # job's id -> form

    def add(self, job: Job, form: Form) -> None:
        """Remember the form of a job if that is a first picture; forget those of jobs that are gone."""
        if job.what == requests.FIRST:
            kept = {key: one for key, one in list(self._forms.items()) if self._jobs.find(key)}
            self._forms = {**kept, job.id: form}

    def describe(self) -> list[dict[str, object]]:
        """Describe the last ones by the painter of now for the page, newest first, with the parts of their forms."""
        spec = self._jobs.painters.chosen
        found = [(self._jobs.find(key), form) for key, form in reversed(list(self._forms.items()))]
        return [
            {**job.view(), "essentials": dict(form.answers), "changes": dict(form.changes)}
            for job, form in found
            if job and job.state == DONE and (job.engine.kind, job.engine.model) == (spec.kind, spec.model)
        ][:KEPT_TRIALS]
