// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What an attack or a victim runs in: where the daemon is, who one is, and what was counted.
import { token } from "../../e2e/cluster.mjs"

/** What was got, by kind. */
class Tally {
  counts = {}
  notes = []
  opened = 0
  messages = 0
  got = 0
  sent = 0

  count(what, by = 1) { this.counts[what] = (this.counts[what] ?? 0) + by }
  note(text) { this.notes.push(text) }
}

export class Scene {
  tally = new Tally()
  isOver = false
  #connections = []

  /** `from` is the address that is called from: attackers have another one than victims. */
  constructor({ port, from, seconds = 0 }) { Object.assign(this, { port, from, seconds }) }

  token(user, claims = {}) { return token(user, claims) }

  /** Opens `count` connections that `make` makes, a few at a time: the kernel holds only so many that wait. */
  async open(count, make) {
    const made = []
    for (let i = 0; i < count; ++i) {
      made.push(make(i).open())
      if (i % 64 === 63) await this.pause(5)
    }
    this.#connections.push(...made)
    return made
  }

  /** Of all that are open and of those before. */
  bytesGot() {
    return this.#connections.reduce((sum, { socket }) => sum + (socket.destroyed ? 0 : socket.bytesRead), this.tally.got)
  }

  pause(ms) { return new Promise(resolve => setTimeout(resolve, ms)) }

  /** Waits until it `holds`, for `ms` at most. */
  async until(holds, ms = 10_000) {
    const end = performance.now() + ms
    while (!holds() && performance.now() < end) await this.pause(10)
    return holds()
  }

  /** Ends all connections, so that their bytes are counted. */
  async end() {
    this.isOver = true
    for (const { socket } of this.#connections) socket.destroy()
    await this.pause(50)
  }
}

export const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
