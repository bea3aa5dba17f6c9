"""The plant console: from a counter in a PLC to a verified quantity in Odoo."""
