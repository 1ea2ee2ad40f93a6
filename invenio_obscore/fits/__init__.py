"""FITS files as headers: every HDU's cards and the few table values that rules need, never the pixels."""
