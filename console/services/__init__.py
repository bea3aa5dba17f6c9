"""Verbs over the store: each call is one transaction, or one read of one consistent state."""
