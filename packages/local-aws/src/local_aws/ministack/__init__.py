"""The adapter of MiniStack: the only modules that import it.

MiniStack reads its settings when it is imported: `environment.configure` comes before the import of any other
module of this package, except `in_process`. Each module holds one seam; tests/stack/test_seams.py has a test for
each, so an upgrade that moves a seam fails there.
"""
