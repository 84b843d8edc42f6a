"""Loading the seeds when two servers start on one new database."""

import threading
from contextlib import closing
from typing import Any

from sqlalchemy import event, func, select

from webapp.database import Database
from webapp.models import Document, Person, Project
from webapp.services.maintenance import load_seeds


def test_a_second_server_between_any_two_statements_of_the_first(database_url: str) -> None:
    """The second one starts whole while the first stands before its first insert: nobody fails, one project."""
    with closing(Database(database_url)) as first, closing(Database(database_url)) as second:
        overtaking = threading.Thread(target=load_seeds, args=(second,))

        @event.listens_for(first.engine, "before_cursor_execute")
        def overtake(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "FROM person" in statement and overtaking.ident is None:
                overtaking.start()
                overtaking.join(1)  # through by now, unless it waits for the first

        load_seeds(first)
        overtaking.join(30)
        with first.reading() as session:
            counts = [session.scalar(select(func.count()).select_from(table)) for table in (Project, Person, Document)]
    assert counts == [1, 1, 5]
