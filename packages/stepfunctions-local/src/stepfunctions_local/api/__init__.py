"""The API's operations, one module per family.

Each module has `OPERATIONS`, a dict of AWS's operation name to a callable taking (engine, params) and
returning the answer's JSON shape, plain or as a coroutine. Times are epoch seconds. Errors are ApiError.
What an operation wrote is durable before its answer leaves: the dispatcher waits for the store's commit.
"""
