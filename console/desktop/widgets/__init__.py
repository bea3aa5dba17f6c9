"""Widgets that pages share; they know rows and tokens, not the desk."""
