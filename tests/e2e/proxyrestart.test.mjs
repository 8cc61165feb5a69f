// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Three nodes behind nginx and behind HAProxy, with the configurations that are shipped, are restarted one after
// the other under clients and calls: each call succeeds, if need be the second time, and nobody is seen to go.
// ROLLING_CLIENTS says how many clients, ROLLING_CALLS how many calls a second.
import assert from "node:assert/strict"
import { Agent, request } from "node:http"
import WebSocket from "ws"
import { Client } from "./client.mjs"
import { Cluster, eventually, token } from "./cluster.mjs"
import { get, test } from "./fixture.mjs"
import { missing, startProxy } from "./proxy.mjs"
import { news, stage } from "./witness.mjs"

// In --nightly 2,000 and 500.
const CLIENTS = Number(process.env.ROLLING_CLIENTS ?? 300)
const CALLS = Number(process.env.ROLLING_CALLS ?? 100)
const WATCHERS = 6
/** Users of a workspace. A watcher looks at three workspaces. */
const MEMBERS = 50
const WORKSPACES = Math.ceil(CLIENTS / MEMBERS)
/** Of clients: proxies choose a node by them. */
const ADDRESSES = 60
const SECONDS_UNTIL_BACK = 10
const DRAINING = 4502
const environment = {
  OFFLINE_GRACE: "5", DRAIN_DELAY: "1000", TRUSTED_PROXIES: "127.0.0.1", LOG_LEVEL: "error",
  // Less than the clients of a node: a proxy has to say which address they have.
  LIMIT_ADDRESS_CONNECTIONS: String(Math.ceil(CLIENTS / ADDRESSES) + WATCHERS),
}
const patience = 60_000 + CLIENTS * 40

const addressOf = i => `127.0.1.${1 + i % ADDRESSES}`
const nameOf = i => `user-${i}`
const workspaceOf = i => `office-${Math.floor(i / MEMBERS)}`
const all = Array.from({ length: CLIENTS }, (_, i) => i)
const anybody = () => nameOf(Math.floor(Math.random() * CLIENTS))
const tokens = new Map(all.map(i => [nameOf(i), token(nameOf(i))]))

const seconds = ms => `${(ms / 1000).toFixed(2)} s`

/** Of times in ms. */
function figures(times) {
  const sorted = [...times].sort((a, b) => a - b)
  const quantile = share => seconds(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
  return `p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, max ${quantile(1)}`
}

function tally(values) {
  const counts = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return JSON.stringify(counts)
}

/** A join of phoenix.js does not time out as long as there is no connection. */
function inTime(promise) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("not in time")), 20_000) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** A call by the connections of an agent; answers { status, text }. */
function call(base, agent, { method = "GET", path, user, body }) {
  return new Promise((resolve, reject) => {
    const headers = { ...(user && { Authorization: `Bearer ${tokens.get(user)}` }), ...(body && { "Content-Type": "application/json" }) }
    const asking = request(base + path, { method, agent, headers, timeout: 10_000 }, response => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", data => { text += data })
      response.on("error", reject)
      response.on("end", () => resolve({ status: response.statusCode, text }))
    })
    asking.on("timeout", () => asking.destroy(new Error("timeout")))
    asking.on("error", reject)
    asking.end(body && JSON.stringify(body))
  })
}

/** One who comes back by itself as phoenix.js does, up to 300 ms later. */
class ProxiedClient extends Client {
  /** It has joined as a device by the connection that it has. */
  isHere = false
  /** The connections that it lost, as { code, closed, back }, in ms. */
  losses = []

  constructor(socketUrl, i, user) {
    const transport = class extends WebSocket {
      constructor(url, protocols) { super(url, protocols, { perMessageDeflate: false, localAddress: addressOf(i) }) }
    }
    const after = tries => [10, 50, 100, 150, 200, 250, 500, 1000, 2000][tries - 1] ?? 5000
    super(null, user, { options: {
      transport, timeout: 10_000, heartbeatIntervalMs: 30_000, reconnectAfterMs: tries => after(tries) + Math.random() * 300,
      rejoinAfterMs: tries => [1000, 2000, 5000][tries - 1] ?? 10_000,
    } })
    this.open({ socketUrl })
    this.socket.onClose(({ code }) => {
      if (this.isHere) this.losses.push({ code, closed: Date.now() })
      this.isHere = false
    })
  }

  async enter(workspace, params = {}) {
    const device = { device_id: "web:1", workspace_id: workspace, ...params }
    this.me = await this.join(`presence:${this.user}`, device, channel => {
      // Also when it joins again.
      channel.joinPush.receive("ok", () => {
        this.isHere = true
        if (this.losses.length > 0) this.losses.at(-1).back ??= Date.now()
      })
    })
  }
}

/** They all say that they are busy: when one is said to be online later, it has been away. */
async function enterAll(socketUrl) {
  const clients = []
  for (let i = 0; i < CLIENTS; i += MEMBERS) {
    const some = all.slice(i, i + MEMBERS).map(each => new ProxiedClient(socketUrl, each, nameOf(each)))
    await inTime(Promise.all(some.map(client => client.enter(workspaceOf(i)))))
    await Promise.all(some.map(client => client.say("set_status", { status: "busy" })))
    clients.push(...some)
  }
  return clients
}

/** One who looks at everybody of some workspaces. */
class Watcher {
  static async at(socketUrl, i) {
    const watcher = new Watcher()
    const workspaces = new Set([0, 1, 2].map(k => `office-${(i * 3 + k) % WORKSPACES}`))
    const members = all.filter(each => workspaces.has(workspaceOf(each))).map(nameOf)
    watcher.client = new ProxiedClient(socketUrl, i, `watcher-${i}`)
    await watcher.client.enter("watchers", { watch: members })
    for (const workspace of workspaces) await watcher.client.join(`workspace:${workspace}`)
    return watcher
  }

  /** What it was told that is no change of a status, and who was not in a workspace's state. */
  get falseEvents() {
    return this.client.inbox.flatMap(message => {
      const { topic, event, payload } = message
      if (event !== "presence_state" || !topic.startsWith("workspace:"))
        return news(message).filter(([, what]) => !/ (busy|away|~)$/.test(what)).map(each => each.join(": "))
      return all.filter(i => topic.endsWith(`:${workspaceOf(i)}`) && !(nameOf(i) in payload)).map(i => `${nameOf(i)} is not in ${topic}`)
    })
  }
}

/** Calls of REST at a steady rate, each made again at once when it has failed. */
class Load {
  #url
  #agents = all.slice(0, ADDRESSES).map(i => new Agent({ keepAlive: true, localAddress: addressOf(i) }))
  #timer
  #pending = new Set()
  count = 0
  times = []
  /** What went wrong, at the first attempt and at both. */
  retried = []
  failedTwice = []
  /** Who was answered to be offline. */
  offline = []

  constructor(url) {
    this.#url = url
    const began = performance.now()
    this.#timer = setInterval(() => {
      const due = (performance.now() - began) / 1000 * CALLS
      while (this.count < due) {
        const pending = this.#twice(this.count++).finally(() => this.#pending.delete(pending))
        this.#pending.add(pending)
      }
    }, 10)
  }

  async end() {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
    for (const agent of this.#agents) agent.destroy()
  }

  async #twice(i) {
    const began = performance.now()
    const agent = this.#agents[i % this.#agents.length]
    const what = this.#make(i)
    const fault = await this.#once(agent, what)
    if (fault) {
      this.retried.push(fault)
      const again = await this.#once(agent, what)
      if (again) this.failedTwice.push(`${fault}, then ${again}`)
    }
    this.times.push(performance.now() - began)
  }

  #make(i) {
    const user = anybody()
    if (i % 3 === 0) {
      const body = { status: i % 2 ? "busy" : "away", custom_message: `call ${i}` }
      return { method: "PUT", path: `/api/presence/users/${user}/status`, user, body }
    }
    if (i % 3 === 1)
      return { method: "POST", path: "/api/presence/bulk", user, body: { user_ids: Array.from({ length: 20 }, anybody) } }
    return { path: `/api/presence/users/${anybody()}`, user }
  }

  /** What went wrong, or null. */
  async #once(agent, what) {
    const name = what.method ?? "GET"
    try {
      const { status, text } = await call(this.#url, agent, what)
      if (status !== 200) return `${name} ${status}`
      this.offline.push(...[JSON.parse(text)].flat().filter(user => user.status === "offline").map(user => user.user_id))
      return null
    } catch (error) {
      return `${name} ${error.code ?? error.message}`
    }
  }
}

/** Two connections to a node that were there before all others, and are the last that it closes when it stops. */
class Probe {
  #health = new Agent({ keepAlive: true, maxSockets: 1 })
  #service = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(node) { this.node = node }

  async readiness() {
    return (await call(this.node.url, this.#health, { path: "/health/ready" })).status
  }

  async service() {
    return (await call(this.node.url, this.#service, { path: `/api/presence/users/${nameOf(0)}`, user: nameOf(0) })).status
  }

  async isReady() {
    await eventually(async () => assert.equal(await this.readiness(), 200), 20_000)
    assert.equal(await this.service(), 200)
  }

  /** The readiness that comes after 200. */
  async nextReadiness() {
    for (;;) {
      const status = await this.readiness()
      if (status !== 200) return status
    }
  }

  close() {
    this.#health.destroy()
    this.#service.destroy()
  }
}

class Installation {
  cluster = new Cluster()
  nodes = []
  #probes = []

  async start(kind) {
    await this.cluster.startRedis()
    for (let i = 0; i < 3; ++i) await this.#startNode(i)
    this.proxy = await startProxy(kind, this.nodes)
    const at = url => url.replace("localhost", "127.0.0.1")
    Object.assign(this, { url: at(this.proxy.url), socketUrl: at(this.proxy.socketUrl) })
  }

  async #startNode(i) {
    const { name, port } = this.nodes[i] ?? {}
    this.nodes[i] = await this.cluster.startDaemon({ ...environment, ...(name && { NODE_NAME: name }) }, port)
    this.#probes[i] = new Probe(this.nodes[i])
    await this.#probes[i].isReady()
  }

  /** Resolves when it is ready again, with the ms until it was gone. */
  async restart(i) {
    for (const probe of this.#probes) await probe.isReady() // none of them is idle for too long
    const began = Date.now()
    const probe = this.#probes[i]
    const stopped = this.nodes[i].stop()
    assert.equal(await probe.nextReadiness(), 503)
    assert.equal(await probe.service(), 200, "it does not serve while it drains")
    // A balancer that comes now is told so, and not refused.
    assert.equal((await call(this.nodes[i].url, new Agent({ keepAlive: false }), { path: "/health/ready" })).status, 503)
    await stopped
    const took = Date.now() - began
    probe.close()
    await this.#startNode(i)
    return took
  }

  async stop() {
    for (const probe of this.#probes) probe.close()
    await this.proxy?.stop()
    await this.cluster.stop()
  }
}

async function restartAll(kind, installation, report) {
  await installation.start(kind)
  const { cluster, nodes, url, socketUrl } = installation
  const clients = await enterAll(socketUrl)
  const watchers = []
  for (let i = 0; i < WATCHERS; ++i) watchers.push(await Watcher.at(socketUrl, i))
  clients.push(...watchers.map(watcher => watcher.client))
  const listener = cluster.connect()
  await listener.subscribe("presence:updates", "presence:status")

  const load = new Load(url)
  try {
    const stops = []
    for (let i = 0; i < 3; ++i) {
      stops.push(Date.now())
      report(`${nodes[i].name} stopped after ${seconds(await installation.restart(i))}`)
    }
    await eventually(() => assert.ok(clients.every(client => client.isHere), "not all are back"), SECONDS_UNTIL_BACK * 1000)

    const losses = clients.flatMap(client => client.losses)
    assert.deepEqual([...new Set(losses.map(({ code }) => code))], [DRAINING])
    stops.forEach((stop, i) => {
      const mine = losses.filter(({ closed }) => closed >= stop && !(closed >= stops[i + 1]))
      const times = mine.map(({ back }) => back - stop)
      assert.ok(mine.length > 0, `nobody was at ${nodes[i].name}`)
      report(`${mine.length} clients were back after the stop of ${nodes[i].name}: ${figures(times)}; after their close: `
        + figures(mine.map(({ back, closed }) => back - closed)))
      assert.ok(Math.max(...times) <= SECONDS_UNTIL_BACK * 1000, "not back in time")
    })

    // A session is kept for the grace and the 5 s of the drain: twice the grace, and all that was to end has ended.
    const { fence } = await stage("end", [], nodes)
    await fence.outlast()
    await fence.outlast()
  } finally {
    await load.end()
  }
  report(`${load.count} calls, ${load.retried.length} made again ${tally(load.retried)}, ${load.failedTwice.length} failed twice; `
    + figures(load.times))
  assert.deepEqual(load.failedTwice, [])
  assert.deepEqual(load.offline, [], "answered to be offline")
  const published = listener.events().filter(({ user_id: user }) => tokens.has(user))
  assert.ok(published.length > 0)
  assert.deepEqual(published.filter(({ status }) => !["busy", "away"].includes(status)), [])
  assert.deepEqual(watchers.flatMap(watcher => watcher.falseEvents), [])
  report(`${published.length} events published, ${watchers.reduce((sum, { client }) => sum + client.inbox.length, 0)} told to watchers`)
  for (let i = 0; i < CLIENTS; i += MEMBERS) {
    const { total } = await get({ url }, `/api/presence/workspace/${workspaceOf(i)}/online?limit=1`)
    assert.equal(total, Math.min(MEMBERS, CLIENTS - i))
  }
}

for (const kind of ["nginx", "haproxy"]) {
  test(`three nodes behind ${kind} are restarted under clients and calls, and nobody is seen to go`, async t => {
    const installation = new Installation()
    try {
      await restartAll(kind, installation, text => t.diagnostic(`${kind}: ${text}`))
    } finally {
      await Client.leaveAll()
      await installation.stop()
    }
  }, { skip: missing(kind), timeout: patience })
}
