"""A believable branch to try the product on; nothing here runs outside ``DEMO``."""
