"""The gate: a small app in the space of the previews, asked before each of them.

It is pushed as it stands here, so it knows the standard library and nothing else. Cloud Foundry's router sends it
every request to a route that is bound to it (a route service), and it sends those on that it lets in, to the URL
in ``X-CF-Forwarded-Url``. The router knows them again by its own signature.

Known limit: the router offers no websockets to routes with a route service, so neither can the gate.
"""
