// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Who is there, written as a node that is somewhere else would have written it; and what there is.

const BATCH = 1000

/** A workspace whose users are there for an hour. Needs a PRESENCE_TTL of as long. */
export async function fillWorkspace(redis, workspace, users) {
  const now = Math.floor(Date.now() / 1000)
  const session = `${(now + 3600) * 1000} ${now}000000 a web:1 ${workspace}`
  for (let from = 0; from < users; from += BATCH) {
    const metas = []
    const online = []
    const sessions = []
    for (let n = from; n < Math.min(from + BATCH, users); ++n) {
      const user = `member-${n}`
      metas.push(user, `{"phx_ref":"${now}000000","status":"online","custom_message":null,"emoji":null,`
        + `"online_at":${now}}`)
      online.push(now + 3600, user)
      sessions.push(redis.command("HSET", `presence:user:${user}`, `session:0123abcd-${n}`, session))
    }
    await Promise.all([...sessions, redis.command("HSET", `presence:workspace:${workspace}`, ...metas),
      redis.command("ZADD", `presence:online:${workspace}`, ...online)])
  }
  await redis.command("HSET", `presence:workspace:${workspace}`, "^sequence", 1, "^since", 1)
}

/** A channel that so many look at. No node knows it, so that none takes them for gone. */
export async function fillChannel(redis, channel, users) {
  const now = Math.floor(Date.now() / 1000)
  for (let from = 0; from < users; from += BATCH) {
    const metas = []
    const times = []
    const sessions = []
    for (let n = from; n < Math.min(from + BATCH, users); ++n) {
      const user = `viewer-${n}`
      metas.push(user, `{"phx_ref":"${now}000000","online_at":${now}}`)
      times.push(now, user)
      sessions.push(user, `0123abcd-${n}=${now},${now}000000`)
    }
    await Promise.all([redis.command("HSET", `presence:channel:${channel}:viewers`, ...metas),
      redis.command("ZADD", `presence:channel:${channel}`, ...times),
      redis.command("HSET", `presence:channel:${channel}:devices`, ...sessions)])
  }
  await redis.command("HSET", `presence:channel:${channel}:viewers`, "^sequence", 1, "^since", 1)
}

const SAMPLE = 200
const MANY = 100

/** Kinds of keys of which there are many: how many, and when they end. */
export async function summary(redis) {
  const kinds = new Map()
  let cursor = "0"
  do {
    const [next, keys] = await redis.command("SCAN", cursor, "COUNT", 5000)
    cursor = next
    for (const key of keys) {
      const kind = key.replace(/:w-\d+(?=:|$)/, ":*")
      if (!kinds.has(kind)) kinds.set(kind, { count: 0, sample: [] })
      const { sample } = kinds.get(kind)
      kinds.get(kind).count++
      if (sample.length < SAMPLE) sample.push(key)
    }
  } while (cursor !== "0")
  const many = [...kinds].filter(([kind, { count }]) => count >= MANY || kind.endsWith(":*"))
  return Promise.all(many.map(async ([kind, { count, sample }]) => `${count} ${kind} ${await ends(redis, sample)}`))
}

async function ends(redis, keys) {
  const ttls = await Promise.all(keys.map(key => redis.command("TTL", key)))
  const endless = ttls.filter(ttl => ttl === -1).length
  if (endless > 0) return `(${endless} of ${keys.length} never end)`
  return `(TTL ${Math.min(...ttls)} to ${Math.max(...ttls)} s)`
}

/** How many keys there are in five minutes, and in a day, when nothing else comes. */
export async function later(redis, clock) {
  const result = []
  for (const [name, seconds] of [["five minutes", 300], ["a day", 86_400]]) {
    clock.set(seconds + 10)
    await new Promise(resolve => setTimeout(resolve, 3000)) // Redis, and who sweeps, see to what is over
    result.push(`${await redis.command("DBSIZE")} keys after ${name}`)
  }
  return result
}
