"""The adapter of MiniStack: the only modules that import it.

MiniStack reads its settings when it is imported: `environment.configure` comes before the import of any other
module of this package, except `dynamodb.in_process`. A folder has what changes one service, and where that is more
than one module, `install.py` puts it in place. tests/stack/test_seams.py has a test for each seam: an upgrade that
moves one fails there.
"""
