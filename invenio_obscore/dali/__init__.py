"""Pieces of the VO's protocols (DALI, VOSI, UWS) that know neither HTTP servers nor databases."""
