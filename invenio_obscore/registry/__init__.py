"""Documents of the VO Registry and words about coverage, made of plain facts: no database, no HTTP.

``coverage`` holds what a set of products covers, ``facts`` what a resource is, ``voresource`` writes VOResource 1.1 of
both, ``oai`` speaks the protocol that registries harvest with (OAI-PMH 2.0 in the profile of RegistryInterfaces 1.1).
"""
