"""Local edits: what people change here stays, while pages of another service go on to be taken in.

Words: *ours* is what the catalogue serves, *theirs* what it would serve without the edits; a *fact* is the
value of a column or a list of a row, as in `ingest.statements`; an *image* is a row with all its facts.

The catalogue itself has ours.  Of every row that differs, a `LocalEdit` has their image, and which facts a
person has entered.  `recorder` notes both in the transaction of a person's change.  Whatever takes pages in
does it in the catalogue as it would be without the edits (`replay`): the rows are put back to their images,
the pages are taken in, and the edits are made again on top.  So theirs goes on to be exact, with all that
follows from it, and to release an edit is to leave it out.  `differences` shows and releases them.
"""
