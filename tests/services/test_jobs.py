"""The queue of slow work: each job to one process, and none lost with a process that dies."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import select, text

from tests.world import World
from webapp.database import Database, before_now
from webapp.models import Job, Project
from webapp.services import jobs
from webapp.services.jobs import Claimed

AGAIN = "Begun again: its process had ended."


def wanted(world: World, *subjects: str, kind: str = "figures") -> None:
    with world.db.writing() as session:
        for subject in subjects:
            jobs.want(session, project_id(world), kind, subject, {"round": subject})


def project_id(world: World) -> str:
    with world.db.reading() as session:
        return session.scalars(select(Project.id)).one()


def claimed(world: World) -> Claimed:
    job = jobs.claim(world.db)
    assert job is not None
    return job


def row(world: World, subject: str) -> Job:
    with world.db.reading() as session:
        found = jobs.newest(session, project_id(world), "figures", subject)
        assert found is not None
        session.expunge(found)
        return found


def fall_silent(world: World, seconds: float) -> None:
    with world.db.writing() as session:
        session.execute(text("UPDATE job SET seen_at = :then"), {"then": before_now(seconds=seconds)})


def test_wanted_twice_is_done_once(world: World) -> None:
    wanted(world, "main", "main")
    wanted(world, "main")
    job = claimed(world)
    assert (job.kind, job.subject, job.parameters, job.attempt) == ("figures", "main", {"round": "main"}, 1)
    wanted(world, "main")
    assert jobs.claim(world.db) is None
    jobs.finish(world.db, job)
    wanted(world, "main")
    assert claimed(world).id != job.id
    assert world.rows("SELECT count(*) FROM job") == [(1,)], "the ended one of the same subject is gone"


def test_several_that_want_the_same_at_once(world: World) -> None:
    """None of them is refused, and there is one job."""

    def ask(_number: int) -> None:
        with closing(Database(world.url)) as db, db.writing() as session:
            jobs.want(session, here, "figures", "main", {})

    here = project_id(world)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, range(12)))
    assert world.rows("SELECT count(*) FROM job") == [(1,)]


def test_the_oldest_first_and_each_to_one_process(world: World) -> None:
    subjects = [f"round {number}" for number in range(8)]
    wanted(world, *subjects)
    assert claimed(world).subject == "round 0"

    def take(_number: int) -> str | None:
        with closing(Database(world.url)) as db:
            job = jobs.claim(db)
            return job and job.subject

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(12)))
    assert sorted(subject for subject in taken if subject) == subjects[1:]
    assert not jobs.any_to_do(world.db)


def test_a_job_whose_process_died_is_begun_again_by_another(world: World) -> None:
    wanted(world, "main")
    first = claimed(world)
    fall_silent(world, jobs.SECONDS_OF_SILENCE - 5)
    assert jobs.claim(world.db) is None, "it may be alive"
    fall_silent(world, jobs.SECONDS_OF_SILENCE + 5)
    assert jobs.any_to_do(world.db)
    second = claimed(world)
    assert (second.id, second.attempt) == (first.id, 2)
    # the first one was only slow: what it says now counts no more
    assert not jobs.tell(world.db, first, "half")
    jobs.fail(world.db, first, "too late")
    assert (row(world, "main").state, row(world, "main").progress) == ("running", AGAIN)
    assert jobs.tell(world.db, second, "half")
    assert row(world, "main").progress == f"half {AGAIN}"
    jobs.finish(world.db, second)
    assert row(world, "main").state == "done"


def test_a_job_that_lost_its_process_waits_for_no_silence(world: World) -> None:
    wanted(world, "main")
    first = claimed(world)
    assert jobs.lose(world.db, first) and not jobs.lose(world.db, first)
    assert (row(world, "main").state, row(world, "main").progress) == ("waiting", AGAIN)
    second = claimed(world)
    assert (second.id, second.attempt) == (first.id, 2)
    assert jobs.taken(world.db, second.id, 2) == second
    assert jobs.taken(world.db, first.id, 1) is None and not jobs.lose(world.db, first), "it is another's"


def test_a_clock_that_was_set_back_makes_no_dead_process_seem_alive(world: World) -> None:
    wanted(world, "main")
    first = claimed(world)
    fall_silent(world, -3600)
    assert (jobs.left(world.db), claimed(world).attempt) == (jobs.Left(dead=1, open=0), 2)
    assert not jobs.tell(world.db, first), "should it be alive after all"


def test_signs_of_life_keep_it(world: World) -> None:
    wanted(world, "main")
    job = claimed(world)
    fall_silent(world, jobs.SECONDS_OF_SILENCE + 5)
    assert jobs.tell(world.db, job)
    assert not jobs.any_to_do(world.db)


def test_what_kills_every_process_is_given_up(world: World) -> None:
    wanted(world, "main")
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        assert claimed(world).attempt == attempt
        fall_silent(world, jobs.SECONDS_OF_SILENCE + 5)
    assert jobs.claim(world.db) is None
    assert not jobs.any_to_do(world.db)
    assert row(world, "main").state == "failed"
    assert "ended 3 times" in row(world, "main").progress
    wanted(world, "main")
    assert claimed(world).attempt == 1, "who asks again gets it again"


def test_a_process_that_is_told_to_stop_gives_its_job_back(world: World) -> None:
    wanted(world, "main")
    for _ in range(jobs.MOST_ATTEMPTS + 2):
        job = claimed(world)
        assert job.attempt == 1
        jobs.give_back(world.db, job)


@pytest.mark.parametrize("reason", ["The bundle has no labels.", ""])
def test_a_failed_one_says_why(world: World, reason: str) -> None:
    wanted(world, "main")
    jobs.fail(world.db, claimed(world), reason)
    assert (row(world, "main").state, row(world, "main").progress) == ("failed", reason)
    assert row(world, "main").finished_at
    assert not jobs.any_to_do(world.db)
