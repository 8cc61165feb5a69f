// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A client for many: it joins its topics whenever it connects, and comes back where and when it is told.
import WebSocket from "ws"
import { Client } from "./client.mjs"

/** Compression would cost each connection memory. Who does not pong is like a laptop that sleeps. */
const transport = autoPong => class extends WebSocket {
  constructor(url, protocols) { super(url, protocols, { autoPong, perMessageDeflate: false }) }
}
const AWAKE = transport(true)
const ASLEEP = transport(false)

/** The longest that a timer runs. */
const NEVER = 2 ** 31 - 1
/** phoenix.js is not to come back by itself, and to wait longer: thousands may join at once. */
const OPTIONS = {
  heartbeatIntervalMs: NEVER, reconnectAfterMs: () => NEVER, rejoinAfterMs: () => NEVER, timeout: 20_000,
}

export class RoamingClient extends Client {
  #left = false
  /** The connection, or the last attempt at one, was opened. */
  #wasOpen = false
  /** All topics are joined. */
  isHere = false
  /** How often it lost its connection and came back. */
  returns = 0
  /** Close codes, in the order they came. */
  closes = []
  /** Called with the reason of each close. */
  onReason = () => {}

  /** `topics`: what it joins whenever it connects, as [topic, params]; the first one as a device. */
  constructor(user, topics, { autoPong = true } = {}) {
    super(null, user, { options: { ...OPTIONS, transport: autoPong ? AWAKE : ASLEEP } })
    this.topics = topics
  }

  static device(user, workspace, device = "web:1") {
    return [`presence:${user}`, { device_id: device, workspace_id: workspace }]
  }

  /**
   * Resolves when all topics are joined. `elsewhere(node)` says where to go when the connection is
   * lost, null for nowhere.
   */
  connect(node, elsewhere = () => null) {
    this.node = node
    this.#wasOpen = false
    this.open(node)
    const { socket } = this
    return new Promise((resolve, reject) => {
      socket.onOpen(() => {
        this.#wasOpen = true
        Promise.all(this.topics.map(topic => this.join(...topic))).then(([me]) => {
          this.me = me
          this.isHere = true
          resolve()
        }, reject)
      })
      socket.onClose(({ code, reason }) => {
        socket.disconnect() // or its timer keeps the process alive
        reject(new Error(`closed with ${code}`))
        if (!this.#wasOpen) return
        this.isHere = false
        this.closes.push(code)
        this.onReason(reason)
        this.#comeBack(elsewhere, Number(/retry_after_ms=(\d+)/.exec(reason)?.[1] ?? 0))
      })
    })
  }

  #comeBack(elsewhere, delay) {
    const node = this.#left ? null : elsewhere(this.node)
    if (!node) return
    setTimeout(async () => {
      if (this.#left) return
      try {
        await this.connect(node, elsewhere)
        ++this.returns
      } catch {
        // Not let in: the close goes on. Not even connected: nothing else would.
        if (this.socket.isConnected()) this.socket.conn.close()
        else if (!this.#wasOpen) this.#comeBack(elsewhere, 50)
      }
    }, delay)
  }

  /** Resolves when the server has let go of the connection. */
  get closed() {
    return new Promise(resolve => this.socket.conn.once("close", resolve))
  }

  /** Resolves when it is closed: phoenix.js looks for that only every 150 ms. */
  leave() {
    this.#left = true
    const closed = this.socket?.conn && this.closed
    super.leave()
    return closed
  }

  /** Every client in turn does `what`, some at a time. */
  static async each(clients, what, atOnce = 100) {
    for (let i = 0; i < clients.length; i += atOnce) await Promise.all(clients.slice(i, i + atOnce).map(what))
  }
}
