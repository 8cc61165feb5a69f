// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A client that believes nothing: it checks that each message fits on the one before, and keeps
// what it was told.
import { Presence } from "phoenix"
import { Client } from "./client.mjs"

const SNAPSHOTS = ["presence_state"]
const COMPANIONS = ["presence", "presence_update"]

export class Chain {
  /** What did not fit. */
  faults = []
  /** How many messages were checked. */
  checked = 0
  /** What was missed while Redis was away is told in several messages of one number. */
  mayRepeat = false
  #held = null
  #isSnapshot = false
  #texts = new Map()
  #typing = new Map()

  /** Follows a workspace or a channel. */
  static async follow(client, topic, params = {}) {
    const chain = new Chain()
    Object.assign(chain, { client, topic })
    await client.join(topic, params, channel => chain.#attach(channel))
    return chain
  }

  /** After it nothing comes any more. phoenix.js does not wait for the answer to a leave. */
  async leave() {
    this.channel.leave()
    await this.client.say("get_presence", { user_ids: [this.client.user] })
  }

  #attach(channel) {
    this.channel = channel
    this.presence = new Presence(channel)
    // phoenix.js joins again by itself, after a broken connection or a refusal.
    channel.joinPush.receive("ok", ({ sequence }) => {
      if (!Number.isSafeInteger(sequence)) this.#fault(`a join was answered with sequence ${sequence}`)
      this.#held = sequence
      this.#isSnapshot = false
      this.#typing.clear()
    })
    for (const event of [...SNAPSHOTS, "typing_state", "presence_diff", "typing", ...COMPANIONS]) {
      channel.on(event, payload => this.#take(event, payload))
    }
  }

  #take(event, payload) {
    ++this.checked
    if (SNAPSHOTS.includes(event)) {
      if (this.#isSnapshot) this.#fault("a second presence_state after one join")
      this.#isSnapshot = true
      for (const [user, { metas }] of Object.entries(payload)) this.#read(user, metas)
      return
    }
    if (!this.#isSnapshot) this.#fault(`${event} before presence_state`)
    if (COMPANIONS.includes(event)) {
      if (payload.sequence !== this.#held) this.#fault(`${event} has sequence ${payload.sequence}, held ${this.#held}`)
      return
    }
    if (event === "typing_state") {
      if (payload.sequence !== this.#held) this.#fault(`typing_state has sequence ${payload.sequence}, held ${this.#held}`)
      for (const user of payload.users) this.#typing.set(user, "start")
      return
    }
    if (payload.previous !== this.#held) this.#fault(`${event} is after ${payload.previous}, held ${this.#held}`)
    const grows = payload.sequence > this.#held || (this.mayRepeat && payload.sequence === this.#held)
    if (!grows) this.#fault(`${event} goes from ${this.#held} to ${payload.sequence}`)
    this.#held = payload.sequence
    if (event === "typing") {
      if (this.#typing.get(payload.user_id) === payload.action) this.#fault(`${payload.user_id}: ${payload.action} twice`)
      this.#typing.set(payload.user_id, payload.action)
      return
    }
    for (const [user, { metas }] of Object.entries(payload.joins)) this.#read(user, metas)
  }

  /** Users of the storm count in their message: who sees a smaller number has gone back in time. */
  #read(user, metas) {
    if (metas.length !== 1) this.#fault(`${user} has ${metas.length} metas`)
    const text = Number(metas[0].custom_message ?? 0)
    if (text < (this.#texts.get(user) ?? 0)) this.#fault(`${user} went from ${this.#texts.get(user)} back to ${text}`)
    this.#texts.set(user, text)
  }

  #fault(text) { this.faults.push(`${this.client.user} on ${this.topic}: ${text}`) }

  /** Who is typing, as far as was told since the join. */
  get typing() { return [...this.#typing].filter(([, action]) => action === "start").map(([user]) => user).sort() }

  /** What it holds: user -> meta, without what only says how it came. */
  get view() { return plain(this.presence.state) }

  /** What one holds who joins now. */
  static async fresh(node, topic) {
    const client = new Client(node, "fresh")
    await client.join(topic)
    const state = await client.next("presence_state", () => true, 5000)
    await client.leave()
    return plain(state)
  }
}

function plain(state) {
  return Object.fromEntries(Object.entries(state).sort().map(([user, { metas }]) =>
    [user, metas.map(({ phx_ref_prev, ...meta }) => meta)]))
}

/** A watched user's rows and updates, or the answer and updates of a topic user:X. */
export class Revisions {
  faults = []
  checked = 0
  #held = new Map()

  start(row) { this.#held.set(row.user_id, row) }

  take(update) {
    const held = this.#held.get(update.user_id)
    ++this.checked
    if (!held) return this.faults.push(`an update of ${update.user_id} before its row`)
    if (update.previous !== held.revision) this.faults.push(`${update.user_id}: after ${update.previous}, held ${held.revision}`)
    if (!(update.revision > held.revision)) this.faults.push(`${update.user_id}: from ${held.revision} to ${update.revision}`)
    this.#held.set(update.user_id, update)
  }

  status(user) {
    const { status, custom_message } = this.#held.get(user) ?? {}
    return [status, custom_message]
  }
}
