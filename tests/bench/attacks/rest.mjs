// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What one user does by REST.
import { Asker, request } from "./peers.mjs"
import { percentile } from "./scene.mjs"
import { fillChannel, later, summary } from "./population.mjs"

const USER = "mallory"

/** Asks for the whole time on so many connections. */
async function ask(scene, connections, next, options) {
  await scene.open(connections, () => new Asker(scene, next, options))
  await scene.pause(scene.seconds * 1000)
}

const inTurn = list => { let at = 0; return () => list[at++ % list.length] }

/** A thousand unknown users. */
function bulk(connections) {
  return {
    name: `bulk-${connections}`,
    parts: [{
      run: scene => ask(scene, connections, inTurn(Array.from({ length: 8 }, (_, list) =>
        request("POST", "/api/presence/bulk", { token: scene.token(USER),
          body: { user_ids: Array.from({ length: 1000 }, (_, i) => `nobody-${list}-${i}`) } })))),
    }],
  }
}

const SIGN_OFFS = 5000

/** Signs off devices that there never were; then looks at itself. */
const signoffs = {
  name: "signoffs",
  parts: [{
    async run(scene) {
      const token = scene.token(USER)
      const end = performance.now() + scene.seconds * 1000
      let asked = 0
      let accepted = 0
      const signOff = () => request("DELETE", `/api/presence/users/${USER}/devices/device-${asked++}`, { token })
      await scene.open(16, () => new Asker(scene, () => (accepted < SIGN_OFFS ? signOff() : null),
        { answered: status => { if (status === 204) accepted++ } }))
      await scene.until(() => accepted >= SIGN_OFFS, (scene.seconds - 2) * 1000)
      scene.tally.note(`${accepted} signed off in ${(scene.seconds - (end - performance.now()) / 1000).toFixed(1)} s`)
      const look = request("GET", `/api/presence/users/${USER}`, { token })
      const times = []
      let begun = 0
      await scene.open(1, () => new Asker(scene, () => {
        if (times.length === 100) return null
        begun = performance.now()
        return look
      }, { answered: () => times.push(performance.now() - begun) }))
      await scene.until(() => times.length === 100, Math.max(500, end - performance.now()))
      if (times.length > 0) {
        times.sort((a, b) => a - b)
        const [p50, p99] = [0.5, 0.99].map(p => percentile(times, p).toFixed(2))
        scene.tally.note(`then a GET of itself p50 ${p50} ms, p99 ${p99} ms`)
      }
      await scene.pause(Math.max(0, end - performance.now()))
    },
  }],
  after: async ({ redis }) =>
    [`${await redis.command("HLEN", `presence:user:${USER}:signed_off`)} devices are remembered`],
}

/** One device that is in another workspace each time. */
const workspaces = {
  name: "workspaces",
  seconds: 12,
  environment: { PRESENCE_TTL: "60", HEARTBEAT_INTERVAL: "15000" }, // as by default: the keys' own ends are looked at
  parts: [{
    run: scene => {
      const token = scene.token(USER)
      let made = 0
      return ask(scene, 32, () => request("POST", "/api/presence/heartbeat",
        { token, body: { device_id: "web:1", workspace_id: `w-${made++}` } }), { depth: 4 })
    },
  }],
  laterOn: true,
  after: async ({ redis, cluster }) => [...await summary(redis), ...cluster.clock ? await later(redis, cluster.clock) : []],
}

const VIEWERS = 30_000

const viewers = {
  name: "viewers",
  environment: { VIEW_TTL: "86400" },
  prepare: site => fillChannel(site.redis, "crowded", VIEWERS),
  parts: [{
    run: scene => ask(scene, 200,
      inTurn([request("GET", "/api/presence/channel/crowded/viewers", { token: scene.token(USER) })])),
  }],
}

const MESSAGE = "x".repeat(100)

/** One user that changes its status as fast as it can, on as many connections as it likes. */
export const changesByRest = {
  async run(scene) {
    const token = scene.token(USER)
    let n = 0
    await ask(scene, 32, () => request("PUT", `/api/presence/users/${USER}/status`,
      { token, body: { status: n % 2 ? "busy" : "away", custom_message: `${n++} ${MESSAGE}` } }),
    { answered: status => { if (status === 200) scene.tally.count("changes") } })
  },
}

/** Sessions of long polling that nobody polls. */
const longpolls = {
  name: "longpolls",
  parts: [{
    async run(scene) {
      const hello = request("GET", `/socket/longpoll?vsn=2.0.0&token=${scene.token(USER)}`)
      const end = performance.now() + 1000
      await scene.open(4, () => new Asker(scene, () => (performance.now() < end ? hello : null), {
        depth: 8, keeps: true,
        answered: (status, body) => { if (body.includes('"token":"lp.')) scene.tally.count("sessions in 1 s") },
      }))
      await scene.pause(scene.seconds * 1000)
    },
  }],
}

const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(found => found[1]))].join(" ")

/** What a stranger reads without a token. */
const health = {
  name: "health",
  seconds: 2,
  parts: [{
    async run(scene) {
      const url = `http://127.0.0.1:${scene.port}`
      for (const path of ["/health", "/health/ready", "/health/live", "/metrics"]) {
        const answer = await fetch(url + path)
        const body = await answer.text()
        const found = body.startsWith("{") ? names(body, /"(\w+)":/g)
          : names(body, /^(\w+(?:\{(?:workspace_id|channel_id|version)="[^"]*"\})?)/gm)
        scene.tally.note(`GET ${path} says ${answer.status}: ${found || JSON.stringify(body.slice(0, 60))}`)
      }
      await scene.pause(scene.seconds * 1000)
    },
  }],
}

export const attacks = [bulk(400), bulk(32), signoffs, workspaces, viewers, longpolls, health]
