"""From what was written to what it means: names, types, groups. See :func:`.queries.resolve`."""
