"""Read-through: a request that the catalogue can't answer in full yet is passed upstream, once.

`asked` says which requests may be passed on, and when two ask for the same; `passed` remembers the answers,
and gives them with our host; `reader` makes the calls, and takes in what they bring; `middleware` answers in
place of a view.  `server.pass_through` lets requests wait for all that without holding a thread.
"""
