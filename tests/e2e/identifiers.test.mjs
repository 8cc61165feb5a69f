// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Identifiers as identity providers make them, with every character that there may be: through WebSocket, REST,
// Redis and metrics, and through the proxies whose configuration is shipped.
import assert from "node:assert/strict"
import { Agent, request } from "node:https"
import WebSocket from "ws"
import { Client } from "./client.mjs"
import { eventually, token } from "./cluster.mjs"
import { call, fixture, get, heartbeat, setStatus, test } from "./fixture.mjs"
import { missing, proxies, startProxy } from "./proxy.mjs"

const s = fixture({ nodes: 3 })
const FORBIDDEN = "\"\\{}<>^`"
const ALL = Array.from({ length: 0x7e - 0x20 }, (_, i) => String.fromCharCode(0x21 + i))
  .filter(c => !FORBIDDEN.includes(c)).join("")
const NAMES = ["auth0|5f7c8ec7c33c6c004bbafe82", "bob+tag@example.com", "https://issuer.example.com/users/1?x=y&z#w",
  "c3ViamVjdA+/==", "#sequence", "#since", "100%25", "%2F", "..x", "*", "[a-z]", "it's,ok;", ALL.slice(0, 60), ALL.slice(60) + "/end"]
const path = id => encodeURIComponent(id)

for (const name of NAMES) {
  test(`${name} is a user, a device, a workspace and a channel`, async () => {
    const bob = new Client(s.nodes[1], "watcher")
    const workspace = await bob.follow(`workspace:${name}`)
    const viewers = await bob.follow(`channel:${name}`)
    await bob.join(`user:${name}`)
    const user = new Client(s.nodes[0], name)
    await user.enter(name, name, { channels: [name] })
    await eventually(() => assert.deepEqual(workspace.list(id => id), [name]))
    await eventually(() => assert.deepEqual(viewers.list(id => id), [name]))
    await user.say("set_status", { status: "busy", custom_message: name })
    await bob.next("status_update", each => each.user_id === name && each.status === "busy")
    await user.say("typing_start", { channel_id: name })
    await bob.next("typing", each => each.user_id === name && each.action === "start")
    const seen = await get(s.nodes[1], `/api/presence/users/${path(name)}`)
    assert.deepEqual([seen.user_id, seen.custom_message, seen.devices[0].id], [name, name, name])
    assert.deepEqual((await get(s.nodes[1], `/api/presence/channel/${path(name)}/viewers`)).users, [name])
    assert.deepEqual((await get(s.nodes[1], `/api/presence/channel/${path(name)}/typing`)).users, [name])
    assert.equal((await get(s.nodes[2], `/api/presence/workspace/${path(name)}/online?limit=1`)).users[0].id, name)
    assert.deepEqual((await get(s.nodes[2], `/api/presence/workspace/${path(name)}/online?after=${path(name)}`)).users, [])
    const { body } = await call(s.nodes[2], "POST", "/api/presence/bulk", { body: { user_ids: [name, "watcher"] } })
    assert.deepEqual(body.map(row => row.user_id), [name, "watcher"])
    // Byte for byte in Redis, for its other readers.
    assert.equal(await s.redis.command("HGET", `presence:user:${name}`, "status"), "busy")
    assert.notEqual(await s.redis.command("ZSCORE", `presence:online:${name}`, name), null)
    assert.notEqual(await s.redis.command("ZSCORE", `presence:channel:${name}`, name), null)
    assert.equal((await heartbeat(s.nodes[2], name, "other", name)).status, 204)
    for (const device of ["other", name])
      assert.equal((await call(s.nodes[1], "DELETE", `/api/presence/users/${path(name)}/devices/${path(device)}`, { user: name })).status, 204)
    await eventually(() => assert.deepEqual(workspace.list(id => id), []))
    await eventually(() => assert.deepEqual(viewers.list(id => id), []))
    await user.leave()
    await bob.leave()
  })
}

test("metrics have all of it in labels, and can be read", async () => {
  const client = new Client(s.nodes[0], "labels")
  await client.enter(ALL.slice(0, 60), "web:1", { channels: [ALL.slice(0, 60)] })
  const line = /^presence_[a-z_]+(\{[a-z_]+="(\\.|[^"\\\n])*"(,[a-z_]+="(\\.|[^"\\\n])*")*\})? [0-9.e+-]+$/
  await eventually(async () => {
    const text = await (await fetch(`${s.nodes[0].url}/metrics`)).text()
    assert.ok(text.includes(ALL.slice(0, 60)), "no label")
    const odd = text.split("\n").filter(each => each.startsWith("presence_") && !line.test(each))
    assert.deepEqual(odd.filter(each => !each.includes("_bucket")), [])
  })
  await client.leave()
})

test("what may be no identifier is refused, saying which character", async () => {
  for (const [id, detail] of [["a{b", /character \{/], ["a b", /a space/], ["é", /byte 0xc3/], ["42:devices", /:devices/]]) {
    const { status, body } = await call(s.nodes[0], "GET", `/api/presence/users/${path(id)}`)
    assert.equal(status, 422)
    assert.match(body.detail, detail)
    assert.equal(body.field, "user_id")
  }
  const refused = await fetch(`${s.nodes[0].url}/api/presence/users/x`, { headers: { Authorization: `Bearer ${token("a<b")}` } })
  assert.equal(refused.status, 401)
  assert.match((await refused.json()).detail, /character </)
})

test("an encoded slash is no other route", async () => {
  await setStatus(s.nodes[0], "victim", { status: "busy" })
  assert.equal((await call(s.nodes[0], "DELETE", "/api/presence/users/victim%2Fstatus", { user: "victim" })).status, 403)
  assert.equal((await get(s.nodes[0], "/api/presence/users/victim%2Fstatus")).user_id, "victim/status")
  assert.equal((await get(s.nodes[0], "/api/presence/users/victim", { user: "victim" })).user_id, "victim")
})

/** A GET that takes the proxy's own certificate. */
function getSecure(url, user) {
  return new Promise((resolve, reject) => {
    request(url, { agent: new Agent({ rejectUnauthorized: false }), headers: { Authorization: `Bearer ${token(user)}` } },
      response => {
        let text = ""
        response.on("data", data => { text += data })
        response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }))
      }).on("error", reject).end()
  })
}

class TrustingWebSocket extends WebSocket {
  constructor(url, protocols) { super(url, protocols, { rejectUnauthorized: false }) }
}

for (const kind of proxies) {
  test(`${kind} passes all of it on, plain and by TLS`, async () => {
    const proxy = await startProxy(kind, s.nodes)
    const names = [...NAMES, "a//b", "a/../b", "a%2fb"]
    for (const name of names) {
      const plain = await call(proxy, "GET", `/api/presence/users/${path(name)}`)
      assert.deepEqual([plain.status, plain.body.user_id], [200, name], JSON.stringify(plain))
      const secure = await getSecure(`${proxy.secureUrl}/api/presence/users/${path(name)}`, "reader")
      assert.deepEqual([secure.status, secure.body.user_id], [200, name], JSON.stringify(secure))
    }
    for (const [url, transport] of [[proxy.socketUrl, WebSocket], [proxy.secureSocketUrl, TrustingWebSocket]]) {
      const client = new Client({ socketUrl: url }, ALL.slice(0, 60), { options: { transport } })
      await client.enter(ALL.slice(0, 60))
      await client.say("set_status", { status: "away" })
      await client.leave()
    }
    await proxy.stop()
  }, { skip: missing(kind) })
}
