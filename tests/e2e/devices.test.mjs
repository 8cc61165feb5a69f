// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Several devices in several workspaces on several nodes are one user.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { call, get, heartbeat, fixture, test } from "./fixture.mjs"
import { stage } from "./witness.mjs"

const s = fixture({ nodes: 3, environment: { OFFLINE_GRACE: "1" } })

async function online(workspace) {
  const { users, total } = await get(s.nodes[2], `/api/presence/workspace/${workspace}/online`)
  assert.equal(users.length, total)
  return users.map(user => user.id).sort()
}

const is = (workspace, users) => eventually(async () => assert.deepEqual(await online(workspace), users))

test("each workspace lists who has a device in it, and the user goes with the last device anywhere", async () => {
  const set = await stage("multi", ["multi"], s.nodes)
  const laptop = new Client(s.nodes[0], "multi")
  const phone = new Client(s.nodes[1], "multi")
  const tablet = new Client(s.nodes[2], "multi")
  await laptop.enter(set.workspace, "laptop")
  await phone.enter("multi-other", "phone")
  await tablet.enter(set.workspace, "slate")
  await is(set.workspace, ["multi", "multi-fence"])
  await is("multi-other", ["multi"])
  const { devices } = await get(s.nodes[2], "/api/presence/users/multi")
  assert.deepEqual(devices.map(device => device.id).sort(), ["laptop", "phone", "slate"])

  await set.hear("multi", ["roster +", "user online", "watch online", "workspace online"])
  set.begin()
  await laptop.leave()
  await set.fence.outlast()
  set.expect("multi", [])
  await is(set.workspace, ["multi", "multi-fence"])

  // Gone from here, but not offline.
  await tablet.leave()
  await set.hear("multi", ["roster -", "workspace offline"], 5000)
  await set.fence.pass()
  set.expect("multi", ["roster -", "workspace offline"])
  await is(set.workspace, ["multi-fence"])
  await is("multi-other", ["multi"])
  assert.equal((await get(s.nodes[2], "/api/presence/users/multi")).status, "online")

  set.begin()
  await phone.leave()
  await set.hear("multi", ["user offline", "watch offline"], 5000)
  await set.fence.outlast()
  set.expect("multi", ["user offline", "watch offline"])
  await is("multi-other", [])
})

test("a device that changes its workspace moves, and nobody thinks that the user went", async () => {
  const set = await stage("mover", ["mover"], s.nodes)
  const client = new Client(s.nodes[0], "mover")
  await client.enter(set.workspace, "web:1")
  await set.hear("mover", ["roster +", "user online", "watch online", "workspace online"])
  set.begin()
  // The same socket joins anew, as a single-page application that switches.
  await client.enter("mover-other", "web:1")
  await set.hear("mover", ["roster -", "workspace offline"])
  await is("mover-other", ["mover"])
  await is(set.workspace, ["mover-fence"])
  await set.fence.outlast()
  set.expect("mover", ["roster -", "workspace offline"])

  // Another socket on another node brings the device back, and its old one may close.
  set.begin()
  const again = new Client(s.nodes[1], "mover")
  await again.enter(set.workspace, "web:1")
  await client.leave()
  await set.hear("mover", ["roster +", "workspace online"])
  await is("mover-other", [])
  await set.fence.outlast()
  set.expect("mover", ["roster +", "workspace online"])
  await again.leave()
})

test("a REST device moves too, and shares the user with a WebSocket", async () => {
  const set = await stage("bot", ["bot"], s.nodes)
  assert.equal((await heartbeat(s.nodes[0], "bot", "bot:1", set.workspace)).status, 204)
  await is(set.workspace, ["bot", "bot-fence"])
  await set.hear("bot", ["roster +", "user online", "watch online", "workspace online"])
  set.begin()
  assert.equal((await heartbeat(s.nodes[1], "bot", "bot:1", "bot-other")).status, 204)
  await is(set.workspace, ["bot-fence"])
  await is("bot-other", ["bot"])
  const client = new Client(s.nodes[2], "bot")
  await client.enter("bot-other", "shell:1")
  await set.hear("bot", ["roster -", "workspace offline"])
  await set.fence.pass()
  set.expect("bot", ["roster -", "workspace offline"])
  set.begin()
  const gone = await call(s.nodes[0], "DELETE", "/api/presence/users/bot/devices/bot:1", { user: "bot" })
  assert.equal(gone.status, 204)
  await set.fence.pass()
  set.expect("bot", [])
  await is("bot-other", ["bot"])
  await client.leave()
  await set.hear("bot", ["user offline", "watch offline"], 5000)
})

test("a device that is signed off is gone at once from both its sockets, and cannot come back by itself", async () => {
  const set = await stage("off", ["off"], s.nodes)
  const codes = []
  const sockets = [0, 1].map(i => new Client(s.nodes[i], "off", { options: { reconnectAfterMs: () => 600_000 } }))
  for (const client of sockets) {
    client.socket.onClose(event => codes.push(event.code))
    await client.enter(set.workspace, "stolen")
  }
  await set.hear("off", ["roster +", "user online"])
  set.begin()
  const gone = await call(s.nodes[2], "DELETE", "/api/presence/users/off/devices/stolen", { user: "off" })
  assert.equal(gone.status, 204)
  await eventually(() => assert.deepEqual(codes, [4002, 4002]), 2000)
  await set.hear("off", ["roster -", "user offline", "watch offline", "workspace offline"])
  await set.fence.outlast()
  set.expect("off", ["roster -", "user offline", "watch offline", "workspace offline"])
  // The user itself may return.
  const again = new Client(s.nodes[0], "off", { claims: { iat: Date.now() / 1000 + 1 } })
  await again.enter(set.workspace, "stolen")
  await set.hear("off", ["user online"])
})

test("others see on which kinds of devices a user is online", async () => {
  const set = await stage("kinds", ["kinds"], s.nodes)
  const kinds = async () => (await get(s.nodes[2], "/api/presence/users/kinds")).kinds
  const told = () => set.witnesses[0].client.messages("status_update", "user:kinds").map(each => each.kinds)
  const web = new Client(s.nodes[0], "kinds")
  await web.enter(set.workspace, "web:1")
  assert.deepEqual(await kinds(), ["web"])
  // What follows within a window is merged.
  const isTold = list => eventually(() => assert.deepEqual(told().at(-1), list))
  await isTold(["web"])
  const other = new Client(s.nodes[1], "kinds")
  await other.enter(set.workspace, "0815", { kind: "watch" })
  assert.deepEqual(await kinds(), ["watch", "web"])
  await isTold(["watch", "web"])
  const body = { device_id: "r", kind: "mobile" }
  assert.equal((await call(s.nodes[1], "POST", "/api/presence/heartbeat", { user: "kinds", body })).status, 204)
  assert.deepEqual(await kinds(), ["mobile", "watch", "web"])
  await isTold(["mobile", "watch", "web"])
  await other.leave()
  await eventually(async () => assert.deepEqual(await kinds(), ["mobile", "web"]))
  await eventually(() => assert.deepEqual(told().slice(-4),
    [["web"], ["watch", "web"], ["mobile", "watch", "web"], ["mobile", "web"]]))
  await assert.rejects(new Client(s.nodes[0], "kinds").enter(set.workspace, "x", { kind: "No kind" }), /1-20 characters/)
  await web.leave()
})
