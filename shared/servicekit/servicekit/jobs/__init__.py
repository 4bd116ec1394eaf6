"""Long work runs behind, chunk by chunk: a crash between two chunks resumes, and doubles nothing."""

from servicekit.jobs.api import JobView, view
from servicekit.jobs.model import Job
from servicekit.jobs.run import JobRun
from servicekit.jobs.runner import JobHandler, JobRunner
from servicekit.jobs.store import request

__all__ = ["Job", "JobHandler", "JobRun", "JobRunner", "JobView", "request", "view"]
