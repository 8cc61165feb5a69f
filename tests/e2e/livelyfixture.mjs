// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// livelyfixture.mjs <command> [arguments…]: a cluster with thousands of users who do what people do,
// while the command runs with PRESENCE_URL and PRESENCE_TOKEN of an operator. USERS: how many;
// MONGODB_URI: with an archive.
import { fork, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Cluster, token } from "./cluster.mjs"
import { RoamingClient } from "./roamingclient.mjs"

const SELF = fileURLToPath(import.meta.url)
const USERS = Number(process.env.USERS ?? 20_000)
const ARCHIVE = process.env.MONGODB_URI ? { MONGODB_URI: process.env.MONGODB_URI } : {}
const PER_PROCESS = 5_000 // connections, each a descriptor
const FIRST = ["amelia", "ben", "chiara", "david", "elif", "farid", "grace", "hannah", "ivan", "jonas", "keiko", "lea",
  "mateo", "nadia", "oscar", "priya", "quentin", "rosa", "sven", "tariq", "uma", "viktor", "wanda", "xin", "yara", "zoe"]
const LAST = ["abel", "brandt", "costa", "dubois", "evans", "fischer", "garcia", "haas", "ito", "jensen", "klein", "lopez",
  "meyer", "novak", "okafor", "petrov", "quinn", "rossi", "silva", "tanaka", "ueda", "vogel", "weber", "young"]
const SAYINGS = [["In a meeting", "📅"], ["Lunch", "🍜"], ["Reviewing the release", "🔍"], ["Back at three", "⏰"],
  ["On the train", "🚆"], ["Focus time", "🎧"], ["Customer call", "📞"], ["Writing docs", "✍️"]]

const pick = list => list[Math.floor(Math.random() * list.length)]
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
const nameOf = n => `${FIRST[n % FIRST.length]}.${LAST[Math.floor(n / FIRST.length) % LAST.length]}.${n}`
const workspaceOf = n => n % 20 < 11 ? "acme" : n % 20 < 16 ? "globex" : n % 20 < 19 ? "initech" : "umbrella"
// Few channels are busy, many are quiet.
const channelOf = () => `${pick(["general", "support", "design", "release", "random"])}-${Math.floor(300 * Math.random() ** 4)}`

class Person extends RoamingClient {
  constructor(n) {
    super(nameOf(n), [RoamingClient.device(nameOf(n), workspaceOf(n), pick(["web:chrome", "ios:app", "desktop:app"]))])
    this.inbox = { push() {} } // nobody looks into it
    this.channel = channelOf()
  }

  async settleIn() {
    await this.say("join_channel", { channel_id: this.channel })
    if (Math.random() < 0.15) await this.say("device_state", { state: "idle" })
    if (Math.random() < 0.25) await this.speak()
  }

  speak() {
    const [custom_message, emoji] = pick(SAYINGS)
    return this.say("set_status", { status: pick(["online", "busy", "away", "busy"]), custom_message, emoji })
  }

  act() {
    const chance = Math.random()
    if (chance < 0.35) return this.speak()
    if (chance < 0.4) return this.say("set_status", { status: "online", custom_message: "", emoji: "" })
    return this.say("typing_start", { channel_id: this.channel })
  }
}

/** A process with a part of the load. */
async function load({ nodes, from, count }) {
  const people = Array.from({ length: count }, (_, i) => new Person(from + i))
  await RoamingClient.each(people, person => person.connect({ socketUrl: pick(nodes) }), 50)
  await RoamingClient.each(people, person => person.settleIn(), 50)
  setInterval(() => pick(people).act().catch(() => {}), 30)
  process.send("ready")
}

function startLoad(nodes, from, count) {
  const child = fork(SELF, ["load", JSON.stringify({ nodes, from, count })])
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve(child))
    child.once("exit", code => reject(new Error(`a load ended with ${code}`)))
  })
}

/** Users whose node is killed: nobody says that they are gone. */
async function leaveGhosts(cluster) {
  const node = await cluster.startDaemon({ ...ARCHIVE, NODE_NAME: "node-d" })
  const people = Array.from({ length: 24 }, (_, i) => new Person(USERS + 100 + i))
  for (const person of people) await person.connect(node)
  await pause(6000) // until the node is known
  await node.stop("SIGKILL")
}

async function flap(node) {
  for (let round = 0; round < 5; ++round) {
    const people = Array.from({ length: 6 }, (_, i) => new Person(USERS + 10 + i))
    for (const person of people) await person.connect(node)
    await pause(150)
    for (const person of people) await person.leave()
    await pause(150)
  }
}

async function main(command, args) {
  const cluster = new Cluster()
  const loads = []
  try {
    await cluster.startRedis()
    const nodes = []
    for (const name of ["node-a", "node-b", "node-c"])
      nodes.push(await cluster.startDaemon({ ...ARCHIVE, NODE_NAME: name, PRESENCE_SHARDS: "1" }))
    const urls = nodes.map(node => node.socketUrl)
    for (let from = 0; from < USERS; from += PER_PROCESS)
      loads.push(await startLoad(urls, from, Math.min(PER_PROCESS, USERS - from)))
    await flap(nodes[0])
    await leaveGhosts(cluster)
    const environment = { ...process.env, PRESENCE_URL: nodes[0].url, PRESENCE_TOKEN: token("olga", { scope: "admin" }),
      PRESENCE_SOMEBODY: nameOf(0), PRESENCE_GHOST: nameOf(USERS + 100) }
    const child = spawn(command, args, { stdio: "inherit", env: environment })
    return await new Promise(resolve => child.once("exit", code => resolve(code ?? 1)))
  } finally {
    for (const child of loads) child.kill("SIGKILL")
    await cluster.stop()
  }
}

if (process.argv[2] === "load") await load(JSON.parse(process.argv[3]))
else process.exit(await main(process.argv[2], process.argv.slice(3)))
