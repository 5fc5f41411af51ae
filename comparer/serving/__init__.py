"""Running the dashboard for others: who comes in, health, metrics, logs with request ids, an orderly end.

Knows nothing of the page's contents.
"""
