import uuid

import pytest
from sqlalchemy.orm import Session

from core.errors import NotFound
from documents import registry


def test_facts_are_found_by_name_and_a_name_belongs_to_one_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_providers", {})
    seen = []

    @registry.facts("test.thing")
    def provider(session, subject_id, data):
        seen.append(subject_id)
        return [{"title": {"en": "Thing", "zh": "事物"}, "rows": [], "table": None}]

    subject = uuid.UUID(int=1)
    assert registry.gather("test.thing", Session(), subject, {})[0]["title"]["zh"] == "事物"
    assert seen == [subject]
    assert registry.names() == {"test.thing"}
    with pytest.raises(ValueError, match="twice"):
        registry.facts("test.thing")(lambda session, subject_id, data: [])
    with pytest.raises(NotFound):
        registry.gather("test.other", Session(), subject, {})
