// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A device that was signed off stays away until it has signed in anew, whatever the stock client does.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually, token } from "./cluster.mjs"
import { ADMIN, call, fixture, get, heartbeat, test } from "./fixture.mjs"

const s = fixture({ nodes: 2, environment: { SIGN_OFF_HOLD: "2" } })
const SIGNED_OFF = 4002

const issued = () => ({ iat: Date.now() / 1000 })

async function status(user) {
  return (await get(s.nodes[1], `/api/presence/users/${user}`)).status
}

/** A client that comes back as phoenix.js does, and notes how its joins end. */
async function entered(user, device, claims = issued()) {
  const client = new Client(s.nodes[0], user, { claims })
  client.closes = []
  client.refusals = []
  client.socket.onClose(event => client.closes.push(event.code))
  const channel = client.socket.channel(`presence:${user}`, { device_id: device, workspace_id: "office" })
  await new Promise(resolve => {
    channel.join().receive("ok", resolve).receive("error", ({ reason }) => client.refusals.push(reason))
  })
  return client
}

async function signOff(path, by) {
  assert.equal((await call(s.nodes[1], "DELETE", path, by)).status, 204)
}

/** It has come back, was refused, and the user is not there. */
async function staysAway(client) {
  await eventually(() => assert.ok(client.refusals.length >= 2))
  assert.equal(client.closes[0], SIGNED_OFF)
  assert.deepEqual([...new Set(client.refusals)], ["the device was signed off"])
  assert.equal(await status(client.user), "offline")
}

test("a device that is signed off comes back with a newer token only", async () => {
  const old = await entered("anna", "web:1")
  await signOff("/api/presence/users/anna/devices/web:1", { user: "anna" })
  await staysAway(old)
  assert.equal(old.closes.length, 1, "it is not let in to be closed again")
  const rest = await call(s.nodes[0], "POST", "/api/presence/heartbeat",
    { user: "anna", claims: { iat: Math.floor(Date.now() / 1000) - 60 }, body: { device_id: "web:1" } })
  assert.equal(rest.status, 403)
  const other = await entered("anna", "web:2")
  const anew = await entered("anna", "web:1")
  assert.equal(await status("anna"), "online")
  await staysRefused(old)
  for (const client of [old, other, anew]) await client.leave()
})

async function staysRefused(client) {
  const before = client.refusals.length
  await eventually(() => assert.ok(client.refusals.length > before))
}

test("a user who is signed off is so with all devices, by itself or by an admin", async () => {
  for (const [user, by] of [["bob", { user: "bob" }], ["carl", ADMIN]]) {
    const claims = issued()
    const clients = [await entered(user, "web:1", claims), await entered(user, "phone:1", claims)]
    await signOff(`/api/presence/users/${user}/devices`, by)
    for (const client of clients) await staysAway(client)
    const third = new Client(s.nodes[0], user, { claims })
    await assert.rejects(third.enter("office", "tablet:1"), /signed off/)
    await third.leave()
    const anew = await entered(user, "web:1")
    assert.equal(await status(user), "online")
    for (const client of [...clients, anew]) await client.leave()
  }
})

async function operator() {
  const client = new Client(s.nodes[1], "root", { claims: { scope: "admin" } })
  const overview = await client.join("admin:overview")
  client.push = (event, payload) => new Promise((resolve, reject) =>
    overview.push(event, payload).receive("ok", resolve).receive("error", ({ reason }) => reject(new Error(reason))))
  return client
}

/** As `user` with a token of `iat` (s), on each node. */
async function isRefusedEverywhere(user, iat) {
  for (const node of s.nodes) {
    const client = new Client(node, user, { claims: { iat } })
    await assert.rejects(client.enter("office", "tablet:1"), /signed off/)
    await client.leave()
  }
}

test("an operator's disconnect holds as well, and says which tokens it is over for", async () => {
  const dan = await entered("dan", "web:1")
  const root = await operator()
  const before = Date.now()
  const answer = await root.push("disconnect_user", { user_id: "dan" })
  assert.equal(answer.devices, 1)
  assert.ok(answer.issued_until >= before && answer.issued_until <= Date.now(), JSON.stringify(answer))
  assert.equal(answer.unstated_until, answer.issued_until + 2000)
  await staysAway(dan)
  await isRefusedEverywhere("dan", answer.issued_until / 1000)
  const anew = await entered("dan", "web:1", { iat: (answer.issued_until + 1) / 1000 })
  assert.equal(await status("dan"), "online")
  const one = await root.push("disconnect_device", { user_id: "dan", device_id: "web:1" })
  assert.ok(one.issued_until > answer.issued_until)
  for (const client of [dan, anew, root]) await client.leave()
})

test("an operator may hold a user for a while, also with new tokens", async () => {
  const gus = await entered("gus", "web:1")
  const root = await operator()
  const before = Date.now()
  const held = await root.push("disconnect_user", { user_id: "gus", hold: 600 })
  assert.ok(Math.abs(held.issued_until - before - 600_000) < 10_000, JSON.stringify(held))
  await staysAway(gus)
  // Issued after the sign-off: that would do without a hold.
  await isRefusedEverywhere("gus", Date.now() / 1000 + 5)
  // What holds is not shortened.
  assert.equal((await root.push("disconnect_user", { user_id: "gus" })).issued_until, held.issued_until)
  await isRefusedEverywhere("gus", held.issued_until / 1000)
  const anew = await entered("gus", "web:1", { iat: (held.issued_until + 1) / 1000 })
  assert.equal(await status("gus"), "online")
  for (const hold of [-1, 86401, "long"])
    await assert.rejects(root.push("disconnect_user", { user_id: "gus", hold }), /0-86400/)
  assert.equal(await status("gus"), "online")
  for (const client of [gus, anew, root]) await client.leave()
})

test("a token that does not say when it was issued is refused for SIGN_OFF_HOLD", async () => {
  const eva = await entered("eva", "web:1", {})
  await signOff("/api/presence/users/eva/devices/web:1", { user: "eva" })
  await staysAway(eva)
  await eventually(async () => assert.equal(await status("eva"), "online"))
  // A service that acts for the user has a token of its own, which may be older than the sign-off.
  const service = { user: "backend", claims: { scope: "service", iat: 1 }, body: { user_id: "fay", device_id: "bot" } }
  const beat = async () => (await call(s.nodes[0], "POST", "/api/presence/heartbeat", service)).status
  assert.equal(await beat(), 204)
  await signOff("/api/presence/users/fay/devices/bot", { user: "fay" })
  assert.equal(await beat(), 403)
  await eventually(async () => assert.equal(await beat(), 204))
  await eva.leave()
})
