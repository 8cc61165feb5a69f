// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A client without the phoenix package, for many: it speaks V2, and comes back as it is told.
import WebSocket from "ws"
import { token } from "./cluster.mjs"

export class Light {
  static #all = []
  #socket = null
  #ref = 0
  #replies = new Map()
  #left = false
  /** { topic, event, payload } of all that was pushed. */
  inbox = []
  /** All topics are joined. */
  isHere = false
  /** The connection, or the last attempt at one, was opened. */
  wasOpen = false
  /** How often it lost its connection and came back. */
  returns = 0
  /** Close codes, in the order they came. */
  closes = []
  /** Called with the reason of each close. */
  onReason = () => {}

  /** Ends what a test that failed has left open. */
  static leaveAll() {
    return Promise.all(Light.#all.map(client => client.leave()))
  }

  /** `topics`: what it joins whenever it connects, as [topic, params]. */
  constructor(user, topics, { autoPong = true } = {}) {
    this.user = user
    this.topics = topics
    this.autoPong = autoPong
    Light.#all.push(this)
  }

  static device(user, workspace, device = "web:1") {
    return [`presence:${user}`, { device_id: device, workspace_id: workspace }]
  }

  /**
   * Resolves when all topics are joined. `elsewhere(node)` says where to go when the connection is
   * lost, null for nowhere.
   */
  async connect(node, elsewhere = () => null) {
    this.node = node
    await this.#open(node)
    this.#socket.once("close", (code, reason) => {
      this.isHere = false
      this.closes.push(code)
      this.onReason(reason.toString())
      for (const { reject } of this.#replies.values()) reject(new Error(`closed with ${code}`))
      this.#replies.clear()
      this.#comeBack(elsewhere, Number(/retry_after_ms=(\d+)/.exec(reason)?.[1] ?? 0))
    })
    await Promise.all(this.topics.map(([topic, params]) => this.push(topic, "phx_join", params)))
    this.isHere = true
  }

  #open(node) {
    this.wasOpen = false
    return new Promise((resolve, reject) => {
      const url = `${node.socketUrl}/websocket?vsn=2.0.0&token=${token(this.user)}`
      this.#socket = new WebSocket(url, { autoPong: this.autoPong, perMessageDeflate: false })
      this.#socket.on("message", data => this.#take(JSON.parse(data)))
      this.#socket.on("error", reject)
      this.#socket.once("open", () => {
        this.wasOpen = true
        resolve()
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
        if (this.isOpen) this.#socket.close()
        else if (!this.wasOpen) this.#comeBack(elsewhere, 50)
      }
    }, delay)
  }

  #take([, ref, topic, event, payload]) {
    if (event !== "phx_reply") {
      this.inbox.push({ topic, event, payload })
      return
    }
    const waiting = this.#replies.get(ref)
    this.#replies.delete(ref)
    if (payload.status === "ok") waiting?.resolve(payload.response)
    else waiting?.reject(new Error(payload.response.reason))
  }

  /** Resolves with the response. */
  push(topic, event, payload = {}) {
    const ref = String(++this.#ref)
    const joinRef = event === "phx_join" ? ref : null
    this.#socket.send(JSON.stringify([joinRef, ref, topic, event, payload]))
    return new Promise((resolve, reject) => this.#replies.set(ref, { resolve, reject }))
  }

  /** Pushes as the device. */
  say(event, payload = {}) {
    return this.push(this.topics[0][0], event, payload)
  }

  get isOpen() { return this.#socket?.readyState === WebSocket.OPEN }

  /** Resolves when the server has let go of the connection. */
  get closed() {
    return new Promise(resolve => this.#socket.once("close", resolve))
  }

  leave() {
    this.#left = true
    if (!this.#socket || this.#socket.readyState === WebSocket.CLOSED) return undefined
    const { closed } = this
    this.#socket.close()
    return closed
  }

  /** Every client in turn does `what`, some at a time. */
  static async each(clients, what, atOnce = 100) {
    for (let i = 0; i < clients.length; i += atOnce) await Promise.all(clients.slice(i, i + atOnce).map(what))
  }
}
