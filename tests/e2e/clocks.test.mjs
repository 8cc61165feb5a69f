// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Three nodes whose clocks are five minutes apart: the time of presence is that of Redis.
import assert from "node:assert/strict"
import { eventually } from "./cluster.mjs"
import { ADMIN, get, heartbeat, fixture, setStatus, test } from "./fixture.mjs"
import { busybody, CAME, GONE, stage } from "./witness.mjs"

const s = fixture({
  nodes: 3, skews: [-300, 0, 300],
  environment: { HEARTBEAT_INTERVAL: "500", PRESENCE_TTL: "2", OFFLINE_GRACE: "1", TYPING_TTL: "1" },
})

const now = () => Date.now() / 1000
const isNow = time => assert.ok(Math.abs(time - now()) < 10, `${time} is not about ${now()}`)

test("a user is seen alike from each of them, and stays for as long as it is connected", async () => {
  const set = await stage("skew", ["skew-0", "skew-2"], s.nodes)
  const clients = [await busybody(s.nodes[0], "skew-0", set), await busybody(s.nodes[2], "skew-2", set)]
  for (const user of ["skew-0", "skew-2"]) {
    await set.hear(user, [...CAME, "typing stop"], 5000)
    const seen = await Promise.all(s.nodes.map(node => get(node, `/api/presence/users/${user}`)))
    for (const each of seen) {
      assert.equal(each.status, "online")
      isNow(each.last_seen)
      isNow(each.devices[0].timestamp)
    }
  }
  set.begin()
  // Long enough to be swept, if one of them thought so.
  await set.fence.outlast()
  await set.fence.outlast()
  set.expect("skew-0", [])
  set.expect("skew-2", [])
  for (const client of clients) await client.leave()
  const gone = GONE.filter(what => what !== "typing stop")
  for (const user of ["skew-0", "skew-2"]) await set.hear(user, gone, 6000)
  await set.fence.pass()
  for (const user of ["skew-0", "skew-2"]) {
    set.expect(user, gone)
    for (const node of s.nodes) isNow((await get(node, `/api/presence/users/${user}`)).last_seen)
  }
})

test("a status set on a node that is late ends when it is due, not before", async () => {
  for (const [i, node] of s.nodes.entries()) {
    const set = await stage(`clear-${i}`, [`clear-${i}`], s.nodes)
    await busybody(node, `clear-${i}`, set)
    await set.hear(`clear-${i}`, ["user online"])
    const answer = await setStatus(node, `clear-${i}`, { status: "busy", clear_after: 2 })
    assert.equal(answer.status, "busy")
    const due = Number(await s.redis.command("ZSCORE", "presence:status_expiry", `clear-${i}`))
    assert.ok(Math.abs(due - now() - 2) < 3, `due at ${due}, now ${now()}`)
    await set.hear(`clear-${i}`, ["user busy", "user online", "user online"], 6000)
  }
})

test("a REST device that calls on one is gone for all of them at once", async () => {
  const set = await stage("rest", ["rest-0", "rest-2"], s.nodes)
  for (const i of [0, 2]) await heartbeat(s.nodes[i], `rest-${i}`, "bot:1", set.workspace)
  for (const i of [0, 2]) await set.hear(`rest-${i}`, ["user online", "user offline"], 7000)
})

test("their registry agrees that all are alive", async () => {
  for (const node of s.nodes) {
    await eventually(async () => {
      const { nodes } = await get(node, "/api/presence/nodes", ADMIN)
      assert.deepEqual(nodes.map(each => each.name).sort(), s.nodes.map(each => each.name).sort())
      assert.ok(nodes.every(each => each.alive))
      nodes.forEach(each => isNow(each.seen_at))
    }, 3000)
  }
})
