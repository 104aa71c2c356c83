"""Serve the page until the program is interrupted."""

import asyncio
import socket
from collections.abc import Callable

from tornado.httpserver import HTTPServer

from dataset_conversion.spine.errors import InputError
from vf_nnunet.annotation.address import LOOPBACK, Address, new_token
from vf_nnunet.annotation.desk import Desk
from vf_nnunet.annotation.server import LARGEST_MESSAGE, make_application


def bind(port: int | None, earlier: Address | None) -> tuple[socket.socket, Address]:
    """Take a port of the loopback interface.

    Args:
        port: The port that was asked for; None for that of the earlier address, or any free one.
        earlier: The address before the program was started again; its token is used again.

    Raises:
        InputError: If the port that was asked for is in use.
    """
    token = earlier.token if earlier else new_token()
    wanted = [port] if port is not None else [*([earlier.port] if earlier else []), 0]
    for candidate in wanted:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, candidate))
            listening.listen()
        except (OSError, OverflowError):
            listening.close()
            continue
        listening.setblocking(False)
        return listening, Address(listening.getsockname()[1], token)
    raise InputError(f"--port {port}: in use or not allowed; expected a free port from 1024 to 65535")


def serve(desk: Desk, listening: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until the program is interrupted.

    Args:
        desk: What the handlers work on.
        listening: The socket of `bind`.
        announce: Called once the page can be opened.
    """

    async def run() -> None:
        server = HTTPServer(make_application(desk), max_body_size=LARGEST_MESSAGE)
        server.add_socket(listening)
        announce()
        await asyncio.Event().wait()

    asyncio.run(run())
