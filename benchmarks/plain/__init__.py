"""The same lists as plain Django REST Framework answers them: what Cosmodrome is measured against.

A Django developer's ordinary application: serializers, viewsets, django-filter, and every join and prefetch
written by hand.  It keeps no answer and shares nothing with Cosmodrome but the tables and the text of a
duration.  Start reading with `views`.

`/2.3.0/spacecraft/` and `/2.3.0/launches/` answer the same records as Cosmodrome, in the same modes.
Ordering by a text uses SQLite's order, and `filters` has the columns and the commonest lists of values only.
"""
