"""Which tests stay together when workers share them, and which are begun first.

Tests of one file stay with one worker, so that what the file has made is made once. Those that look at the
started product stay together by the database it runs on. pytest-xdist's own mark for this (`xdist_group`)
does nothing under pytest 9.2 and says nothing about it: https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

import re

from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/e2e/"
LONG = (
    "browser on sqlite",
    "browser on postgresql",
    "tests/chaos/test_kills.py",
    "tests/functional/test_installation.py",
    "tests/functional/test_newcomer.py [en]",
    "tests/functional/test_newcomer.py [zh]",
    "tests/e2e/test_set_up.py [sqlite]",
    "tests/e2e/test_set_up.py [postgresql]",
    "tests/functional/test_streams.py",
    "tests/chaos/test_supervisor.py",
)
"""The longest shares, the longest first: whoever begins one last makes the other wait."""
ALONE = ("tests/e2e/test_set_up.py", "tests/functional/test_newcomer.py")
"""Files whose tests have nothing in common that costs anything."""
_DATABASE = re.compile(r"\[(?:.*-)?(sqlite|postgresql)(?:-.*)?\]$")
_CASE = re.compile(r"\[.*\]$")


def share_of(nodeid: str) -> str:
    """Name the share a test belongs to."""
    file, _, name = nodeid.partition("::")
    database, case = _DATABASE.search(name), _CASE.search(name)
    if file in ALONE and case:
        return f"{file} {case.group()}"
    if file.startswith(BROWSER) and database:
        return f"browser on {database.group(1)}"
    return file


def rank_of(nodeid: str) -> int:
    """Give the place of a test's share in the order in which shares are begun."""
    share = share_of(nodeid)
    return LONG.index(share) if share in LONG else len(LONG)


class Shares(LoadScopeScheduling):
    """Hands out whole shares, in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
