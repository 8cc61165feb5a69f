// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What an address without a token does.
import { Connection } from "./peers.mjs"
import { percentile } from "./scene.mjs"

const BODY = 255 * 1024
const WITHOUT_END = Buffer.alloc(BODY - 1, 0x20)

/** A request whose body comes but for its last byte, on as many connections as there can be. */
class Bodied extends Connection {
  constructor(scene, expects) {
    super(scene)
    this.expects = expects
  }

  opened() {
    this.hasAnswer = false
    this.write(`POST /api/presence/bulk HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`
      + `Content-Length: ${BODY}\r\n${this.expects ? "Expect: 100-continue\r\n" : ""}\r\n`)
    if (!this.expects) this.write(WITHOUT_END)
  }

  received(data) {
    const status = data.latin1Slice(9, 12)
    if (this.hasAnswer && status !== "100") return
    this.scene.tally.count(status)
    if (status === "100") this.write(WITHOUT_END)
    else this.hasAnswer = true
  }
}

function bodies(name, expects) {
  return {
    name,
    parts: [{
      async run(scene) {
        await scene.open(2000, () => new Bodied(scene, expects))
        await scene.pause(scene.seconds * 1000)
      },
    }],
  }
}

/** Empty lines, which are ignored before a request. */
class Blank extends Connection {
  opened() {
    this.begin = performance.now()
    this.timer = setInterval(() => this.write("\r\n"), 1000)
  }

  received(data) { this.scene.tally.count(data.latin1Slice(9, 12)) }

  closed() {
    clearInterval(this.timer)
    if (!this.scene.isOver) this.closedAfter = (performance.now() - this.begin) / 1000
  }
}

const blanks = {
  name: "blanks",
  seconds: 15,
  parts: [{
    async run(scene) {
      const all = await scene.open(50, () => new Blank(scene, false))
      await scene.pause(scene.seconds * 1000)
      const closed = all.map(each => each.closedAfter).filter(after => after).sort((a, b) => a - b)
      scene.tally.note(closed.length === 0 ? `none of ${all.length} was closed within ${scene.seconds} s`
        : `${closed.length} of ${all.length} were closed, half of them within ${percentile(closed, 0.5).toFixed(1)} s`)
    },
  }],
}

const DESCRIPTORS = 2000

class Idle extends Connection {
  isOpen = false
  opened() { this.isOpen = true; this.scene.held++ }
  received(data) { this.scene.tally.count(data.latin1Slice(9, 12)) }
  closed() {
    if (this.isOpen) this.scene.held--
    this.isOpen = false
    if (!this.scene.isOver) this.scene.tally.count("closed")
  }
}

/** Connections that say nothing, until the daemon has no room for more. */
const idle = {
  name: "idle",
  wrapper: ["prlimit", `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`],
  parts: [{
    async run(scene) {
      scene.held = 0
      const held = []
      const timer = setInterval(() => held.push(scene.held), 100)
      await scene.open(DESCRIPTORS + 500, () => new Idle(scene))
      await scene.pause(scene.seconds * 1000)
      clearInterval(timer)
      scene.tally.note(`${Math.max(...held)} open at once, ${percentile(held.sort((a, b) => a - b), 0.5)} half of the time`)
    },
  }],
}

/** Nothing: what the others are compared with. */
const nothing = {
  name: "nothing",
  parts: [{ run: scene => scene.pause(scene.seconds * 1000) }],
}

export const attacks = [nothing, bodies("bodies", false), bodies("bodies-expect", true), blanks, idle]
