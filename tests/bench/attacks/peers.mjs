// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Connections that cost their own process little: bytes made beforehand, answers skipped rather than
// read. Whoever attacks shares two processors with what is attacked.
import { connect } from "node:net"

const PAUSE = 50 // ms until a connection that was closed is opened again

/** A TCP connection; opened again whenever it is closed, until the scene is over. */
export class Connection {
  #scene
  #again
  socket = null

  /** `again`: whether it is opened again. */
  constructor(scene, again = true) {
    this.#scene = scene
    this.#again = again
  }

  get scene() { return this.#scene }

  open() {
    const { port, from } = this.#scene
    this.socket = connect({ host: "127.0.0.1", port, localAddress: from, noDelay: true })
    const socket = this.socket
    socket.on("connect", () => { this.#scene.tally.opened++; this.opened() })
    socket.on("data", data => this.received(data))
    socket.on("error", error => this.#scene.tally.count(error.code))
    socket.on("close", () => {
      this.#scene.tally.got += socket.bytesRead
      this.#scene.tally.sent += socket.bytesWritten - socket.writableLength
      this.closed()
      if (this.#again && !this.#scene.isOver) setTimeout(() => { if (!this.#scene.isOver) this.open() }, PAUSE)
    })
    return this
  }

  opened() {}
  received() {}
  closed() {}

  write(bytes) {
    return this.socket.writable ? this.socket.write(bytes) : false
  }
}

/** Finds where answers of HTTP begin and end. */
class AnswerReader {
  #head = null
  #skip = 0
  #status = 0
  #body = null

  /** `keeps`: whether bodies are wanted. */
  constructor(answered, keeps) { this.answered = answered; this.keeps = keeps }

  /** Nothing of what is after a 101 is read; answers with what is left then. */
  feed(data) {
    let chunk = this.#head ? Buffer.concat([this.#head, data]) : data
    this.#head = null
    while (chunk.length > 0) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length)
        if (this.keeps) this.#body += chunk.latin1Slice(0, taken)
        this.#skip -= taken
        chunk = chunk.subarray(taken)
        if (this.#skip === 0) this.answered(this.#status, this.#body)
        continue
      }
      const end = chunk.indexOf("\r\n\r\n")
      if (end < 0) { this.#head = chunk; return null }
      const head = chunk.latin1Slice(0, end)
      chunk = chunk.subarray(end + 4)
      this.#status = Number(head.slice(9, 12))
      if (this.#status === 101) return chunk
      this.#skip = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      this.#body = ""
      if (this.#skip === 0) this.answered(this.#status, "")
    }
    return null
  }
}

/** A request, to be sent many times. */
export function request(method, path, { token, body, headers = "" } = {}) {
  const text = body === undefined ? "" : JSON.stringify(body)
  const about = body === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
  const bearer = token ? `Authorization: Bearer ${token}\r\n` : ""
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${bearer}${about}${headers}\r\n${text}`)
}

/** Asks again as soon as it is answered, `depth` requests at a time. `next` gives them, or null when there are no more. */
export class Asker extends Connection {
  constructor(scene, next, { depth = 1, answered = () => {}, keeps = false } = {}) {
    super(scene)
    Object.assign(this, { next, depth, hasAnswered: answered, keeps })
  }

  opened() {
    this.reader = new AnswerReader((status, body) => {
      this.scene.tally.count(status)
      this.hasAnswered(status, body)
      this.ask()
    }, this.keeps)
    for (let i = 0; i < this.depth; ++i) this.ask()
  }

  ask() {
    const bytes = this.scene.isOver ? null : this.next()
    if (bytes) this.write(bytes)
  }

  received(data) { this.reader.feed(data) }
}

/** A frame of a client, masked with zeros, which changes nothing. */
export function frame(first, payload = Buffer.alloc(0)) {
  const { length } = payload
  const head = length < 126 ? Buffer.from([first, 0x80 | length, 0, 0, 0, 0])
    : Buffer.from([first, 0xFE, length >> 8, length & 0xFF, 0, 0, 0, 0])
  return Buffer.concat([head, payload])
}

export const text = value => frame(0x81, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)))

/** A WebSocket as phoenix.js opens it, by hand. */
export class PhoenixSocket extends Connection {
  #head = null
  #skip = 0
  isOpen = false

  /** `joined` is called when it is open, `message` with the beginning of each message, so many bytes as text. */
  constructor(scene, user, { joined = () => {}, message = null, looksAt = 400, again = true } = {}) {
    super(scene, again)
    Object.assign(this, { hasJoined: joined, message, looksAt })
    const target = `/socket/websocket?vsn=2.0.0&token=${scene.token(user)}`
    this.hello = request("GET", target, { headers: "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" })
  }

  opened() {
    this.#head = null
    this.#skip = 0
    this.code = null
    this.reader = new AnswerReader(status => { this.scene.tally.count(status); this.socket.end() }, false)
    this.write(this.hello)
  }

  received(data) {
    if (this.reader) {
      const rest = this.reader.feed(data)
      if (rest === null) return
      this.reader = null
      this.isOpen = true
      this.hasJoined(this)
      data = rest
    }
    this.#read(data)
  }

  #read(data) {
    let chunk = this.#head ? Buffer.concat([this.#head, data]) : data
    this.#head = null
    while (chunk.length > 0) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length)
        this.#skip -= taken
        chunk = chunk.subarray(taken)
        continue
      }
      const short = chunk.length < 2 ? 0 : chunk[1] & 0x7F
      const start = short === 127 ? 10 : short === 126 ? 4 : 2
      if (chunk.length < start) { this.#head = chunk; return }
      const length = short === 127 ? Number(chunk.readBigUInt64BE(2)) : short === 126 ? chunk.readUInt16BE(2) : short
      const wanted = Math.min(length, this.looksAt)
      if (chunk.length < start + wanted) { this.#head = chunk; return }
      this.#take(chunk[0] & 0x0F, chunk.subarray(start, start + wanted))
      this.#skip = length - wanted
      chunk = chunk.subarray(start + wanted)
    }
  }

  #take(opcode, head) {
    if (opcode === 0x9) this.write(frame(0x8A, head))
    else if (opcode === 0x8) this.#closing(head)
    else if (this.message) this.message(head.toString(), this)
    else this.scene.tally.messages++
  }

  #closing(payload) {
    this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
    this.write(frame(0x88, payload.subarray(0, 2)))
    this.socket.end()
  }

  closed() {
    if (this.isOpen && !this.scene.isOver) this.scene.tally.count(`close ${this.code ?? "without a code"}`)
    this.isOpen = false
  }

  say(joinRef, ref, topic, event, payload = {}) {
    return this.write(text([joinRef, ref, topic, event, payload]))
  }
}

/** { ok, reason } of a reply, null of what is none. */
export function replyOf(head) {
  const status = /"phx_reply",\{"status":"(ok|error)"/.exec(head)?.[1]
  return status ? { ok: status === "ok", reason: /"reason":"([^"]*)"/.exec(head)?.[1] ?? "" } : null
}

/** The reference of a message, as text. */
export const refOf = head => /^\[[^,]*,"?([^",]*)"?,/.exec(head)?.[1] ?? ""
