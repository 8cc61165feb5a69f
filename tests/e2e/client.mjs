// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A user of a chat product: the phoenix package, with its messages kept for the test to look at.
import * as phoenix from "phoenix"
import WebSocket from "ws"
import { eventually, token } from "./cluster.mjs"

/** phoenix.js leaves the form of V1 to its caller. */
const V1 = {
  vsn: "1.0.0",
  encode: (message, callback) => callback(JSON.stringify(message)),
  decode: (text, callback) => callback(JSON.parse(text)),
}

export class Client {
  /** Who has connected and not left. */
  static #all = new Set()
  #options
  /** Everything that was pushed, as { topic, event, payload }, in the order it came. */
  inbox = []

  /** Ends what a test that failed has left open: it would keep the process alive. */
  static leaveAll() {
    return Promise.all([...Client.#all].map(client => client.leave()))
  }

  /** Connects at once, or, without a daemon, by open(). `library` is another version of the package. */
  constructor(daemon, user, { vsn = "2.0.0", options = {}, claims = {}, library = phoenix } = {}) {
    this.user = user
    this.library = library
    this.#options = {
      transport: WebSocket, params: { token: token(user, claims) }, heartbeatIntervalMs: 1000,
      reconnectAfterMs: () => 20, rejoinAfterMs: () => 20, ...(vsn === "1.0.0" ? V1 : {}), ...options,
    }
    if (daemon) this.open(daemon)
  }

  /** Connects by a new socket. */
  open(daemon) {
    Client.#all.add(this)
    this.socket = new this.library.Socket(daemon.socketUrl, this.#options)
    this.socket.onMessage(({ topic, event, payload }) => {
      if (event !== "phx_reply") this.inbox.push({ topic, event, payload })
    })
    this.socket.connect()
  }

  /** Joins a topic. `prepare` gets the channel before anything can come. */
  async join(topic, params = {}, prepare = () => {}) {
    return (await this.#join(topic, params, prepare)).channel
  }

  /** Joins a topic and answers with the response. */
  async joinReply(topic, params = {}, prepare = () => {}) {
    return (await this.#join(topic, params, prepare)).response
  }

  #join(topic, params, prepare) {
    const channel = this.socket.channel(topic, params)
    prepare(channel)
    return new Promise((resolve, reject) => {
      // phoenix.js would try again and again, and use up the messages that the client may send.
      const refused = reason => { channel.leave(); reject(new Error(reason)) }
      channel.join()
        .receive("ok", response => resolve({ channel, response }))
        .receive("error", response => refused(response.reason))
        .receive("timeout", () => refused("timeout"))
    })
  }

  /** Joins a topic and answers with the Presence that follows it. */
  async follow(topic) {
    let presence
    await this.join(topic, {}, channel => { presence = new this.library.Presence(channel) })
    return presence
  }

  /** Joins as a device. */
  async enter(workspace, device = "web:1", params = {}) {
    this.me = await this.join(`presence:${this.user}`,
      { device_id: device, workspace_id: workspace, ...params })
    return this.me
  }

  /** Pushes as the device that entered. */
  say(event, payload = {}) {
    return push(this.me, event, payload)
  }

  messages(event, topic = null) {
    return this.inbox
      .filter(m => m.event === event && (topic === null || m.topic === topic)).map(m => m.payload)
  }

  /** The first message of that kind that `matches`, within a second. */
  next(event, matches = () => true, ms = 1000) {
    return eventually(() => {
      const found = this.messages(event).find(matches)
      if (!found) throw new Error(`${this.user} saw no such ${event}: ${JSON.stringify(this.messages(event))}`)
      return found
    }, ms)
  }

  leave() {
    Client.#all.delete(this)
    return new Promise(resolve => this.socket.disconnect(resolve))
  }

  /** The connection breaks, and the client does not come back. */
  breakOff() {
    this.socket.reconnectTimer.callback = () => {}
    this.socket.conn.terminate()
  }
}

export function push(channel, event, payload = {}) {
  return new Promise((resolve, reject) => channel.push(event, payload)
    .receive("ok", resolve)
    .receive("error", response => reject(new Error(response.reason)))
    .receive("timeout", () => reject(new Error("timeout"))))
}
