"""The ObsCore 1.1 data model: columns, rows, regions, vocabularies, validation."""
