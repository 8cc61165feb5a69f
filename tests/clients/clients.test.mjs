// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Phoenix clients that others have made, as they are, against the daemon. run.sh fetches them.
import * as supabase from "@supabase/phoenix"
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import phoenix14 from "phoenix-1.4"
import { Client } from "../e2e/client.mjs"
import { eventually, token } from "../e2e/cluster.mjs"
import { fixture, get, test } from "../e2e/fixture.mjs"

const environment = { HEARTBEAT_INTERVAL: "1000", PRESENCE_TTL: "10", OFFLINE_GRACE: "2", SIGN_OFF_HOLD: "0" }
const s = fixture({ nodes: 2, environment })
const at = (...path) => join(process.env.CLIENTS, ...path)
const here = name => new URL(name, import.meta.url).pathname

const PROGRAMS = {
  phxsocket: [at("python/bin/python"), here("phxsocket_client.py")],
  "phoenix-channels-python-client V2": [at("python/bin/python"), here("channels_client.py"), "V2"],
  "phoenix-channels-python-client V1": [at("python/bin/python"), here("channels_client.py"), "V1"],
  JavaPhoenixClient: ["java", "-cp", `${at("java")}:${at("java/lib/*")}`, "Client"],
  phoenix_channels_client: [at("rust/debug/client")],
}

for (const [name, [program, ...args]] of Object.entries(PROGRAMS)) {
  test(`${name} joins, says what it does, and leaves`, async () => {
    const user = name.replace(/\W/g, "-")
    const version = args.length > 1 && /^V\d$/.test(args.at(-1)) ? [args.pop()] : []
    const child = spawn(program, [...args, `${s.nodes[0].socketUrl}/websocket`, token(user), user, ...version])
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", data => { output += data })
    const status = async () => (await get(s.nodes[1], `/api/presence/users/${user}`)).status
    try {
      // The Python client of a name so long says nothing itself.
      const expected = version.length > 0 ? "online" : "busy"
      await eventually(async () => assert.equal(await status(), expected, output), 15_000)
      if (version.length === 0) await eventually(() => assert.match(output, /reply ok/), 15_000)
      if (name !== "phoenix_channels_client") await eventually(() => assert.match(output, /state (online|busy)/), 15_000)
      child.stdin.end()
      await eventually(async () => assert.equal(await status(), "offline"), 15_000)
    } finally {
      child.kill("SIGKILL")
    }
  }, { skip: program.startsWith("/") && !existsSync(program) })
}

for (const [name, library] of [["phoenix 1.4", phoenix14], ["@supabase/phoenix", supabase]]) {
  test(`${name} comes back when its node is started anew`, async () => {
    const user = name.replace(/\W/g, "-")
    const node = await s.cluster.startDaemon({ ...environment, NODE_NAME: user })
    const client = new Client(node, user, { library })
    const joins = []
    const presence = await client.follow("workspace:clients")
    await client.enter("clients", "web:1", { channels: ["room"] })
    client.me.joinPush.receive("ok", () => joins.push(Date.now()))
    await client.say("set_status", { status: "busy" })
    await eventually(() => assert.ok(presence.list(id => id).includes(user)))
    await node.stop()
    await s.cluster.startDaemon({ ...environment, NODE_NAME: user }, node.port)
    await eventually(() => assert.ok(joins.length >= 1), 10_000)
    assert.equal((await get(s.nodes[1], `/api/presence/users/${user}`)).status, "busy")
    assert.deepEqual((await get(s.nodes[1], "/api/presence/channel/room/viewers")).users, [user])
    await client.leave()
    await eventually(async () => assert.equal((await get(s.nodes[1], `/api/presence/users/${user}`)).status, "offline"), 10_000)
  })
}
