"""PostgreSQL: what is published, how it is stored, and how it is read."""
