# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tlsforward.py <port>: passes on what comes, by TLS, to that port of this host. Prints its own port. The
suite speaks no TLS itself."""
import asyncio
import ssl
import sys

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


async def copy(reader, writer):
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def forward(reader, writer):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]), ssl=context)
    await asyncio.gather(copy(reader, server_writer), copy(server_reader, writer))


async def main():
    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
