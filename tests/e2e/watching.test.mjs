// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A watch list: what is there first, then each change once, at a cost of what is watched.
import assert from "node:assert/strict"
import { Client } from "./client.mjs"
import { eventually } from "./cluster.mjs"
import { heartbeat, fixture, setStatus, test } from "./fixture.mjs"

const s = fixture()
const MOST = 10_000

async function watcher(node, name, users) {
  const client = new Client(node, name, { options: { timeout: 20_000 } })
  await client.enter("watchers")
  return { client, rows: users ? (await client.say("watch", { user_ids: users })).users : [] }
}

const updates = (client, user) => client.messages("presence_update").filter(update => update.user_id === user)
const subscribers = async user => (await s.redis.command("PUBSUB", "SHARDNUMSUB", `presence:events:user:${user}`))[1]

test("10,000 users: a row for each in the order asked, then each change once", async () => {
  const ids = Array.from({ length: MOST }, (_, i) => `u${i}`)
  await heartbeat(s.nodes[1], "u7", "bot:1", "roster")
  await setStatus(s.nodes[1], "u7", { status: "busy", custom_message: "Here" })
  const { client } = await watcher(s.nodes[0], "boss")
  const rows = []
  // A message has 64 KiB at most.
  for (let i = 0; i < MOST; i += 2500) {
    rows.push(...(await client.say("watch", { user_ids: ids.slice(i, i + 2500) })).users)
  }
  assert.deepEqual(rows.map(row => row.user_id), ids)
  assert.deepEqual([rows[7].status, rows[7].custom_message], ["busy", "Here"])
  assert.equal(rows[8].status, "offline")
  for (const row of [rows[7], rows[8]]) {
    assert.deepEqual(Object.keys(row).sort(),
      ["custom_message", "emoji", "expires_at", "kinds", "last_seen", "revision", "status", "updated_at", "user_id"])
  }

  for (const user of ["u0", "u7", "u9999"]) await heartbeat(s.nodes[1], user, "bot:1", "roster")
  await setStatus(s.nodes[1], "u7", { status: "away" })
  await setStatus(s.nodes[1], "u9999", { status: "busy" })
  await client.next("presence_update", update => update.user_id === "u9999" && update.status === "busy", 5000)
  const told = client.messages("presence_update").map(update => `${update.user_id} ${update.status}`)
  assert.deepEqual(told, ["u0 online", "u9999 online", "u7 away", "u9999 busy"])
  // Each fits on the one before, the first one on the row.
  for (const index of [0, 7, 9999]) {
    let held = rows[index].revision
    for (const update of updates(client, `u${index}`)) {
      assert.equal(update.previous, held)
      held = update.revision
    }
  }
  await assert.rejects(client.say("watch", { user_ids: ["one-too-many"] }), /too many/)
})

test("watching twice does not double what comes, and unwatching ends it", async () => {
  const { client } = await watcher(s.nodes[0], "twice", ["ann", "ann", "fence"])
  const { users } = await client.say("watch", { user_ids: ["ann"] })
  assert.equal(users.length, 1)
  await heartbeat(s.nodes[1], "ann", "bot:1", "twice")
  await heartbeat(s.nodes[1], "fence", "bot:1", "twice")
  await client.next("presence_update", update => update.user_id === "fence")
  assert.equal(updates(client, "ann").length, 1)
  await client.say("unwatch", { user_ids: ["ann"] })
  await setStatus(s.nodes[1], "ann", { status: "busy" })
  await setStatus(s.nodes[1], "fence", { status: "busy" })
  await client.next("presence_update", update => update.user_id === "fence" && update.status === "busy")
  assert.equal(updates(client, "ann").length, 1)
})

test("a change between the row and the first message is neither lost nor told twice", async () => {
  await heartbeat(s.nodes[1], "busy-bee", "bot:1", "bees")
  let count = 0
  let isOver = false
  const storm = (async () => {
    while (!isOver) await setStatus(s.nodes[1], "busy-bee", { status: "busy", custom_message: String(++count) })
  })()
  for (let i = 0; i < 20; ++i) {
    const { client, rows: [row] } = await watcher(s.nodes[i % 2], `bee-${i}`, ["busy-bee"])
    const from = count
    await client.next("presence_update", update => Number(update.custom_message) > from, 5000)
    let held = row.revision
    let text = Number(row.custom_message)
    for (const update of updates(client, "busy-bee")) {
      assert.equal(update.previous, held)
      assert.ok(Number(update.custom_message) > text, `${update.custom_message} after ${text}`)
      held = update.revision
      text = Number(update.custom_message)
    }
    await client.leave()
  }
  isOver = true
  await storm
})

test("a change of a user whom nobody watches reaches no node", async () => {
  const { client } = await watcher(s.nodes[0], "frugal", ["seen"])
  assert.equal(await subscribers("seen"), 1)
  assert.equal(await subscribers("unseen"), 0)
  assert.equal(await s.redis.command("PUBSUB", "NUMPAT"), 0)
  const channels = await s.redis.command("PUBSUB", "CHANNELS", "*")
  for (const common of ["presence:updates", "presence:status", "presence:typing"]) {
    assert.ok(!channels.includes(common), `a node listens to ${common}`)
  }
  await client.say("unwatch", { user_ids: ["seen"] })
  // A topic stays for some seconds after its last receiver has left.
  await eventually(async () => assert.equal(await subscribers("seen"), 0), 10_000)
  await client.say("watch", { user_ids: ["seen"] })
  await eventually(async () => assert.equal(await subscribers("seen"), 1))
  await client.leave()
  // A topic stays for some seconds after its last receiver has left.
  await eventually(async () => assert.equal(await subscribers("seen"), 0), 10_000)
})
