"""Pure meaning: frozen dataclasses and functions over them. No I/O, no Qt, no clock reads."""
