// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A process of its own: others on the node while somebody attacks it. One asks for another user 100
// times a second, 20 are in a workspace, one looks on who is there, and now and then somebody new comes.
import { constants, setPriority } from "node:os"
import { Connection, PhoenixSocket, request, Asker } from "./peers.mjs"
import { Scene, percentile } from "./scene.mjs"

const BYSTANDERS = 20
const WORKSPACE = "victims"
const CONNECTIONS = 8 // the kernel gives them to the shards by chance: each has some
const EVERY = 10 * CONNECTIONS // ms
const NEWCOMER_EVERY = 500
const PATIENCE = 1000 // ms of a newcomer

const scene = new Scene(JSON.parse(process.argv[2]))
// Each asks no more often than a user may.
const ASKS = [0, 1, 2, 3].map(i => request("GET", "/api/presence/users/bystander-0", { token: scene.token(`victim-${i}`) }))
let asked = 0
const ask = () => ASKS[asked++ % ASKS.length]

// What is measured is the daemon, not how long this process waits for a processor.
try { setPriority(constants.priority.PRIORITY_HIGH) } catch { /* only root may */ }

/** A connection with one request at a time. One that is late because the one before took so long was due all the same. */
class Victim {
  #due = null
  #begun = null

  constructor() {
    this.asker = new Asker(scene, () => null, { answered: status => this.#answered(status) })
    this.asker.closed = () => this.#lost()
  }

  /** The first request is due after so many ms. */
  begin(after) {
    Object.assign(this, { times: [], failures: {}, answered: 0, due: 0, from: performance.now() + after })
    this.#due = this.from
    this.#ask()
  }

  /** What was not answered took at least so long. */
  end() {
    const now = performance.now()
    this.due = Math.ceil((now - this.from) / EVERY)
    for (let due = this.#due; due !== null && due < now; due += EVERY) this.times.push(now - due)
    this.#due = null
  }

  #ask() {
    if (this.#due === null || this.#begun !== null) return
    const wait = this.#due - performance.now()
    if (wait > 0) { setTimeout(() => this.#ask(), wait); return }
    if (!this.asker.socket.writable) { setTimeout(() => this.#ask(), 5); return } // it is being opened again
    this.#begun = this.#due
    this.asker.write(ask())
  }

  #answered(status) {
    if (this.#begun === null) return
    if (status !== 200) this.#failed(status)
    else if (this.#due !== null) {
      this.answered++
      this.times.push(performance.now() - this.#begun)
    }
    this.#next()
  }

  #lost() {
    if (this.#begun === null) return
    this.#failed("closed")
    this.#next()
  }

  #failed(what) { this.failures[what] = (this.failures[what] ?? 0) + 1 }

  #next() {
    this.#begun = null
    if (this.#due === null) return
    this.#due += EVERY
    this.#ask()
  }
}

const newcomers = { came: 0, answered: 0 }

/** Connects, asks and goes. */
class Newcomer extends Connection {
  opened() { this.write(ask()) }
  received(data) {
    if (data.latin1Slice(9, 12) === "200") newcomers.answered++
    this.socket.destroy()
  }
}

function comeAnew() {
  const one = new Newcomer(scene, false).open()
  newcomers.came++
  setTimeout(() => one.socket.destroy(), PATIENCE)
}

const offline = new Set()
let closed = 0
const present = new Set()

function look(text) {
  const [, , , event, payload] = JSON.parse(text)
  if (event === "presence_diff") {
    for (const user of Object.keys(payload.leaves)) if (!(user in payload.joins)) offline.add(user)
  }
  if (event === "presence_update" && payload.status === "offline") offline.add(payload.user_id)
}

async function gather() {
  const sockets = await scene.open(BYSTANDERS, i => new PhoenixSocket(scene, `bystander-${i}`, {
    again: false,
    joined: socket => socket.say("1", "1", `presence:bystander-${i}`, "phx_join",
      { device_id: "web:1", workspace_id: WORKSPACE }),
    message: () => present.add(i),
  }))
  for (const socket of sockets) socket.closed = () => { closed++ }
  if (!await scene.until(() => present.size === BYSTANDERS)) throw new Error("the bystanders could not join")
  let looks = false
  const [observer] = await scene.open(1, () => new PhoenixSocket(scene, "observer", {
    again: false, looksAt: 65_536,
    joined: socket => socket.say("1", "1", `workspace:${WORKSPACE}`, "phx_join"),
    message: head => { looks = true; look(head) },
  }))
  observer.closed = () => { closed++ }
  if (!await scene.until(() => looks)) throw new Error("the observer could not join")
  const victims = Array.from({ length: CONNECTIONS }, () => new Victim())
  for (const victim of victims) victim.asker.open()
  await scene.pause(300)
  return victims
}

process.on("disconnect", () => process.exit())
const victims = await gather()
let timer = null
process.on("message", async what => {
  if (what === "begin") {
    offline.clear()
    Object.assign(newcomers, { came: 0, answered: 0 })
    victims.forEach((victim, i) => victim.begin(i * EVERY / CONNECTIONS))
    timer = setInterval(comeAnew, NEWCOMER_EVERY)
    return
  }
  for (const victim of victims) victim.end()
  clearInterval(timer)
  await scene.pause(PATIENCE)
  const times = victims.flatMap(victim => victim.times).sort((a, b) => a - b)
  const sum = what => victims.reduce((total, victim) => total + victim[what], 0)
  const failures = {}
  for (const victim of victims) {
    for (const [name, count] of Object.entries(victim.failures)) failures[name] = (failures[name] ?? 0) + count
  }
  process.send({
    p50: percentile(times, 0.5), p99: percentile(times, 0.99), longest: times.at(-1), answered: sum("answered"),
    due: sum("due"), failures, offline: [...offline], closed, newcomers: { ...newcomers },
  })
})
process.send("ready")
