"""Timelines of spacecraft and space stations, as JSON and as calendars, and calendars of lists: extensions.

Start reading with `timelines`, which reads the entries of one timeline from the catalogue.  `entries` has
what an entry is and the order of entries, `shapes` their JSON, `calendar` their iCalendar, and `views` the
addresses.  `lists` makes calendars of launches, events and docking events.
"""
