// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Who is back within OFFLINE_GRACE was never gone: nobody hears a word.
import { describe } from "node:test"
import { fixture, test } from "./fixture.mjs"
import { RoamingClient } from "./roamingclient.mjs"
import { busybody, stage } from "./witness.mjs"

const s = fixture({
  environment: { OFFLINE_GRACE: "2", PRESENCE_TTL: "30", HEARTBEAT_INTERVAL: "1000", PRESENCE_PING_INTERVAL: "6" },
})

const LOOKS = ["channel join", "roster +", "user online", "viewers +", "watch online", "workspace online"]

/** A user online in the workspace and looking at the channel. */
async function viewer(node, user, { workspace, channel }, device = "web:1", options = {}) {
  const client = new RoamingClient(user, [RoamingClient.device(user, workspace, device)], options)
  await client.connect(node)
  await client.say("join_channel", { channel_id: channel })
  return client
}

/** Nobody hears of what `change` does with the client that `come` brought. */
async function unheard(name, change, come = viewer) {
  const set = await stage(name, [name], s.nodes)
  const client = await come(s.nodes[0], name, set)
  await set.hear(name, LOOKS)
  set.begin()
  const rest = await change(client, set)
  await set.fence.outlast()
  set.expect(name, [])
  for (const each of rest) await each.leave()
}

describe("no event at all when", { concurrency: true }, () => {
  const [one, two] = [() => s.nodes[0], () => s.nodes[1]]

  test("a page is loaded anew", () => unheard("reload", async (client, set) => {
    await client.leave()
    return [await viewer(one(), "reload", set)]
  }))

  test("a page is loaded anew ten times", () => unheard("reloads", async (client, set) => {
    for (let i = 0; i < 10; ++i) {
      await client.leave()
      client = await viewer(s.nodes[i % 2], "reloads", set)
    }
    return [client]
  }))

  test("the connection breaks and the client is back on another node", () => unheard("moves", async (client, set) => {
    await client.leave()
    return [await viewer(two(), "moves", set)]
  }))

  test("the client is back as a new device", () => unheard("renewed", async (client, set) => {
    await client.leave()
    return [await viewer(two(), "renewed", set, "web:2")]
  }))

  test("a laptop sleeps and is back on another node before its node notices", () => unheard("naps",
    async (client, set) => {
      const noticed = client.closed
      const again = await viewer(two(), "naps", set)
      await noticed
      return [again]
    }, (node, user, place) => viewer(node, user, place, "web:laptop", { autoPong: false })))

  test("a laptop sleeps and is back on another node within the grace", () => unheard("sleeps",
    async (client, set) => {
      await client.closed
      return [await viewer(two(), "sleeps", set)]
    }, (node, user, place) => viewer(node, user, place, "web:laptop", { autoPong: false })))

  test("two tabs are open and one is closed", () => unheard("tabs", async (first, set) => {
    const second = await viewer(one(), "tabs", set, "web:2")
    await first.leave()
    return [second]
  }))

  test("two tabs of the same device are open and one is closed", () => unheard("twins", async (first, set) => {
    const second = await viewer(two(), "twins", set)
    await first.leave()
    return [second]
  }))

  test("the last tab on one node closes while one opens on the other", () => unheard("swaps", async (first, set) => {
    for (let i = 1; i <= 10; ++i) {
      const [, next] = await Promise.all([first.leave(), viewer(s.nodes[i % 2], "swaps", set, `web:${i + 1}`)])
      first = next
    }
    return [first]
  }))
})

test("who types and loads its page anew stops typing, and nothing else", async () => {
  const set = await stage("typist", ["typist"], s.nodes)
  const client = await busybody(s.nodes[0], "typist", set)
  await set.hear("typist", [...LOOKS, "typing start"])
  set.begin()
  await client.leave()
  const again = await viewer(s.nodes[0], "typist", set)
  await set.fence.outlast()
  set.expect("typist", ["typing stop"])
  await again.leave()
})
