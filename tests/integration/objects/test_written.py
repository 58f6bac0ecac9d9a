"""What forms, exports and the help of lists show is what the same column reads back."""

import pytest
from flask_babel import force_locale
from sqlalchemy import Engine

from app import factory
from app.objects.views import written
from documents.sheets.importers import importers


@pytest.mark.urs("URS-120", "URS-143")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_example_is_shown_as_its_column_reads_it(database: Engine, language: str) -> None:
    examples = [(one, one.example) for listed in importers() for one in listed.asked if one.example]
    assert len(examples) > 100
    with factory.create_app(testing=True).test_request_context(), force_locale(language):
        for column, example in examples:
            value = column.read(example)
            assert column.read(written(column, value)) == value, (column.key, example)
