"""A local stand-in of the DataCite REST API: checks what it is sent, keeps it, and answers as DataCite does.

For demonstrations and tests: no DOI leaves the machine. ``server`` speaks HTTP, ``registry`` holds the DOIs and their
states, ``rules`` says what is acceptable, ``faults`` makes it misbehave on purpose.
"""
