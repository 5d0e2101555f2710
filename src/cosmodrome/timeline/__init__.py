"""Timelines of spacecraft and space stations, an extension of the contract, as JSON and as a calendar.

Start reading with `timelines`, which reads the entries of one timeline from the catalogue.  `entries` has
what an entry is and the order of entries, `shapes` their JSON, `calendar` their iCalendar, and `views` the
addresses.
"""
