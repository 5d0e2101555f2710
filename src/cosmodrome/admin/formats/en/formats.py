"""Dates and times as on the wire, and the time zone, which Django leaves out."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"Y-m-d H:i:s \U\T\C"
TIME_FORMAT = r"H:i:s \U\T\C"
