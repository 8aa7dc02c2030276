"""A Modbus TCP device of pymodbus with values of every type in its registers, as the judge of ours.

Arguments: the port. Prints the values by the type and order in which they are there, and its registers.
"""

import asyncio
import struct
import sys

from lines import write_object
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusTcpServer

TYPES = ModbusClientMixin.DATATYPE
VALUES = {
    "int16": -12345,
    "uint16": 54321,
    "int32": -1234567890,
    "uint32": 4000000000,
    "int64": -(2**52) - 1,
    "uint64": 2**53 - 1,
    "float32": struct.unpack("f", struct.pack("f", 3.14159))[0],
    "float64": 2.718281828459045,
}


def swapped(registers):
    """Each register with its two bytes exchanged."""
    return [((register & 0xFF) << 8) | register >> 8 for register in registers]


def layout():
    """All values in every order, from register 0 on: what each is, and the registers."""
    values, registers = [], []
    for order in ("ABCD", "CDAB", "BADC", "DCBA"):
        for name, value in VALUES.items():
            words = "little" if order in ("CDAB", "DCBA") else "big"
            encoded = ModbusClientMixin.convert_to_registers(value, TYPES[name.upper()], words)
            if order in ("BADC", "DCBA"):
                encoded = swapped(encoded)
            values.append({"type": name, "order": order, "register": len(registers), "value": value})
            registers += encoded
    return values, registers


async def main():
    values, registers = layout()
    # The blocks of pymodbus begin at 1 for the address 0 of a request.
    device = ModbusDeviceContext(
        hr=ModbusSequentialDataBlock(1, registers),
        ir=ModbusSequentialDataBlock(1, [7, 8, 9, 10, 11, 12]),
        co=ModbusSequentialDataBlock(1, [True, False] * 10),
        di=ModbusSequentialDataBlock(1, [False] * 11 + [True]),
    )
    context = ModbusServerContext(devices={1: device}, single=False)
    server = ModbusTcpServer(context, address=("127.0.0.1", int(sys.argv[1])))
    await server.serve_forever(background=True)
    write_object(event="ready", values=values, registers=len(registers))
    await asyncio.Event().wait()


asyncio.run(main())
