// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What operators who look cost others. A workspace of 100,000 users, one of whom changes: how long it
// takes until another one sees it while no dashboard looks, while ten load the workspace, and while
// ten look at it, by turns.
//
//   PRESENCED=build/release/server/app/presenced node tests/bench/dashboards.mjs
import { fork } from "node:child_process"
import { constants, setPriority } from "node:os"
import { fileURLToPath } from "node:url"
import { Client } from "../e2e/client.mjs"
import { Cluster } from "../e2e/cluster.mjs"

const SELF = fileURLToPath(import.meta.url)
const USERS = Number(process.env.USERS ?? 100_000)
const DASHBOARDS = Number(process.env.DASHBOARDS ?? 10)
const ROUNDS = 3
const CHANGES = 400
const WORKSPACE = "load"

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]

/** As a node that is somewhere else would have written it. */
async function fill(redis) {
  const now = Math.floor(Date.now() / 1000)
  const session = user => `${(now + 3600) * 1000} ${now}000000 a web:1 ${WORKSPACE}`
  for (let from = 0; from < USERS; from += 1000) {
    const metas = []
    const online = []
    for (let n = from; n < Math.min(from + 1000, USERS); ++n) {
      const user = `member-${n}`
      metas.push(user, `{"phx_ref":"${now}000000","status":"online","custom_message":null,"emoji":null,"online_at":${now}}`)
      online.push(String(now + 3600), user)
      await redis.command("HSET", `presence:user:${user}`, `session:0123abcd-${n}`, session(user))
    }
    await redis.command("HSET", `presence:workspace:${WORKSPACE}`, ...metas)
    await redis.command("ZADD", `presence:online:${WORKSPACE}`, ...online)
  }
  await redis.command("HSET", `presence:workspace:${WORKSPACE}`, "^sequence", "1", "^since", "1")
}

/** An operator who looks at everything: loads all pages, then gets what changes. */
class Dashboard {
  rows = 0
  constructor(node) { this.client = new Client(node, "olga", { claims: { scope: "admin" }, options: { timeout: 60_000 } }) }

  async open() {
    await this.client.join("admin:overview")
    this.channel = await this.client.join(`admin:workspace:${WORKSPACE}`)
    let after = ""
    while (after !== null) {
      const page = await new Promise((resolve, reject) => this.channel.push("get_page", { after })
        .receive("ok", resolve).receive("error", reject).receive("timeout", () => reject(new Error("timeout"))))
      this.rows += page.rows.length
      after = page.next
    }
  }

}

/** In a process of its own, behind the others: what dashboards do with rows is not measured here. */
async function lookOn(node) {
  setPriority(constants.priority.PRIORITY_LOW)
  const dashboards = Array.from({ length: DASHBOARDS }, () => new Dashboard(node))
  const begin = performance.now()
  await Promise.all(dashboards.map(dashboard => dashboard.open()))
  process.send({ rows: dashboards[0].rows, seconds: (performance.now() - begin) / 1000 })
}

/** Milliseconds from a change to its arrival, sorted. */
async function latencies(talker, listener, wanted, enough = () => false) {
  const times = []
  while (times.length < wanted && !enough()) {
    const message = `m${Math.random()}`
    const arrived = listener.heard(message)
    const begin = performance.now()
    talker.push("set_status", { status: "busy", custom_message: message })
    await arrived
    times.push(performance.now() - begin)
    await pause(25) // a client may say 50 things a second
  }
  return times.sort((a, b) => a - b)
}

function listen(channel) {
  const waiting = new Map()
  channel.on("status_update", ({ custom_message }) => waiting.get(custom_message)?.())
  return { heard: message => new Promise(resolve => waiting.set(message, () => { waiting.delete(message); resolve() })) }
}

const show = (name, times) => console.log(`| ${name} | ${times.length} | ${percentile(times, 0.5).toFixed(2)} | `
  + `${percentile(times, 0.99).toFixed(2)} | ${times.at(-1).toFixed(1)} |`)

async function measure(cluster) {
  await cluster.startRedis()
  await fill(cluster.connect())
  const node = await cluster.startDaemon({ NODE_NAME: "measured", PRESENCE_TTL: "3600" })
  const talker = new Client(node, "tom")
  const talking = await talker.join("presence:tom", { device_id: "web:1", workspace_id: WORKSPACE })
  const watcher = new Client(node, "wim")
  const listener = listen(await watcher.join("user:tom"))
  console.log("| | changes | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|")
  for (let round = 0; round < ROUNDS; ++round) {
    show("nobody looks", await latencies(talking, listener, CHANGES))
    let loaded = null
    const dashboards = fork(SELF, ["look", JSON.stringify(node)])
    dashboards.once("message", what => { loaded = what })
    show("ten load it", await latencies(talking, listener, 100_000, () => loaded))
    show("ten look at it", await latencies(talking, listener, CHANGES))
    console.log(`(${loaded.rows} rows for each in ${loaded.seconds.toFixed(1)} s)`)
    dashboards.kill("SIGKILL")
    await pause(500)
  }
  await Client.leaveAll()
}

if (process.argv[2] === "look") {
  await lookOn(JSON.parse(process.argv[3]))
} else {
  const cluster = new Cluster()
  try {
    await measure(cluster)
  } finally {
    await cluster.stop()
  }
}
