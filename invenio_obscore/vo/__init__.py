"""The HTTP side of the VO's protocols. Needs Flask and the database, and no Invenio."""
