"""A simulated plant: machines that are served over real OPC UA and real Modbus TCP.

It stands alone (no import of the console but the PackML numbers), because it plays the other side.
``python -m console.simulator --help`` starts it as a process of its own.
"""
