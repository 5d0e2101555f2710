"""Pages for people: the home page, the documentation, and a page for every response of the API.

Start reading with `renderer`, through which DRF makes the page of a response.  `page` collects what it shows,
`forms` makes the form of a list, `names` finds what a record is called, `overview` groups and `counts` counts
the lists, `markup` shows JSON as HTML, and `layout` renders templates.  `views` has the home page,
`documents` the documentation, `errors` the responses to errors outside of any view, and `middleware` CORS
and the check of hosts.
"""
