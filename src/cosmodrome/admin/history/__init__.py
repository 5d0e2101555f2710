"""What people have changed of each record in the admin: shown, reverted, and brought back.

`recorder` notes it in the transaction of the change, by the same images of rows (`ingest.images`) that local
edits are made of: derived values are no part of them, lists and parts are.  What is loaded or synchronised
is not noted, and costs nothing.  `revisions` reads it, `values` writes values for people, `restoring` brings
back what was deleted, and `pages` has the pages.
"""
