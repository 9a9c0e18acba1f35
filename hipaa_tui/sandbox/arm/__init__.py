"""A local stand-in for Azure Resource Manager, so that the demo and the tests can drive the real Azure SDKs.

It speaks plain HTTP on loopback only, keeps everything in memory and needs nothing but the standard library:

    with ArmServer(state) as server:
        ...  # point an SDK client's base_url at server.url

`python -m hipaa_tui.sandbox.arm --port 0` runs it as a process of its own.
"""

from hipaa_tui.sandbox.arm.server import ArmServer

__all__ = ["ArmServer"]
