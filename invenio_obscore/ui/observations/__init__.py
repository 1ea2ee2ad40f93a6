"""``/observations``: a search for data products, answered by the same service as TAP.

The address is the search. :mod:`.criteria` reads it, :mod:`.questions` makes ADQL of it, :mod:`.search` asks,
:mod:`.views` shows.
"""
