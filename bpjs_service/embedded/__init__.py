"""The demo's own PostgreSQL and Valkey, and the supervisor that serves the demo.

Production sets ``DATABASE_URL`` and ``REDIS_URL`` and uses only ``addresses``.
"""
