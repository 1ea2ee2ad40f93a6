"""Rules that turn headers into ObsCore values, each with its evidence."""
