// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// server.mjs <ws | socket.io>: answers heartbeats and sends each status change to every client, and
// no more. Says its port on standard output.
import { createServer } from "node:http"
import { Server } from "socket.io"
import { WebSocketServer } from "ws"

const update = payload =>
  ({ user_id: "load-0", ...payload, emoji: null, last_seen: 1795557889, updated_at: 1795557889,
     revision: 1795557889723082, previous: 1795557889213598 })

function serveWs(http) {
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  server.on("connection", socket => socket.on("message", data => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(data)
    if (event === "heartbeat") {
      const reply = { status: "ok", response: {} }
      return socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", reply]))
    }
    const text = JSON.stringify([null, null, "user:load-0", "status_update", update(payload)])
    for (const client of server.clients) client.send(text)
  }))
}

function serveSocketIo(http) {
  const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false })
  server.on("connection", socket => {
    socket.on("heartbeat", ref => socket.emit("reply", ref, { status: "ok", response: {} }))
    socket.on("set_status", payload => server.emit("status_update", update(payload)))
  })
}

const http = createServer()
if (process.argv[2] === "ws") serveWs(http)
else serveSocketIo(http)
http.listen(0, "127.0.0.1", () => console.log(http.address().port))
