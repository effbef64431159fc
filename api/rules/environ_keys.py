"""The keys of the WSGI environment by which the rooms tell each other about a request.

The front sets them before the application runs, or the machinery while it runs. Other WSGI servers do not set the keys
of the front; each reader handles that.
"""

# From the front
ARRIVED = "touchstone.arrived"  # seconds of `time.perf_counter`, when the head was there
QUEUED = "touchstone.queued"  # the same, when the request began to wait for a thread
STARTED = "touchstone.started"  # the same, when a thread began to run the application; for the journal
ANSWERED = "touchstone.answered"  # the same, when the application had answered; for the journal
FIELDS = "touchstone.fields"  # the field lines as sent: pairs of the name in lower case and the value
REQUEST_ID = "touchstone.request_id"
LARGE_HEAD = "touchstone.large_head"  # whether its fields have so many bytes that it waits for others of that kind
HAS_BODY = "touchstone.has_body"  # whether the request has content, even if of unknown length
BODY_REFUSED = "touchstone.body_refused"  # the ContentTooLarge of a body that was dropped
MAY_BE_CUT = "touchstone.may_be_cut"  # whether a body without a length may have been cut off (HTTP/2)
FRONT = "touchstone.front"  # present if the front serves the request
ENTRY = "touchstone.entry"  # the entry of the journal, if the request may get one
PAUSED = "touchstone.paused"  # seconds for which the request waited on purpose
FAULT = "touchstone.fault"  # the number of the fault rule that the request meets, or `header`
DRAINING = "touchstone.draining"  # present while the worker stops
WATCH = "touchstone.watch"  # the entries of the journal that the client waits for (`api.rules.watch`)
WAITED = "touchstone.waited"  # present if the client has waited, so that it is answered now
PACE = "touchstone.pace"  # when the bytes of the answer are due (`api.rules.pace`)
REPLACED = "touchstone.replaced"  # present if another response is sent instead of this one

EXTENSIONS = "touchstone.extensions"  # present if the server below sends trailers and early hints (RFC 9110 §6.5)

# From a resource, only if the server below can send them
TRAILERS = "touchstone.trailers"  # pairs of names and values, which follow the content
EARLY_HINTS = "touchstone.early_hints"  # values of Link in a 103 before the answer (RFC 8297)

# From the machinery, for the log and the metrics
ROUTE = "touchstone.route"  # the path as the resource declares it
PROBLEM = "touchstone.problem"  # the slug of a refusal
ACCOUNT_ID = "touchstone.account_id"
ACCOUNT_NAME = "touchstone.account_name"
CACHEABLE = "touchstone.cacheable"  # present if the answer depends only on the request and the database
IDEMPOTENCY = "touchstone.idempotency"  # `new` or `replay`, of a request with a key

# From the paths of spaces
SPACE = "touchstone.space"  # the place of the space (`api.store.spaces`) that the request is in
STORE = "touchstone.store"  # the database for this request, if it is not that of the server
SPACE_ID = "touchstone.space_id"  # of the space, for the log
NO_SPACE = "touchstone.no_space"  # the id of a space that does not exist

# From a form of a page
WITHIN = "touchstone.within"  # present in a request that comes from a form (`api.web.within`)
