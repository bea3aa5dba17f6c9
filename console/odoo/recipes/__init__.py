"""How each kind of posting is booked: one module a kind, each with ``read`` and ``write``."""
