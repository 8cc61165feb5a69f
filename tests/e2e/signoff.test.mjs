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

test("an operator's disconnect holds as well", async () => {
  const dan = await entered("dan", "web:1")
  const operator = new Client(s.nodes[1], "root", { claims: { scope: "admin" } })
  const overview = await operator.join("admin:overview")
  const push = (event, payload) => new Promise((resolve, reject) =>
    overview.push(event, payload).receive("ok", resolve).receive("error", ({ reason }) => reject(new Error(reason))))
  assert.equal((await push("disconnect_user", { user_id: "dan" })).devices, 1)
  await staysAway(dan)
  for (const client of [dan, operator]) await client.leave()
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
