"""Station [1]: readers of machines. Each speaks one protocol and delivers samples; none can write."""

from console.sources.build import build_source
from console.sources.modbus import ModbusSource
from console.sources.opcua import OpcuaSource

__all__ = ["ModbusSource", "OpcuaSource", "build_source"]
