# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""<url> <token> <user> <version>: phoenix-channels-python-client joins, and leaves when its input ends."""
import asyncio
import sys

from phoenix_channels_python_client import PHXChannelsClient, PhoenixChannelsProtocolVersion


async def main():
    url, token, user, version = sys.argv[1:]

    async def heard(message):
        if message.event == "presence_state":
            print("state", message.payload["status"], flush=True)

    async with PHXChannelsClient(
        websocket_url=f"{url}?token={token}",
        api_key="unused",
        protocol_version=PhoenixChannelsProtocolVersion[version],
    ) as client:
        await client.subscribe_to_topic(f"presence:{user}", heard)
        print("joined", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
