"""Talks to Odoo (station [6]): JSON-2 client, master data, recipes, preflight. See docs/odoo.md."""
