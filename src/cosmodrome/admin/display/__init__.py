"""What the admin's pages call things: filters, instants, explanations beside inputs.

Start reading with `filters`.  Nothing here saves anything: that is `cosmodrome.admin.records`.
"""
