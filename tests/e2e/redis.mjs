// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a test asks of Redis itself: enough of RESP for commands and Pub/Sub.
import { createConnection } from "node:net"

export class Redis {
  #socket
  #buffer = Buffer.alloc(0)
  #waiting = []
  /** What Pub/Sub brought: { channel, text }, in the order it came. */
  heard = []

  constructor(path) {
    this.#socket = createConnection(path)
    this.#socket.on("data", data => this.#take(data))
    // Redis is killed in some tests; who waits for an answer is told.
    this.#socket.on("error", () => {})
    this.#socket.on("close", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error("the connection to Redis broke"))
    })
  }

  command(...words) {
    const parts = words.map(word => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`)
    this.#socket.write(`*${words.length}\r\n${parts.join("")}`)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** After it this connection is for listening only. */
  subscribe(...channels) {
    return Promise.all(channels.map(channel => this.command("SUBSCRIBE", channel)))
  }

  /** What was heard so far on the channels, parsed, of one user or of all. */
  events(user = null) {
    return this.heard.map(({ channel, text }) => ({ channel, ...JSON.parse(text) }))
      .filter(event => user === null || event.user_id === user)
  }

  close() {
    this.#socket.destroy()
  }

  #take(data) {
    this.#buffer = Buffer.concat([this.#buffer, data])
    for (;;) {
      const parsed = parse(this.#buffer, 0)
      if (!parsed) return
      this.#buffer = this.#buffer.subarray(parsed.end)
      const value = parsed.value
      if (Array.isArray(value) && value[0] === "message") {
        this.heard.push({ channel: value[1], text: value[2] })
      } else if (value instanceof Error) {
        this.#waiting.shift().reject(value)
      } else {
        this.#waiting.shift().resolve(value)
      }
    }
  }
}

/** { value, end } of the reply that begins at `from`, or null when it is not all there. */
function parse(buffer, from) {
  const line = buffer.indexOf("\r\n", from)
  if (line < 0) return null
  const text = buffer.toString("utf8", from + 1, line)
  const end = line + 2
  switch (String.fromCharCode(buffer[from])) {
  case "+": return { value: text, end }
  case "-": return { value: new Error(text), end }
  case ":": return { value: Number(text), end }
  case "$": return parseBulk(buffer, end, Number(text))
  default: return parseArray(buffer, end, Number(text))
  }
}

function parseBulk(buffer, from, length) {
  if (length < 0) return { value: null, end: from }
  if (buffer.length < from + length + 2) return null
  return { value: buffer.toString("utf8", from, from + length), end: from + length + 2 }
}

function parseArray(buffer, from, length) {
  const value = []
  let end = from
  for (let i = 0; i < length; ++i) {
    const item = parse(buffer, end)
    if (!item) return null
    value.push(item.value)
    end = item.end
  }
  return { value, end }
}
