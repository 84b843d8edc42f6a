"""A command in a process of its own that is killed with SIGKILL just before a certain statement of its own."""

import subprocess
import sys

from tests.servers import without_settings

PROGRAM = """
import os, sys
from sqlalchemy import Engine, event
words, others = sys.argv.pop(1), int(sys.argv.pop(1))
@event.listens_for(Engine, "before_cursor_execute")
def count(_connection, _cursor, statement, *_rest):
    global others
    if words in statement:
        others -= 1
        if others < 0:
            os.kill(os.getpid(), 9)
from webapp.cli import main
main()
"""


def killed(url: str, *command: str, before: str, others: int = 0) -> bool:
    """Do the command up to the statement with the words `before` after so many `others`; whether it came to that."""
    words = [sys.executable, "-c", PROGRAM, before, str(others), "--database", url, *command]
    done = subprocess.run(words, env=without_settings(), capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9
