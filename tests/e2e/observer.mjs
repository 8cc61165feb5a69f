// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// observer.mjs <port> <user> <device> <workspace>: a device with the phoenix package that prints what
// it is told, a line of JSON each. Ends when its connection is closed.
import { Client } from "./client.mjs"

const [port, user, device_id, workspace_id] = process.argv.slice(2)
const print = line => process.stdout.write(JSON.stringify(line) + "\n")
const client = new Client({ socketUrl: `ws://127.0.0.1:${port}/socket` }, user)
client.socket.onClose(event => {
  print({ event: "closed", code: event.code })
  process.exit(0)
})
await client.join(`presence:${user}`, { device_id, workspace_id }, channel => {
  channel.on("presence_state", payload => print({ event: "presence_state", payload }))
})
print({ event: "joined" })
