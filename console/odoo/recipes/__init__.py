"""Recipes: how each kind of posting is booked in Odoo so that it is there exactly once (docs/odoo.md)."""
