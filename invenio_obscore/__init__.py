"""FITS files in, ObsCore rows out; and an InvenioRDM module around it."""

__version__ = "0.1.0"
