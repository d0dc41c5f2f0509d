"""The API's operations, one module per family.

Each module has `OPERATIONS`, a dict of AWS's operation name to a function of (engine, params) that returns the
response's JSON shape or a coroutine of it. Times are epoch seconds. Errors are ApiError. The dispatcher waits for the
store's commit before it returns a response.
"""
