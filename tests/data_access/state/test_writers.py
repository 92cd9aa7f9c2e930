from __future__ import annotations

from sqlalchemy import func, select

from data_access.state import audit, preferences
from data_access.state.engine import StateDatabase
from data_access.state.tables import JobLine
from tests.data_access.state.writing import write_at_once


def test_three_processes_that_write_at_once_lose_nothing_and_find_no_lock(url: str):
    told = write_at_once(url, processes=3, seconds=3.0)
    assert [writer.errors for writer in told] == [(), (), ()]
    decided = sum(writer.decisions for writer in told)
    assert min(writer.decisions for writer in told) > 2  # nobody starves
    state = StateDatabase(url)
    assert state.revision() == decided
    with state.read() as session:
        assert audit.count_audit(session) == decided
        assert preferences.read_preferences(session)["shared"] == decided
        assert session.scalar(select(func.count(JobLine.line_id))) == sum(
            writer.lines for writer in told
        )
    state.close()
