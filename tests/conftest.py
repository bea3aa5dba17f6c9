"""Rigs that every test may use. Nothing starts before a test asks for it."""

pytest_plugins = ["tests.rigs.odoo"]
