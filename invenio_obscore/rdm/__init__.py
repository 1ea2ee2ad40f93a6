"""The InvenioRDM module: upload hook, verification, publication."""
