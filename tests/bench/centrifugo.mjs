// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Processor time of the server and of its Redis for a join, a leave and an idle connection: ours beside
// Centrifugo with its Redis engine, presence and join/leave messages. The same clients do the same thing,
// in turns: they connect with a token, 64 at a time, are in a workspace (a channel) of ten, hear who else comes
// and goes there, and are alive while they are idle. Ours are known as users besides, on all workspaces and
// devices: each joins `presence:` and `workspace:`.
//
//   go install github.com/centrifugal/centrifugo/v6@v6.9.1
//   PRESENCED=build/release/server/app/presenced node tests/bench/centrifugo.mjs [connections (3000)]
//
// CENTRIFUGO names the program where it is not in ~/go/bin.
import { spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { Cluster, token } from "../e2e/cluster.mjs"

const WebSocket = createRequire(new URL("../e2e/", import.meta.url))("ws")
const COUNT = Number(process.argv[2] ?? 3000)
const ROUNDS = 3
const WIDTH = 64
/** Whole periods of both: ours refreshes each 15 s, Centrifugo each 27 s. */
const IDLE = Number(process.env.IDLE ?? 135)
const SECRET = "the-secret-of-a-benchmark-32-bytes"

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** µs of processor time of all threads of a process. */
function used(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]), 0) / 1000
}

function tokenFor(user) {
  const encode = part => Buffer.from(JSON.stringify(part)).toString("base64url")
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: user, exp: Math.floor(Date.now() / 1000) + 3600 })}`
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`
}

/** Opens a socket, says each of `messages` once the one before is answered, and resolves when `isIn`. */
function enter(url, messages, isIn, pong) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const left = [...messages]
    socket.on("error", reject)
    const next = () => left.length > 0 && socket.send(left.shift())
    if (messages.length > 0) socket.on("open", next)
    socket.on("message", data => {
      const text = data.toString()
      if (pong && text === "{}") return socket.send("{}")
      if (/"error":|"status":"error"/.test(text)) return reject(new Error(text))
      if (isIn(text)) resolve(socket)
      else if (/"connect":|"1","presence:/.test(text)) next()
    })
  })
}

/** As phoenix.js does. Centrifugo's server asks instead. */
function keepAlive(socket) {
  let ref = 2
  const timer = setInterval(() => socket.send(JSON.stringify([null, String(++ref), "phoenix", "heartbeat", {}])), 30_000)
  socket.on("close", () => clearInterval(timer))
  return socket
}

const ours = {
  name: "presenced",
  async start() {
    this.cluster = new Cluster({})
    await this.cluster.startRedis()
    this.redisPid = this.cluster.redisPid
    this.node = await this.cluster.startDaemon({ PRESENCE_SHARDS: "1", LIMIT_ADDRESS_CONNECTIONS: "0",
      LIMIT_ADDRESS_JOINS: "0", LIMIT_ADDRESS_ACCEPTS: "0", LIMIT_ADDRESS_MESSAGES: "0", LIMIT_ADDRESS_REQUESTS: "0",
      LIMIT_ADDRESS_SNAPSHOTS: "0", LIMIT_ADDRESS_ROWS: "0", LIMIT_ADDRESS_ACTIVITY: "0", OFFLINE_GRACE: "5" })
    this.pid = this.node.pid
  },
  enter(user, space) {
    const url = `${this.node.socketUrl}/websocket?vsn=2.0.0&token=${token(user)}`
    const payload = { device_id: "web", workspace_id: space }
    const isHere = text => text.includes('"presence_state"') && text.includes(`"workspace:${space}"`)
    return enter(url, [JSON.stringify(["1", "1", `presence:${user}`, "phx_join", payload]),
      JSON.stringify(["2", "2", `workspace:${space}`, "phx_join", {}])], isHere).then(keepAlive)
  },
  async stop() { await this.cluster.stop() },
}

const centrifugo = {
  name: "Centrifugo",
  async start() {
    this.cluster = new Cluster({})
    await this.cluster.startRedis()
    this.redisPid = this.cluster.redisPid
    this.folder = mkdtempSync(join(tmpdir(), "centrifugo-"))
    const port = await freePort()
    writeFileSync(join(this.folder, "config.json"), JSON.stringify({
      client: { token: { hmac_secret_key: SECRET } },
      engine: { type: "redis", redis: { address: `unix://${this.cluster.socket}` } },
      channel: { without_namespace: { presence: true, join_leave: true, force_push_join_leave: true, allow_subscribe_for_client: true } },
      http_server: { address: "127.0.0.1", port }, log: { level: "error" },
    }))
    this.process = spawn(process.env.CENTRIFUGO ?? join(homedir(), "go/bin/centrifugo"), ["--config", join(this.folder, "config.json")],
      { stdio: "inherit", env: { ...process.env, GOMAXPROCS: "1" } })
    this.pid = this.process.pid
    this.url = `ws://127.0.0.1:${port}/connection/websocket`
    await sleep(3000)
  },
  enter(user, space) {
    return enter(this.url, [JSON.stringify({ id: 1, connect: { token: tokenFor(user) } }),
      JSON.stringify({ id: 2, subscribe: { channel: space } })], text => text.includes('"id":2'), true)
  },
  async stop() {
    this.process.kill()
    await this.cluster.stop()
    rmSync(this.folder, { recursive: true })
  },
}

/** Runs `what` and says what server and Redis used for one of `units`. */
async function cost(side, units, what) {
  const [server, redis] = [used(side.pid), used(side.redisPid)]
  const result = await what()
  return { result, server: (used(side.pid) - server) / units, redis: (used(side.redisPid) - redis) / units }
}

async function enterAll(side, round) {
  const sockets = []
  for (let i = 0; i < COUNT; i += WIDTH)
    sockets.push(...await Promise.all(Array.from({ length: Math.min(WIDTH, COUNT - i) },
      (_, j) => side.enter(`u${round}-${i + j}`, `w${round}-${Math.floor((i + j) / 10)}`))))
  return sockets
}

const figures = {}
const note = (what, side, { server, redis }) => ((figures[what] ??= {})[side.name] ??= []).push({ server, redis })
const sides = [ours, centrifugo]
const median = list => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]

try {
  for (const side of sides) await side.start()
  for (let round = 0; round < ROUNDS; ++round) {
    const open = new Map()
    for (const side of sides) {
      const joins = await cost(side, COUNT, () => enterAll(side, round))
      note("a join", side, joins)
      open.set(side, joins.result)
    }
    if (round === ROUNDS - 1) {
      await sleep(5000)
      const before = sides.map(side => [used(side.pid), used(side.redisPid)])
      await sleep(IDLE * 1000)
      sides.forEach((side, i) => note("a second of an idle connection", side, {
        server: (used(side.pid) - before[i][0]) / IDLE / COUNT, redis: (used(side.redisPid) - before[i][1]) / IDLE / COUNT }))
    }
    for (const side of sides) {
      note("a leave", side, await cost(side, COUNT, async () => {
        for (const socket of open.get(side)) socket.close()
        await sleep(12_000) // ours: after OFFLINE_GRACE
      }))
    }
  }
  console.log("| µs of processor time | " + sides.flatMap(side => [side.name, `its Redis`]).join(" | ") + " | ours : Centrifugo, both together |")
  console.log("|---|---|---|---|---|---|")
  for (const [what, bySide] of Object.entries(figures)) {
    const cells = sides.flatMap(side => ["server", "redis"].map(part => median(bySide[side.name].map(figure => figure[part]))))
    console.log(`| ${what} | ${cells.map(value => value.toFixed(value < 10 ? 2 : 0)).join(" | ")} | 1 : ${((cells[2] + cells[3]) / (cells[0] + cells[1])).toFixed(1)} |`)
  }
} finally {
  for (const side of sides) await side.stop().catch(() => {})
}
