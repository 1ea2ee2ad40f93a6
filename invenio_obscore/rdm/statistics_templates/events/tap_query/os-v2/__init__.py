"""Index templates of OpenSearch 2."""
