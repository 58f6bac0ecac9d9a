"""Forms of human tasks as data: one JSON Schema per form drives entry, check, record and read-only view."""
