"""The demo: a simulated plant, a real Odoo, the edge and the desktop, started by one command."""
