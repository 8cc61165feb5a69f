// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a load costs, and what a Presence of the phoenix package makes of a change.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { fixture, test } from "./fixture.mjs"
import { RoamingClient } from "./roamingclient.mjs"
import { Fence, Witness } from "./witness.mjs"

const WINDOW = 500
const s = fixture({ environment: { PRESENCE_DIFF_WINDOW: String(WINDOW) } })

/** The viewers that the client holds, from the first presence_state and each diff. */
function viewers({ inbox }) {
  const held = new Set()
  for (const { topic, event, payload } of inbox) {
    if (!topic.startsWith("channel:")) continue
    if (event === "presence_state") Object.keys(payload).forEach(user => held.add(user))
    if (event !== "presence_diff") continue
    Object.keys(payload.joins).forEach(user => held.add(user))
    Object.keys(payload.leaves).filter(user => !(user in payload.joins)).forEach(user => held.delete(user))
  }
  return held
}

/**
 * `count` members enter a channel and leave it; answers how many messages the one that received
 * most has received, and how many windows it took.
 */
async function enterAndLeave(name, count, params) {
  const channel = `${name}-${count}`
  const members = Array.from({ length: count }, (_, i) => {
    const user = `${channel}-${i}`
    return new RoamingClient(user, [RoamingClient.device(user, channel), [`channel:${channel}`, params]])
  })
  await RoamingClient.each(members, member => member.connect(s.nodes[members.indexOf(member) % 2]))
  const began = Date.now()
  const holds = number => eventually(() => assert.ok(members.every(member => viewers(member).size === number)), 15_000)
  await RoamingClient.each(members, member => member.say("join_channel", { channel_id: channel }), count)
  await holds(count)
  await RoamingClient.each(members, member => member.say("leave_channel", { channel_id: channel }), count)
  await holds(0)
  const windows = (Date.now() - began) / WINDOW
  const received = members.map(({ inbox }) => inbox.filter(m => m.topic === `channel:${channel}`).length)
  await RoamingClient.each(members, member => member.leave())
  return { most: Math.max(...received), windows, members }
}

test("members that enter and leave cost each of the others a message a window, with presence: diff", async t => {
  for (const count of [50, 200]) {
    const { most, windows, members } = await enterAndLeave("few", count, { presence: "diff" })
    t.diagnostic(`${count} members: ${most} messages each in ${windows.toFixed(1)} windows`)
    // The reply, the lists, and a diff a window, however many members there are. The last window may
    // be over a moment before its time by the clock here.
    assert.ok(most <= 3 + Math.ceil(windows), `${count} members: ${most} messages in ${windows} windows`)
    assert.ok(most < count / 2, `${count} members: ${most} messages`)
    for (const { inbox } of members) {
      assert.deepEqual(inbox.filter(m => !m.topic.startsWith("presence:")
        && !["presence_state", "typing_state", "presence_diff"].includes(m.event)), [])
    }
  }
})

test("members that enter and leave are told of one by one by default, once each", async t => {
  const { most, members } = await enterAndLeave("many", 50, {})
  t.diagnostic(`50 members: ${most} messages each`)
  for (const { inbox } of members) {
    const told = inbox.filter(m => m.event === "presence").map(m => `${m.payload.user_id} ${m.payload.action}`)
    assert.equal(new Set(told).size, told.length, "told twice")
    const diffs = inbox.filter(m => m.event === "presence_diff").map(m => m.payload)
    const shown = diffs.flatMap(({ joins, leaves }) => [
      ...Object.keys(joins).map(user => `${user} join`), ...Object.keys(leaves).map(user => `${user} leave`)])
    assert.deepEqual(told.sort(), shown.sort())
  }
})

test("with presence: diff a workspace sends no presence_update", async () => {
  const client = new Client(s.nodes[0], "frugal")
  await client.join("workspace:frugal", { presence: "diff" })
  const alice = new Client(s.nodes[1], "frugal-alice")
  await alice.enter("frugal")
  await client.next("presence_diff", m => "frugal-alice" in m.joins, 2000)
  // A companion would come with its diff; the next one shows that it did not.
  await alice.say("set_status", { status: "busy" })
  await client.next("presence_diff", m => m.joins["frugal-alice"]?.metas[0].status === "busy", 2000)
  assert.deepEqual(client.messages("presence_update"), [])
})

test("a change of status is to a Presence a new meta for the old one, neither a first join nor a last leave", async () => {
  const client = new Client(s.nodes[0], "counter")
  const calls = []
  const presence = await client.follow("workspace:meta")
  presence.onJoin((user, before, now) => calls.push(["join", user, before?.metas.length ?? null, now.metas.length]))
  presence.onLeave((user, after, left) => calls.push(["leave", user, after.metas.length, left.metas.length]))
  const alice = new Client(s.nodes[1], "meta-alice")
  await alice.enter("meta")
  await eventually(() => assert.deepEqual(calls, [["join", "meta-alice", null, 1]]))
  const [first] = presence.state["meta-alice"].metas

  calls.length = 0
  await alice.say("set_status", { status: "busy", custom_message: "Deep work" })
  await eventually(() => assert.equal(presence.state["meta-alice"].metas[0].status, "busy"))
  // What phoenix.js makes of the same user among joins and leaves: it was there before, and still is.
  assert.deepEqual(calls, [["join", "meta-alice", 1, 1], ["leave", "meta-alice", 1, 1]])
  const [second] = presence.state["meta-alice"].metas
  assert.equal(presence.state["meta-alice"].metas.length, 1)
  assert.equal(second.phx_ref_prev, first.phx_ref)
  assert.notEqual(second.phx_ref, first.phx_ref)
  assert.equal(second.online_at, first.online_at)

  calls.length = 0
  await alice.leave()
  await eventually(() => assert.deepEqual(calls, [["leave", "meta-alice", 0, 1]]))
})

test("a second device, and one that goes, are no change to a Presence", async () => {
  const place = { workspace: "second", channel: "second" }
  const witness = await Witness.at(s.nodes[0], "second-witness", { ...place, users: ["second-fence"] })
  const fence = await Fence.at(s.nodes[1], "second-fence", place, [witness])
  const tabs = [0, 1].map(i => new Client(s.nodes[i], "second-alice"))
  await tabs[0].enter("second", "web:1")
  await witness.hears("second-alice", ["roster +", "workspace online"])
  witness.begin()
  await tabs[1].enter("second", "web:2")
  await tabs[0].leave()
  await fence.pass()
  assert.deepEqual(witness.told("second-alice"), [])
})

test("who comes and goes within the window is not sent", async () => {
  const place = { workspace: "brief", channel: "brief" }
  const witness = await Witness.at(s.nodes[0], "brief-witness", { ...place, users: ["brief-fence"] })
  const fence = await Fence.at(s.nodes[1], "brief-fence", place, [witness])
  const alice = new Client(s.nodes[1], "brief-alice")
  await alice.enter("elsewhere")
  // Both may not fall into one window; one of some does.
  await eventually(async () => {
    await fence.pass()
    witness.begin()
    await Promise.all([alice.say("join_channel", { channel_id: "brief" }), alice.say("leave_channel", { channel_id: "brief" })])
    await fence.pass()
    assert.deepEqual(witness.told("brief-alice"), [])
  }, 10_000)
})
