// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A user whose devices are all idle is seen as away, unless it chose a status itself.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { call, get, fixture, test } from "./fixture.mjs"
import { stage } from "./witness.mjs"

const s = fixture({ environment: { OFFLINE_GRACE: "1" } })
const seenAs = status => ["roster ~", `user ${status}`, `watch ${status}`, `workspace ${status}`]

async function device(node, user, { workspace }, name, params = {}) {
  const client = new Client(node, user)
  await client.enter(workspace, name, params)
  return client
}

test("away when the last device is idle, online when the first is active again", async () => {
  const set = await stage("idle", ["idle"], s.nodes)
  const laptop = await device(s.nodes[0], "idle", set, "laptop")
  const phone = await device(s.nodes[1], "idle", set, "phone")
  await laptop.say("set_status", { status: "online", custom_message: "At my desk", emoji: "🪑" })
  await set.hear("idle", ["roster +", "user online", "user online"])
  await set.fence.pass()
  set.begin()
  await laptop.say("device_state", { state: "idle" })
  await set.fence.pass()
  set.expect("idle", [])
  await phone.say("device_state", { state: "idle" })
  await set.fence.pass()
  set.expect("idle", seenAs("away"))
  const away = await get(s.nodes[1], "/api/presence/users/idle")
  assert.deepEqual([away.status, away.custom_message, away.emoji], ["away", "At my desk", "🪑"])
  await laptop.next("presence_state", state => state.status === "away")
  set.begin()
  await phone.say("device_state", { state: "idle" })
  await set.fence.pass()
  set.expect("idle", [])
  await laptop.say("device_state", { state: "active" })
  await set.fence.pass()
  set.expect("idle", seenAs("online"))
})

test("away when the active device goes, and only after the grace", async () => {
  const set = await stage("left", ["left"], s.nodes)
  const laptop = await device(s.nodes[0], "left", set, "laptop")
  await device(s.nodes[1], "left", set, "phone", { state: "idle" })
  await set.hear("left", ["roster +", "user online"])
  await set.fence.pass()
  set.begin()
  await laptop.leave()
  await set.fence.pass()
  set.expect("left", [])
  await set.fence.outlast()
  set.expect("left", seenAs("away"))
})

test("a device may say by REST that it is idle, and stays so", async () => {
  const set = await stage("calm", ["calm"], s.nodes)
  const beat = (node, state) => call(node, "POST", "/api/presence/heartbeat",
    { user: "calm", body: { device_id: "script", workspace_id: set.workspace, ...state } })
  assert.equal((await beat(s.nodes[0], { state: "idle" })).status, 204)
  await set.hear("calm", ["roster +", "user away"])
  assert.equal((await beat(s.nodes[1])).status, 204)
  await set.fence.pass()
  assert.equal((await get(s.nodes[1], "/api/presence/users/calm")).status, "away")
  set.begin()
  assert.equal((await beat(s.nodes[1], { state: "active" })).status, 204)
  await set.fence.pass()
  set.expect("calm", seenAs("online"))
  const wrong = await beat(s.nodes[1], { state: "asleep" })
  assert.deepEqual([wrong.status, wrong.body.field], [422, "state"])
})

test("a device may say with its join that it is idle", async () => {
  const set = await stage("join", ["join"], s.nodes)
  await device(s.nodes[0], "join", set, "tv", { state: "idle" })
  await set.fence.pass()
  set.expect("join", ["roster +", "user away", "watch away", "workspace away"])
  set.begin()
  await device(s.nodes[1], "join", set, "laptop")
  await set.fence.pass()
  set.expect("join", seenAs("online"))
})

test("a device that reconnects is as idle as it was, unless its join says otherwise", async () => {
  const set = await stage("again", ["again"], s.nodes)
  const first = await device(s.nodes[0], "again", set, "laptop")
  await first.say("device_state", { state: "idle" })
  await set.hear("again", ["user online", "user away"])
  await set.fence.pass()
  set.begin()
  await first.leave()
  const second = await device(s.nodes[1], "again", set, "laptop")
  await set.fence.outlast()
  set.expect("again", [])
  await second.leave()
  await device(s.nodes[0], "again", set, "laptop", { state: "active" })
  await set.fence.outlast()
  set.expect("again", seenAs("online"))
})

test("a chosen status is not touched", async () => {
  const set = await stage("chosen", ["chosen"], s.nodes)
  const client = await device(s.nodes[0], "chosen", set, "laptop")
  await client.say("set_status", { status: "busy" })
  await set.hear("chosen", ["user online", "user busy"])
  await set.fence.pass()
  set.begin()
  await client.say("device_state", { state: "idle" })
  await client.say("device_state", { state: "active" })
  await set.fence.pass()
  set.expect("chosen", [])
  await client.say("device_state", { state: "idle" })
  await client.say("set_status", { status: "online" })
  await eventually(async () => assert.equal((await get(s.nodes[1], "/api/presence/users/chosen")).status, "away"))
})

test("a state that there is not is refused", async () => {
  const client = await device(s.nodes[0], "wrong", { workspace: "wrong" }, "laptop")
  await assert.rejects(client.say("device_state", { state: "asleep" }), /idle/)
  await assert.rejects(client.say("device_state", {}), /idle/)
  await assert.rejects(new Client(s.nodes[0], "wrong").enter("wrong", "tv", { state: "asleep" }), /idle/)
})

test("a device that was idle is so a day later, until it says something else", async () => {
  const user = "sleeper"
  const seen = async () => (await get(s.nodes[1], `/api/presence/users/${user}`)).status
  const beat = async body => assert.equal((await call(s.nodes[0], "POST", "/api/presence/heartbeat",
    { user, body: { device_id: "tv", ...body } })).status, 204)
  const client = new Client(s.nodes[0], user)
  await client.enter("lounge", "screen", { state: "idle" })
  assert.equal(await seen(), "away")
  await client.leave()
  await eventually(async () => assert.equal(await seen(), "offline"))
  const again = new Client(s.nodes[1], user)
  await again.enter("lounge", "screen")
  assert.equal(await seen(), "away")
  await again.say("device_state", { state: "active" })
  await again.leave()
  await eventually(async () => assert.equal(await seen(), "offline"))
  const third = new Client(s.nodes[1], user)
  await third.enter("lounge", "screen")
  assert.equal(await seen(), "online")
  await third.leave()
  await eventually(async () => assert.equal(await seen(), "offline"))
  // The same of one that calls by REST.
  await beat({ state: "idle" })
  await beat({})
  assert.equal(await seen(), "away")
  await beat({ state: "active" })
  assert.equal(await seen(), "online")
})
