# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""<url> <token> <user>: phxsocket joins, says that it is busy, and leaves when its input ends."""
import sys

import phxsocket

url, token, user = sys.argv[1:]
socket = phxsocket.Client(url, {"token": token})
socket.connect()
channel = socket.channel(f"presence:{user}", {"device_id": "web:1", "workspace_id": "clients"})
channel.on("presence_state", lambda payload: print("state", payload["status"], flush=True))
channel.join()
status = {"status": "busy", "custom_message": "phxsocket"}
print("reply", channel.push("set_status", status, reply=True).wait_for_response()["status"], flush=True)
sys.stdin.read()
channel.leave()
