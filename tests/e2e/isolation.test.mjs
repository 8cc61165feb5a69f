// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// PRESENCE_ISOLATION=workspace: tenants do not see each other.
import assert from "node:assert/strict"
import { Client, push } from "./client.mjs"
import { eventually, token } from "./cluster.mjs"
import { call, fixture, get, heartbeat, setStatus, test } from "./fixture.mjs"
import { tableTests } from "./rightstable.mjs"

const s = fixture({ environment: { PRESENCE_ISOLATION: "workspace", METRICS_PUBLIC: "false", SIGN_OFF_HOLD: "0",
  LIMIT_USER_REQUESTS: "0", LIMIT_USER_ROWS: "0" } })

const of = (...workspaces) => ({ workspaces })
const BY = Object.fromEntries(Object.entries({
  "the user": ["alice", of("w1")],
  "of its workspace": ["bob", of("w0", "w1")],
  "of another": ["carol", of("w2")],
  "`service` of its workspace": ["bot", { scope: "service", ...of("w1") }],
  "`service` of another": ["other-bot", { scope: "service", ...of("w2") }],
  "`admin` of its workspace": ["chief", { scope: "admin", ...of("w1") }],
  "`admin` of another": ["other-chief", { scope: "admin", ...of("w2") }],
  "`admin`": ["root", { scope: "admin" }],
}).map(([name, [user, claims]]) => [name, { user, claims }]))

const rest = (method, path, body) => async who => {
  const { status } = await fetch(s.nodes[0].url + path, {
    method, body: body && JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token(who.user, who.claims)}` } })
  assert.ok(status < 500, `${method} ${path}: ${status}`)
  assert.notEqual(status, 400)
  return status !== 403 && status !== 404
}

const connected = act => async who => {
  const client = new Client(s.nodes[1], who.user, { claims: who.claims })
  try {
    return await act(client)
  } catch (error) {
    assert.match(String(error), /unauthorized/)
    return false
  } finally {
    await client.leave()
  }
}
const joins = topic => connected(async client => { await client.join(topic); return true })
/** As a device without a workspace. */
const asks = act => connected(async client => {
  const me = await client.join(`presence:${client.user}`, { device_id: "web:asking" })
  return act(me, client)
})

const ALICE = "/api/presence/users/alice"
const isThere = row => row.status !== "offline"

/** Alice is there, in w1, as tables take it for granted. */
const there = attempt => async who => {
  await heartbeat(s.nodes[0], "alice", "tv", "w1")
  await setStatus(s.nodes[0], "alice", { status: "busy" })
  return attempt(who)
}

tableTests("| what | the user | of its workspace |", BY, {
  "`GET users/{id}`": [there(rest("GET", ALICE))],
  "`POST bulk`, `get_presence`": [
    there(async who => isThere((await call(s.nodes[0], "POST", "/api/presence/bulk", { ...who, body: { user_ids: ["alice"] } })).body[0])),
    there(asks(async me => isThere((await push(me, "get_presence", { user_ids: ["alice"] })).users[0]))),
  ],
  "join `user:{id}`, `watch`": [
    there(connected(async client => isThere(await client.joinReply("user:alice")))),
    there(asks(async me => isThere((await push(me, "watch", { user_ids: ["alice"] })).users[0]))),
  ],
  "its device ids": [there(async who => (await call(s.nodes[0], "GET", ALICE, who)).body.devices?.length > 0)],
  "the truth of a user who hides": [there(async who => {
    await setStatus(s.nodes[0], "alice", { status: "invisible" })
    return (await call(s.nodes[0], "GET", ALICE, who)).body.status === "invisible"
  })],
  "`PUT`, `DELETE users/{id}/status`, `DELETE …/devices/{device_id}`": [
    there(rest("PUT", `${ALICE}/status`, { status: "away" })), there(rest("DELETE", `${ALICE}/status`)),
    there(rest("DELETE", `${ALICE}/devices/none`))],
  "`POST heartbeat` for it": [there(async who => rest("POST", "/api/presence/heartbeat",
    { user_id: "alice", device_id: "phone", workspace_id: who.claims.workspaces?.at(-1) ?? "w1" })(who))],
  "`GET users/{id}/history`": [async who => (await call(s.nodes[0], "GET", `${ALICE}/history`, who)).body.detail === "no history is kept here"],
  "`DELETE users/{id}`": [async who => {
    await heartbeat(s.nodes[0], "passer", "tv", "w1")
    return rest("DELETE", "/api/presence/users/passer")(who)
  }],
  "join `workspace:{id}`, `GET workspace/{id}/online`": [joins("workspace:w1"), rest("GET", "/api/presence/workspace/w1/online")],
  "join `channel:{workspace}:{name}`, `GET …/viewers`": [joins("channel:w1:general"), rest("GET", "/api/presence/channel/w1:general/viewers")],
  "`GET nodes`, `/metrics`, join `admin:…`": [rest("GET", "/api/presence/nodes"), rest("GET", "/metrics"), joins("admin:overview"), joins("admin:workspace:w1")],
})

const BOB = { user: "bob", claims: of("w1") }
const CAROL = { user: "carol", claims: of("w2") }

test("who is elsewhere answers as who was never there", async () => {
  await heartbeat(s.nodes[0], "dan", "tv", "w1")
  await setStatus(s.nodes[0], "dan", { status: "busy", custom_message: "secret" })
  const asking = async user => JSON.stringify(await call(s.nodes[1], "GET", `/api/presence/users/${user}`, CAROL)).replaceAll(user, "x")
  assert.equal(await asking("dan"), await asking("never"))
  const rows = (await call(s.nodes[1], "POST", "/api/presence/bulk", { ...CAROL, body: { user_ids: ["dan", "never"] } })).body
  assert.deepEqual({ ...rows[0], user_id: "x" }, { ...rows[1], user_id: "x" })
  const client = new Client(s.nodes[0], "carol", { claims: CAROL.claims })
  const dan = await client.joinReply("user:dan")
  const never = await client.joinReply("user:never")
  assert.deepEqual({ ...dan, user_id: "x" }, { ...never, user_id: "x" })
  await setStatus(s.nodes[0], "dan", { status: "away", custom_message: "secret" })
  await heartbeat(s.nodes[0], "dan", "phone", "w3")
  await setStatus(s.nodes[0], "dan", { status: "invisible" })
  assert.equal((await call(s.nodes[1], "GET", "/api/presence/users/dan", CAROL)).status, 404)
  assert.deepEqual(client.messages("status_update"), [])
  await client.leave()
})

test("colleagues see who has gone, and who hides as one who has", async () => {
  const eve = new Client(s.nodes[0], "eve", { claims: of("w1") })
  await eve.enter("w1", "web:1")
  await eve.say("set_status", { status: "invisible" })
  const bob = new Client(s.nodes[1], "bob", { claims: BOB.claims })
  const seen = await get(s.nodes[1], "/api/presence/users/eve", BOB)
  assert.equal(seen.status, "offline")
  assert.ok(seen.last_seen > 0)
  assert.deepEqual(seen.devices, [])
  assert.equal((await call(s.nodes[0], "GET", "/api/presence/users/eve", CAROL)).status, 404)
  await eve.say("set_status", { status: "online" })
  await eve.leave()
  await eventually(async () => assert.equal((await get(s.nodes[1], "/api/presence/users/eve", BOB)).status, "offline"))
  assert.ok((await get(s.nodes[1], "/api/presence/users/eve", BOB)).last_seen > 0)
  assert.equal((await call(s.nodes[0], "GET", "/api/presence/users/eve", CAROL)).status, 404)
  await bob.leave()
})

test("two watchers of two tenants on one node: who moves leaves one and comes to the other", async () => {
  for (const node of s.nodes) {
    const bob = new Client(node, "bob", { claims: of("w1") })
    const carol = new Client(node, "carol", { claims: of("w2") })
    const root = new Client(node, "watcher", {})
    for (const each of [bob, carol, root]) {
      await each.join("user:fred")
      await each.enter(each === carol ? "w2" : "w1", "web:1")
      await each.say("watch", { user_ids: ["fred"] })
    }
    const last = (client, event) => client.messages(event).filter(each => each.user_id === "fred").at(-1)
    const shows = async (client, status) => {
      await eventually(() => assert.equal(last(client, "status_update")?.status, status, client.user))
      await eventually(() => assert.equal(last(client, "presence_update")?.status, status, client.user))
    }
    const fred = new Client(s.nodes[0], "fred", { claims: of("w1", "w2") })
    await fred.enter("w1", "web:1")
    await shows(bob, "online")
    await shows(root, "online")
    assert.equal(last(carol, "status_update"), undefined)
    const before = root.messages("status_update").length
    await fred.me.leave()
    await fred.enter("w2", "web:1")
    await shows(carol, "online")
    await shows(bob, "offline")
    assert.equal(last(bob, "status_update").last_seen, null)
    await fred.say("set_status", { status: "busy", custom_message: "for w2" })
    await shows(carol, "busy")
    await shows(root, "busy")
    // In both: each sees it again.
    await heartbeat(s.nodes[1], "fred", "phone", "w1")
    await shows(bob, "busy")
    for (const client of [bob, carol]) {
      const revisions = client.messages("status_update").filter(each => each.user_id === "fred")
      for (const [i, each] of revisions.entries()) {
        if (i > 0) assert.equal(String(each.previous), String(revisions[i - 1].revision))
        assert.ok(i === 0 || each.revision > revisions[i - 1].revision, JSON.stringify(revisions))
      }
    }
    assert.ok(root.messages("status_update").length >= before + 1)
    assert.ok(!bob.messages("status_update").some(each => each.custom_message === "for w2" && each.status === "offline"))
    await fred.leave()
    await call(s.nodes[0], "DELETE", "/api/presence/users/fred", { user: "root", claims: { scope: "admin" } })
    for (const each of [bob, carol, root]) await each.leave()
  }
})

test("a service acts for users of its own workspaces only", async () => {
  const beat = (user, workspace, claims) => call(s.nodes[0], "POST", "/api/presence/heartbeat",
    { user: "bot", claims: { scope: "service", ...claims }, body: { user_id: user, device_id: "tv", workspace_id: workspace } })
  assert.equal((await beat("gina", "w1", of("w1"))).status, 404)
  await heartbeat(s.nodes[0], "gina", "tv", "w1")
  assert.equal((await beat("gina", "w1", of("w1"))).status, 204)
  assert.equal((await beat("gina", "w2", of("w1"))).status, 403)
  assert.equal((await beat("gina", "w2", of("w1", "w2"))).status, 204)
  assert.equal((await beat("gina", "w3", of("w3"))).status, 404)
  assert.equal((await beat("gina", undefined, of("w3"))).status, 404)
  assert.equal((await beat("never", "w3", of("w3"))).status, 404)
})

test("who may not change a user does not spend its changes either", async () => {
  const strange = (method, path, body) => call(s.nodes[0], method, path,
    { user: "bot", claims: { scope: "service", ...of("w2") }, body })
  await heartbeat(s.nodes[0], "hugo", "tv", "w1")
  for (let i = 0; i < 40; ++i) {
    assert.equal((await strange("PUT", "/api/presence/users/hugo/status", { status: "busy" })).status, 404)
    assert.equal((await strange("POST", "/api/presence/heartbeat", { user_id: "hugo", device_id: "tv", workspace_id: "w2" })).status, 404)
  }
  await setStatus(s.nodes[0], "hugo", { status: "away" })
  assert.equal((await heartbeat(s.nodes[0], "hugo", "tv", "w4")).status, 204)
})

test("who hides and is lost is seen where it was, and nowhere else", async () => {
  const eve = new Client(s.nodes[0], "ines", { claims: of("w1", "w3") })
  await eve.enter("w1", "web:1")
  await eve.say("set_status", { status: "invisible" })
  const bob = new Client(s.nodes[1], "bob", { claims: of("w1") })
  const other = new Client(s.nodes[1], "other", { claims: of("w3") })
  const truth = { user: "chief", claims: { scope: "admin", ...of("w3") } }
  await bob.join("user:ines")
  await other.join("user:ines")
  await eve.me.leave()
  await eve.enter("w3", "web:2")
  const where = async () => [(await call(s.nodes[0], "GET", "/api/presence/users/ines", BOB)).status,
    (await call(s.nodes[0], "GET", "/api/presence/users/ines", { user: "x", claims: of("w3") })).status]
  assert.deepEqual(await where(), [200, 404])
  // Operators see where it is; those of where it was see it as others do.
  assert.equal((await get(s.nodes[0], "/api/presence/users/ines", truth)).status, "invisible")
  await s.redis.command("DEL", "presence:user:ines")
  await eventually(async () => assert.deepEqual(await where(), [200, 404]), 5000)
  assert.deepEqual([...bob.messages("status_update"), ...other.messages("status_update")], [])
  for (const each of [eve, bob, other]) await each.leave()
})

test("who is erased is gone at once", async () => {
  await heartbeat(s.nodes[0], "jack", "tv", "w1")
  const bob = new Client(s.nodes[1], "bob", { claims: of("w1") })
  await bob.join("user:jack")
  await call(s.nodes[0], "DELETE", "/api/presence/users/jack/devices", { user: "jack" })
  await bob.next("status_update", each => each.user_id === "jack" && each.status === "offline")
  await call(s.nodes[0], "DELETE", "/api/presence/users/jack", { user: "root", claims: { scope: "admin" } })
  const last = await bob.next("status_update", each => each.user_id === "jack" && each.last_seen === null)
  assert.ok(last.revision > 0)
  await bob.leave()
})

test("channels of a token without a list are those that its workspaces begin", async () => {
  const enters = (claims, channel) => connected(async client => { await client.join(`channel:${channel}`); return true })({ user: "ida", claims })
  assert.equal(await enters(of("w1"), "w1:a"), true)
  assert.equal(await enters(of("w1"), "w2:a"), false)
  assert.equal(await enters(of("w1"), "w1"), false)
  assert.equal(await enters(of("w1"), "general"), false)
  assert.equal(await enters(of("w1"), "w1:a:b"), false)
  assert.equal(await enters(of("w1:a"), "w1:a:b"), true)
  assert.equal(await enters({ ...of("w1"), channels: ["general"] }, "general"), true)
  assert.equal(await enters({ ...of("w1"), channels: ["general"] }, "w1:a"), false)
  assert.equal(await enters({}, "general"), true)
})

test("a new token on a socket cannot be of other workspaces", async () => {
  const bob = new Client(s.nodes[0], "bob", { claims: of("w1") })
  const channel = await bob.join("user:dan")
  await assert.rejects(push(channel, "access_token", { access_token: token("bob", of("w2")) }), /workspaces/)
  await push(channel, "access_token", { access_token: token("bob", of("w1")) })
  await bob.leave()
})

test("tokens without workspaces see everybody, but no devices", async () => {
  await heartbeat(s.nodes[0], "alice", "tv", "w1")
  const seen = await get(s.nodes[0], ALICE, { user: "zoe" })
  assert.deepEqual(seen.devices, [])
  assert.equal((await get(s.nodes[0], ALICE, { user: "alice" })).devices.length > 0, true)
})
