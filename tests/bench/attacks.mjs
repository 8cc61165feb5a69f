// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What clients without manners cost others. Each attack has a Redis and a daemon of its own, with two
// shards; who attacks has another address than the victims, and takes no notice of what it is refused.
//
//   PRESENCED=build/release/server/app/presenced node tests/bench/attacks.mjs [attack …] [VARIABLE=value …]
//
// With CLOCKSHIFT=build/release/tests/support/clockshift.so it is also told what is left of some after a day.
// The variables are the daemon's. Its times are a sixth of what they are by default, so that a stall of ten
// seconds shows in who is there.
import { fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Cluster } from "../e2e/cluster.mjs"
import { ATTACKS } from "./attacks/catalogue.mjs"

const SECONDS = 8
const REST = 3 // s
const ATTACKER = "127.0.0.66"
const ENVIRONMENT = { PRESENCE_SHARDS: "2", REDIS_POOL_SIZE: "0", HEARTBEAT_INTERVAL: "2500", PRESENCE_TTL: "10",
  PRESENCE_PING_INTERVAL: "6", OFFLINE_GRACE: "1",
  // The defaults: tests have others.
  LIMIT_USER_CHANGES: "30/m burst=20", LIMIT_USER_REQUESTS: "50/s burst=500",
  LIMIT_ADDRESS_UNAUTHENTICATED: "50/s burst=500", METRICS_PUBLIC: "false" }
const WORDS = process.argv.slice(2)
const OWN = Object.fromEntries(WORDS.filter(word => word.includes("=")).map(word => word.split(/=(.*)/s, 2)))

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
const path = name => fileURLToPath(new URL(`attacks/${name}.mjs`, import.meta.url))

/** A process that answers by messages. */
class Player {
  constructor(name, what) {
    this.child = fork(path(name), [JSON.stringify(what)])
    this.ready = this.answer()
  }

  answer() {
    return new Promise((resolve, reject) => {
      this.child.once("message", resolve)
      this.child.once("exit", code => reject(new Error(`it ended with ${code}`)))
    })
  }

  ask(what) {
    const answer = this.answer()
    this.child.send(what)
    return answer
  }

  end() { this.child.removeAllListeners("exit"); this.child.kill("SIGKILL") }
}

/** s of processor time that a process has used. */
function used(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** MB */
const memory = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024

/** Memory of the daemon and of Redis, looked at ten times a second, and their processor time. */
class Watch {
  constructor({ node, cluster }) {
    this.pids = [node.pid, cluster.redisPid]
    this.peaks = [0, 0]
    this.timer = setInterval(() => {
      this.peaks = this.peaks.map((peak, i) => Math.max(peak, memory(this.pids[i])))
    }, 100)
    this.before = this.pids.map(used)
    this.begin = performance.now()
  }

  end() {
    clearInterval(this.timer)
    const seconds = (performance.now() - this.begin) / 1000
    const shares = this.pids.map((pid, i) => Math.round((used(pid) - this.before[i]) / seconds * 100))
    return { peaks: this.peaks, shares }
  }
}

async function measure(victim, what) {
  victim.child.send("begin")
  await what()
  return victim.ask("end")
}

async function strike(attack, cluster, players) {
  const seconds = attack.seconds ?? SECONDS
  await cluster.startRedis()
  const redis = cluster.connect()
  await redis.command("CONFIG", "SET", "appendonly", "no") // the disk is not what is measured
  const node = await cluster.startDaemon({ ...ENVIRONMENT, ...attack.environment, ...OWN }, 0, attack.wrapper)
  const site = { cluster, redis, node }
  await attack.prepare?.(site)
  const player = (name, what) => {
    players.push(new Player(name, { port: node.port, ...what }))
    return players.at(-1)
  }
  const victim = player("victim", {})
  await victim.ready
  const rest = await measure(victim, () => pause(REST * 1000))
  const before = { memory: [node.pid, cluster.redisPid].map(memory), keys: await redis.command("DBSIZE") }
  const attackers = attack.parts.map((_, part) =>
    player("attacker", { name: attack.name, part, seconds, from: ATTACKER }))
  await Promise.all(attackers.map(each => each.ready))
  const result = { attack, seconds, rest, before }
  result.during = await measure(victim, async () => {
    const watch = new Watch(site)
    result.tallies = await Promise.all(attackers.map(each => each.ask("begin")))
    result.used = watch.end()
  })
  result.keys = await redis.command("DBSIZE")
  result.left = await attack.after?.(site) ?? []
  return result
}

const ms = value => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
const pair = ({ p50, p99, longest }) => `${ms(p50)} / ${ms(p99)} / ${ms(longest)}`
const mb = bytes => (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)

function got({ seconds, tallies, left }) {
  const counts = {}
  for (const tally of tallies) {
    for (const [what, count] of Object.entries(tally.counts)) counts[what] = (counts[what] ?? 0) + count
  }
  const sum = what => tallies.reduce((total, tally) => total + tally[what], 0)
  return [...Object.entries(counts).map(([what, count]) => `${what}: ${count}`),
    ...tallies.flatMap(tally => tally.notes), ...left,
    `${sum("opened")} connections, ${mb(sum("sent"))} MB there, ${mb(sum("got"))} MB back in ${seconds} s`].join("; ")
}

function harmed({ failures, offline, closed, newcomers }) {
  const failed = Object.entries(failures).map(([what, count]) => `${count} × ${what}`)
  return `${failed.join(", ") || "0"} | ${offline.length} | ${closed} | ${newcomers.answered} of ${newcomers.came}`
}

const HEADS = ["attack", "victim at rest, ms: p50 / p99 / longest", "during", "answers, of those due", "its failures",
  "told offline", "closed", "newcomers answered", "MB, before → peak: daemon / Redis", "processor, %: daemon / Redis",
  "keys", "what it got"]

function show(row) {
  const { before, used, keys, during } = row
  const grown = before.memory.map((from, i) => `${from.toFixed(0)} → ${used.peaks[i].toFixed(0)}`)
  console.log(`| ${row.attack.name} | ${pair(row.rest)} | ${pair(during)} | ${during.answered} of ${during.due} | `
    + `${harmed(during)} | ${grown.join(" / ")} | ${used.shares.join(" / ")} | `
    + `${before.keys} → ${keys} | ${got(row)} |`)
}

async function run(attack) {
  const cluster = new Cluster({ clock: attack.laterOn && "CLOCKSHIFT" in process.env })
  const players = []
  try {
    show(await strike(attack, cluster, players))
  } finally {
    for (const player of players) player.end()
    await cluster.stop()
  }
}

const wanted = WORDS.filter(word => !word.includes("="))
const unknown = wanted.filter(name => !ATTACKS.some(attack => attack.name === name))
if (unknown.length > 0) {
  console.error(`no such attack: ${unknown.join(", ")}; there are ${ATTACKS.map(attack => attack.name).join(", ")}`)
  process.exit(64)
}
console.log(`| ${HEADS.join(" | ")} |\n|${HEADS.map(() => "---|").join("")}`)
for (const attack of ATTACKS) {
  if (wanted.length > 0 && !wanted.includes(attack.name)) continue
  try {
    await run(attack)
  } catch (error) {
    console.log(`| ${attack.name} | ${error.message} |`)
    process.exitCode = 1
  }
}
