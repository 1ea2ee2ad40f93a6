"""Search index templates of access statistics."""
