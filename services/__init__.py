"""How the real services start: found by address, in containers, or from local packages. Standard library only."""
