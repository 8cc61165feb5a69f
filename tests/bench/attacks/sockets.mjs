// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What one user does by WebSockets.
import { PhoenixSocket, frame, refOf, replyOf } from "./peers.mjs"
import { fillWorkspace } from "./population.mjs"
import { changesByRest } from "./rest.mjs"

const USER = "mallory"
const TOPIC = `presence:${USER}`

/** Counts replies by what they say. */
function counting(scene, replied = () => {}) {
  return (head, socket) => {
    const reply = replyOf(head)
    if (!reply) { scene.tally.messages++; return }
    scene.tally.count(reply.ok ? "ok" : `"${reply.reason}"`)
    replied(reply, refOf(head), socket)
  }
}

const joining = (topic, payload = {}) => socket => socket.say("1", "1", topic, "phx_join", payload)

async function openJoined(scene, count, make) {
  let joined = 0
  const sockets = await scene.open(count, i => make(i, () => joined++))
  await scene.until(() => joined >= count)
  return sockets
}

const MEMBERS = 20_000
const A_SECOND = 45

/** Joins a large workspace and leaves it again and again. */
const rejoin = {
  name: "rejoin",
  environment: { PRESENCE_TTL: "3600" },
  prepare: site => fillWorkspace(site.redis, "large", MEMBERS),
  parts: [{
    async run(scene) {
      const [socket] = await scene.open(1, () => new PhoenixSocket(scene, USER, { message: counting(scene) }))
      let n = 0
      const timer = setInterval(() => {
        if (!socket.isOpen) return
        if (n > 0) socket.say(String(n), `leave-${n}`, "workspace:large", "phx_leave")
        n++
        socket.say(String(n), `join-${n}`, "workspace:large", "phx_join")
        scene.tally.count("joins sent")
      }, 1000 / A_SECOND)
      await scene.pause(scene.seconds * 1000)
      clearInterval(timer)
    },
  }],
}

const WATCHED = 100
const WATCHERS = 300
const TALKERS = Array.from({ length: WATCHED }, (_, i) => `talker-${i}`)
const TEXT = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}".repeat(38) // 950 bytes, 38 characters

/** Many sockets that watch and never read, while those whom they watch change. */
const unread = {
  name: "unread",
  seconds: 15, // the kernel takes the first 6 MB of each
  parts: [{
    // A user has a hundred devices at most.
    setup: scene => openJoined(scene, WATCHERS, (i, joined) => new PhoenixSocket(scene, `${USER}-${i % 4}`, {
      joined: socket => {
        joining(`${TOPIC}-${i % 4}`, { device_id: `web:${i}` })(socket)
        socket.say("1", "2", `${TOPIC}-${i % 4}`, "watch", { user_ids: TALKERS })
      },
      message: counting(scene, (reply, ref, socket) => {
        if (ref !== "2") return
        socket.socket.pause()
        joined()
      }),
    })),
    run: scene => scene.pause(scene.seconds * 1000),
  }, {
    setup: async scene => {
      scene.talkers = await openJoined(scene, WATCHED, (i, joined) => new PhoenixSocket(scene, `talker-${i}`, {
        joined: joining(`presence:talker-${i}`, { device_id: "web:1" }),
        message: counting(scene, (reply, ref) => { if (ref === "1") joined() }),
      }))
    },
    async run(scene) {
      let n = 0
      const timer = setInterval(() => {
        n++
        for (const [i, talker] of scene.talkers.entries()) {
          if (!talker.isOpen) continue
          talker.say("1", String(n), `presence:talker-${i}`, "set_status", { custom_message: `${n} ${TEXT}` })
        }
      }, 100)
      await scene.pause(scene.seconds * 1000)
      clearInterval(timer)
    },
  }],
}

const LIST = 10_000 // as many as a socket watches; of three characters they fit into a message
const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
const shortName = n => LETTERS[Math.floor(n / 3844) % 62] + LETTERS[Math.floor(n / 62) % 62] + LETTERS[n % 62]
const listOf = from => Array.from({ length: LIST }, (_, i) => shortName(from + i))

/** Joins, watches as many as may be, leaves, and begins again: each join has a new allowance. */
class Reader extends PhoenixSocket {
  #round = 0
  #begun = 0

  constructor(scene) {
    super(scene, USER, {
      joined: () => this.begin(),
      message: counting(scene, (reply, ref) => this.#replied(reply, ref)),
    })
  }

  begin() {
    this.#round++
    this.#begun = performance.now()
    this.#push("join", "phx_join", { device_id: "web:1" })
  }

  /** Not to be answered is no reason to wait for ever. */
  prod() { if (this.isOpen && performance.now() - this.#begun > 5000) this.begin() }

  #push(name, event, payload = {}) { this.say(String(this.#round), `${name}-${this.#round}`, TOPIC, event, payload) }

  #replied(reply, ref) {
    const [name, round] = ref.split("-")
    if (Number(round) !== this.#round || this.scene.isOver) return
    if (name === "watch" && reply.ok) this.scene.tally.count("rows", LIST)
    if (name === "join") this.#push("watch", "watch", { user_ids: LOOKED_UP })
    else if (name === "watch") this.#push("leave", "phx_leave")
    else this.begin()
  }
}

const LOOKED_UP = listOf(0)

const lookups = {
  name: "lookups",
  parts: [{
    async run(scene) {
      const [reader] = await scene.open(1, () => new Reader(scene))
      const timer = setInterval(() => reader.prod(), 500)
      await scene.pause(scene.seconds * 1000)
      clearInterval(timer)
      scene.tally.note(`${Math.round((scene.tally.counts.rows ?? 0) / scene.seconds)} rows a second`)
    },
  }],
}

/** Ten sockets, each of which watches as many as a socket may, all different. */
const subscriptions = {
  name: "subscriptions",
  parts: [{
    async run(scene) {
      const watch = (socket, i) => socket.say("1", "watch", TOPIC, "watch", { user_ids: listOf(i * LIST) })
      const sockets = await scene.open(10, i => new PhoenixSocket(scene, USER, {
        joined: socket => {
          socket.watches = 0
          joining(TOPIC, { device_id: `web:${i}` })(socket)
          watch(socket, i)
        },
        message: counting(scene, (reply, ref, socket) => {
          if (ref !== "watch") return
          if (reply.ok) socket.watches = LIST
          else setTimeout(() => { if (socket.isOpen) watch(socket, i) }, 200)
        }),
      }))
      await scene.pause(scene.seconds * 1000)
      const held = sockets.reduce((sum, each) => sum + (each.isOpen ? each.watches : 0), 0)
      scene.tally.note(`${held} subscriptions at the end`)
    },
  }],
}

/** Those who are told, in a process of their own; they only count bytes. */
const watchers = {
  async setup(scene) {
    await openJoined(scene, WATCHERS, (i, joined) => new PhoenixSocket(scene, `watcher-${i}`, {
      joined: socket => { joining(`user:${USER}`)(socket); joined() },
    }))
    await scene.pause(500)
  },
  async run(scene) {
    const before = scene.bytesGot()
    await scene.pause(scene.seconds * 1000)
    const rate = (scene.bytesGot() - before) / scene.seconds / 1e6
    scene.tally.note(`${scene.tally.messages} messages, ${rate.toFixed(1)} MB a second to ${WATCHERS} watchers`)
  },
}

const TALKING = 40

/** One user on many sockets, each as fast as a socket may be. */
const changesBySocket = {
  setup: async scene => {
    scene.talkers = await openJoined(scene, TALKING, (i, joined) => new PhoenixSocket(scene, USER, {
      joined: joining(TOPIC, { device_id: `web:${i}` }),
      message: counting(scene, (reply, ref) => {
        if (ref === "1") joined()
        else if (reply.ok) scene.tally.count("changes")
      }),
    }))
  },
  async run(scene) {
    let n = 0
    const timer = setInterval(() => {
      for (const talker of scene.talkers) {
        n++
        const change = { status: n % 2 ? "busy" : "away", custom_message: String(n) }
        if (talker.isOpen) talker.say("1", `c${n}`, TOPIC, "set_status", change)
      }
    }, 10)
    await scene.pause(scene.seconds * 1000)
    clearInterval(timer)
  },
}

const FRAMES = 10_000

/** Pieces of a message that are empty, and never the last. */
const frames = {
  name: "frames",
  seconds: 10,
  parts: [{
    async run(scene) {
      const empty = Buffer.concat(Array.from({ length: FRAMES }, () => frame(0x00)))
      const pour = socket => {
        while (!scene.isOver && socket.isOpen && socket.write(empty)) { /* until the kernel is full */ }
      }
      const [socket] = await scene.open(1, () => new PhoenixSocket(scene, USER, {
        joined: peer => {
          peer.write(frame(0x01, Buffer.from("[")))
          peer.socket.on("drain", () => pour(peer))
          pour(peer)
        },
      }))
      await scene.pause(scene.seconds * 1000)
      const { bytesWritten, writableLength, destroyed } = socket.socket
      const taken = scene.tally.sent + (destroyed ? 0 : bytesWritten - writableLength)
      scene.tally.note(`${Math.round(taken / 6 / scene.seconds)} frames a second were taken`)
    },
  }],
}

export const attacks = [
  rejoin, unread, lookups, subscriptions,
  { name: "changes-rest", parts: [changesByRest, watchers] },
  { name: "changes-socket", parts: [changesBySocket, watchers] },
  frames,
]
