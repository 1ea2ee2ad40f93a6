"""Pictures of data products: bounded reads of a FITS file's data, drawn with matplotlib.

Pure: errors, obscore, fits and extraction below it, astropy, numpy and matplotlib beside it. Files are hostile, so a
server draws in a child process under limits (:class:`~.process.DrawingProcess`); :func:`~.drawing.draw` does the work.
"""
