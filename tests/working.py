"""The job process's work, done here and now."""

from webapp.database import Database
from webapp.services import agreeing, jobs, releasing

DOING = {"figures": agreeing.compute_figures, "gamma": agreeing.compute_gamma, "release": releasing.make}


def do_all_jobs(db: Database) -> list[str]:
    """Every job that waits, and those that these ask for; their kinds in order."""
    done = []
    while job := jobs.claim(db):
        DOING[job.kind](db, job)
        jobs.finish(db, job)
        done.append(job.kind)
    return done
