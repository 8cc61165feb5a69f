// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What an operator finds in the log: one line an event, by the names that metrics have, and which request it was.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { after, test } from "node:test"
import { Cluster, eventually, token } from "./cluster.mjs"

const cluster = new Cluster()
await cluster.startRedis()
const children = []
after(async () => {
  for (const child of children) child.kill("SIGKILL")
  await cluster.stop()
})

async function start(variables = {}) {
  const child = spawn(process.env.PRESENCED, [], {
    env: { PATH: process.env.PATH, TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? "", REDIS_URL: `unix://${cluster.socket}`,
      AUTH_JWT_SECRET: "a secret of the tests, of thirty-two bytes and more", PRESENCE_BIND: "127.0.0.1", PRESENCE_PORT: "0",
      METRICS_BIND: "none", METRICS_PUBLIC: "true", CANARY_INTERVAL: "0", REDIS_TIMEOUT: "300", LOG_FORMAT: "json", ...variables },
  })
  children.push(child)
  let [output, log] = ["", ""]
  child.stdout.on("data", data => { output += data })
  child.stderr.on("data", data => { log += data })
  let found
  await eventually(() => assert(found = output.match(/listens on (.*)\n/), log))
  return { url: `http://${found[1]}`, lines: () => log.trimEnd().split("\n"), stop: () => child.kill("SIGTERM"),
    ended: new Promise(resolve => child.once("exit", resolve)) }
}

const asUser = headers => ({ Authorization: `Bearer ${token("amy")}`, ...headers })

test("a request is found in the log by the id that it came with", async () => {
  const node = await start()
  const ask = (id, headers) => fetch(`${node.url}/api/presence/users/amy`, { headers: { ...headers, ...(id && { "X-Request-Id": id }) } })
  const answer = await ask("edge-7/abc", asUser())
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get("x-request-id"), "edge-7/abc")
  const denied = await ask("edge-7/def", { Authorization: "Bearer wrong" })
  assert.equal(denied.status, 401)
  assert.equal(denied.headers.get("x-request-id"), "edge-7/def")
  const line = await eventually(() => {
    const found = node.lines().map(line => JSON.parse(line)).find(line => line.request_id === "edge-7/def")
    assert(found)
    return found
  })
  assert.equal(line.category, "presence.audit")
  assert.equal(line.what, "GET:/api/presence/users/amy")
  assert.equal(line.level, "info")
  // What could not be logged as it is has another one, and so has who names none.
  const ids = new Set()
  for (const id of [undefined, undefined, 'a "b" c', "x".repeat(200)]) {
    const own = (await ask(id, asUser())).headers.get("x-request-id")
    assert.match(own, /^[0-9a-f]{1,16}$/)
    ids.add(own)
  }
  assert.equal(ids.size, 4)
  // One that is refused before it is understood has none.
  node.stop()
  assert.equal(await node.ended, 0)
  for (const line of node.lines()) JSON.parse(line)
})

test("a flood of failures is a line each 10 s, with their number", async () => {
  const node = await start({ LIMIT_USER_CHANGES: "0", LIMIT_USER_REQUESTS: "0" })
  process.kill(cluster.redisPid, "SIGSTOP")
  const fail = async () => {
    const answer = await fetch(`${node.url}/api/presence/users/amy/status`, { method: "PUT",
      headers: asUser({ "Content-Type": "application/json", "X-Request-Id": "slow-1" }), body: '{"status":"busy"}' })
    assert.equal(answer.status, 503)
  }
  const failures = () => node.lines().map(line => JSON.parse(line)).filter(line => line.message.startsWith("Failed "))
  let failed = 0
  try {
    await eventually(async () => {
      await Promise.all(Array.from({ length: 20 }, fail))
      failed += 20
      await new Promise(resolve => setTimeout(resolve, 200))
      assert.equal(failures().length, 2)
    }, 20_000)
  } finally {
    process.kill(cluster.redisPid, "SIGCONT")
  }
  const [first, second] = failures()
  assert.deepEqual([first.status, first.request_id, first.what], ["503", "slow-1", "PUT:/api/presence/users/amy/status"])
  assert.equal(first.count, undefined)
  assert.equal(second.message, `Failed status=503 again count=${second.count}`)
  assert(Number(second.count) >= failed - 40 && Number(second.count) < failed)
  assert.match(await (await fetch(`${node.url}/metrics`)).text(), /^presence_redis_errors_total [1-9]/m)
  node.stop()
  await node.ended
})
