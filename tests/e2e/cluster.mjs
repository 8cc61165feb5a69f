// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A real redis-server and real daemons on it, for a test file.
import { spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock } from "./clock.mjs"
import { Redis } from "./redis.mjs"

const SECRET = "a secret of the tests, of thirty-two bytes and more"
/** Tests change a status more often than people do, and ask for metrics all the time. */
const HASTE = { LIMIT_USER_CHANGES: "0", LIMIT_USER_REQUESTS: "0", LIMIT_ADDRESS_UNAUTHENTICATED: "0" }

const DAEMON = process.env.PRESENCED ?? "../../build/dev/server/app/presenced"

export function token(user, claims = {}) {
  const encode = object => Buffer.from(JSON.stringify(object)).toString("base64url")
  const head = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: user, ...claims })}`
  return `${head}.${createHmac("sha256", SECRET).update(head).digest("base64url")}`
}

/** Calls `attempt` until it does not throw, for at most `ms`. */
export async function eventually(attempt, ms = 5000) {
  const end = Date.now() + ms
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

function ended(child) {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", resolve)
  })
}

export class Cluster {
  #directory = mkdtempSync(join(tmpdir(), "presence-"))
  #redis = null
  #daemons = []
  #connections = []
  /** The clock of Redis; null when it is that of the machine. */
  clock = null

  constructor({ clock = false } = {}) {
    if (clock) this.clock = new Clock(join(this.#directory, "clock"))
  }

  get redisPid() { return this.#redis.pid }

  get socket() { return join(this.#directory, "redis.sock") }

  /** It keeps all that it answered, also when it is killed: with another appendfsync a write may be put off. */
  async startRedis() {
    this.#redis = spawn("redis-server", ["--port", "0", "--unixsocket", this.socket, "--dir",
      this.#directory, "--appendonly", "yes", "--appendfsync", "no", "--save", ""],
    { stdio: "ignore", env: { ...process.env, ...this.clock?.environment } })
    await eventually(() => new Promise((resolve, reject) => {
      const probe = createConnection(this.socket, () => { probe.end(); resolve() })
      probe.once("error", reject)
    }))
  }

  async killRedis() {
    this.#redis.kill("SIGKILL")
    await ended(this.#redis)
  }

  /** A connection to Redis of the test's own. */
  connect() {
    const connection = new Redis(this.socket)
    this.#connections.push(connection)
    return connection
  }

  /** The environment of a daemon whose own clock is ahead. */
  skew(seconds) {
    return new Clock(join(this.#directory, `clock-${this.#daemons.length}`), seconds).environment
  }

  /**
   * A daemon on a free port; answers { name, pid, port, url, socketUrl, stop }. `wrapper` is a command that
   * becomes it, such as prlimit.
   */
  async startDaemon(environment = {}, port = 0, wrapper = []) {
    const name = environment.NODE_NAME ?? `node-${this.#daemons.length}`
    const [command, ...words] = [...wrapper, DAEMON]
    const child = spawn(command, words, {
      env: {
        PATH: process.env.PATH, TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? "",
        REDIS_URL: `unix://${this.socket}`, AUTH_JWT_SECRET: SECRET,
        PRESENCE_BIND: "127.0.0.1", PRESENCE_PORT: String(port), PRESENCE_SHARDS: "2",
        REDIS_POOL_SIZE: "2", OFFLINE_GRACE: "0", LOG_LEVEL: "warning", METRICS_BIND: "none", METRICS_PUBLIC: "true",
        CANARY_INTERVAL: "0", DRAIN_DELAY: "0",
        ...HASTE, ...environment, NODE_NAME: name,
      },
      stdio: ["ignore", "pipe", "inherit"],
    })
    this.#daemons.push(child)
    const listening = await new Promise((resolve, reject) => {
      let output = ""
      child.stdout.on("data", data => {
        output += data
        const found = output.match(/listens on .*:(\d+)/)
        if (found) resolve(Number(found[1]))
      })
      child.once("error", reject)
      child.once("exit", code => reject(new Error(`presenced ended with ${code}: ${output}`)))
    })
    const stop = async (signal = "SIGTERM") => { child.kill(signal); await ended(child) }
    return {
      name, pid: child.pid, port: listening, url: `http://127.0.0.1:${listening}`,
      socketUrl: `ws://127.0.0.1:${listening}/socket`, stop,
    }
  }

  async stop() {
    for (const connection of this.#connections) connection.close()
    for (const child of this.#daemons) { child.kill("SIGKILL"); await ended(child) }
    if (this.#redis) await this.killRedis()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
