// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// upgrade.mjs <url> <token of anna> <token of bob>: two users who look at each other while their daemon is
// restarted. Prints "connected", "reconnected" when both are back, and, when its input ends, what one of
// them was told of the other that was not true.
import { Socket } from "phoenix"
import WebSocket from "ws"

const [url, ...tokens] = process.argv.slice(2)
const USERS = ["anna", "bob"]
const falseEvents = []
const joins = [0, 0]

function changed() {
  if (joins.every(count => count === 1)) console.log("connected")
  if (joins.every(count => count > 1) && joins.some(count => count === 2)) console.log("reconnected")
}

function enter(user, i) {
  const socket = new Socket(`${url.replace("http", "ws")}/socket`, { transport: WebSocket, params: { token: tokens[i] } })
  socket.connect()
  const other = USERS[1 - i]
  const me = socket.channel(`presence:${user}`, { device_id: "web:1", workspace_id: "acme" })
  const watched = socket.channel(`user:${other}`)
  watched.on("status_update", payload => {
    if (payload.status === "offline" && joins[1 - i] > 0) falseEvents.push(`${user}: ${other} is offline`)
  })
  const workspace = socket.channel("workspace:acme")
  workspace.on("presence_diff", ({ leaves, joins: came }) => {
    if (other in leaves && !(other in came)) falseEvents.push(`${user}: ${other} left`)
  })
  watched.join()
  workspace.join()
  me.join().receive("ok", () => { ++joins[i]; changed() })
  return { socket, me }
}

const clients = USERS.map(enter)
process.stdin.resume()
process.stdin.once("end", async () => {
  // What was told before comes before the answer.
  for (const { me } of clients) await new Promise(resolve => me.push("get_presence", { user_ids: USERS }).receive("ok", resolve))
  console.log(falseEvents.length ? falseEvents.join("\n") : "no false event")
  process.exit(0)
})
