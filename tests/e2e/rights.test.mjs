// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The table of rights in server/auth/README.md, a test a cell.
import assert from "node:assert/strict"
import { Client, push } from "./client.mjs"
import { token } from "./cluster.mjs"
import { call, fixture, heartbeat, setStatus, test } from "./fixture.mjs"
import { tableTests } from "./rightstable.mjs"

const s = fixture({ nodes: 1, environment: { METRICS_PUBLIC: "false", SIGN_OFF_HOLD: "0" } })

/** Who is in the heads of the table. All but the first ask about alice, w1 and c1. */
const WHO = {
  "nobody": null,
  "the user": { user: "alice", claims: {} },
  "another user": { user: "bob", claims: {} },
  "of another workspace and channel": { user: "carol", claims: { workspaces: ["w2"], channels: ["c2"] } },
  "`service`": { user: "bot", claims: { scope: "service" } },
  "`admin:read`": { user: "watcher", claims: { scope: "admin:read" } },
  "`admin`": { user: "root", claims: { scope: "admin" } },
}

const rest = (method, path, body) => async who => {
  const { status } = await fetch(s.nodes[0].url + path, {
    method, body: body && JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(who && { Authorization: `Bearer ${token(who.user, who.claims)}` }) },
  })
  assert.ok(status < 500, `${method} ${path}: ${status}`)
  return status !== 401 && status !== 403
}

const connected = (who, act) => async () => {
  if (!who) return false
  const client = new Client(s.nodes[0], who.user, { claims: who.claims })
  try {
    return await act(client)
  } catch (error) {
    assert.match(String(error), /unauthorized/)
    return false
  } finally {
    await client.leave()
  }
}
const joins = topic => who => connected(who, async client => { await client.join(topic, { device_id: "web:x" }); return true })()
const asks = (event, payload) => who => connected(who, async client => {
  const channel = await client.join("admin:events")
  await push(channel, event, payload).catch(error => {
    // Allowed, and there is no such thing.
    if (/unauthorized/.test(String(error))) throw error
  })
  return true
})()

const ALICE = "/api/presence/users/alice"
const WHAT = {
  "`GET users/{id}`, `POST bulk`": [rest("GET", ALICE), rest("POST", "/api/presence/bulk", { user_ids: ["alice"] })],
  "the truth of a user who hides": [async who => {
    if (!who) return false
    await heartbeat(s.nodes[0], "alice", "tv", "w1")
    await setStatus(s.nodes[0], "alice", { status: "invisible" })
    const { body } = await call(s.nodes[0], "GET", ALICE, who)
    return body.status === "invisible"
  }],
  "`PUT`, `DELETE users/{id}/status`": [rest("PUT", `${ALICE}/status`, { status: "busy" }), rest("DELETE", `${ALICE}/status`)],
  "`DELETE users/{id}/devices`, `…/{device_id}`": [rest("DELETE", `${ALICE}/devices/none`), rest("DELETE", `${ALICE}/devices`)],
  "`GET users/{id}/history`": [rest("GET", `${ALICE}/history`)],
  "`GET workspace/{id}/online`": [rest("GET", "/api/presence/workspace/w1/online")],
  "`GET channel/{id}/viewers`, `/typing`": [rest("GET", "/api/presence/channel/c1/viewers"), rest("GET", "/api/presence/channel/c1/typing")],
  "`GET nodes`, `/metrics`": [rest("GET", "/api/presence/nodes"), rest("GET", "/metrics")],
  "all of `/health`": [async who => {
    const { body } = who ? await call(s.nodes[0], "GET", "/health", who) : { body: await (await fetch(`${s.nodes[0].url}/health`)).json() }
    return "limits" in body
  }],
  "`DELETE users/{id}`": [rest("DELETE", "/api/presence/users/nobody")],
  "join `presence:{id}`": [joins("presence:alice")],
  "join `user:{id}`": [joins("user:alice")],
  "join `workspace:{id}`": [joins("workspace:w1")],
  "join `channel:{id}`": [joins("channel:c1")],
  "join `admin:…`, `get_…`": [joins("admin:overview"), asks("get_user", { user_id: "alice" }), asks("get_ghosts", {})],
  "`set_status`, `clear_status`, `disconnect_…`, `forget_ghost` of `admin:…`": [
    asks("set_status", { user_id: "alice", status: "busy" }), asks("clear_status", { user_id: "alice" }),
    asks("disconnect_device", { user_id: "alice", device_id: "none" }), asks("disconnect_user", { user_id: "nobody" }),
    asks("forget_ghost", { user_id: "alice", session: "none" })],
}

test("no answer is a page, or is kept", async () => {
  for (const path of ["/health", "/metrics", ALICE, "/nowhere", "/socket/longpoll", "/socket/websocket"]) {
    const { headers } = await fetch(s.nodes[0].url + path)
    assert.equal(headers.get("x-content-type-options"), "nosniff", path)
    assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", path)
    assert.equal(headers.get("referrer-policy"), "no-referrer", path)
    assert.equal(headers.get("cache-control"), "no-store", path)
  }
})

tableTests("| what | nobody |", WHO, WHAT)
