// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What most test files begin with: Redis, some nodes, and their end.
import assert from "node:assert/strict"
import { after, before, test as nodeTest } from "node:test"
import { Client } from "./client.mjs"
import { Cluster, token } from "./cluster.mjs"

/** A test that hangs is a test that failed. */
export const test = (name, run, options = {}) => nodeTest(name, { timeout: 45_000, ...options }, run)

export const ADMIN = { user: "root", claims: { scope: "admin" } }

/** Call at the top of a file. What it answers is filled before the first test. */
export function fixture({ nodes = 2, clock = false, environment = {}, skews = [] } = {}) {
  const cluster = new Cluster({ clock })
  const result = { cluster, nodes: [], redis: null }
  before(async () => {
    await cluster.startRedis()
    for (let i = 0; i < nodes; ++i) {
      const skew = skews[i] ? cluster.skew(skews[i]) : {}
      result.nodes.push(await cluster.startDaemon({ ...environment, ...skew }))
    }
    result.redis = cluster.connect()
  })
  after(async () => {
    await Client.leaveAll()
    await cluster.stop()
  })
  return result
}

/** A REST call; answers { status, body }. */
export async function call(node, method, path, { user = "observer", claims = {}, body } = {}) {
  const response = await fetch(node.url + path, {
    method, body: body === undefined ? undefined : JSON.stringify(body),
    headers: { Authorization: `Bearer ${token(user, claims)}`, "Content-Type": "application/json" },
  })
  const text = await response.text()
  return { status: response.status, body: text === "" ? null : JSON.parse(text) }
}

export async function get(node, path, caller = {}) {
  const { status, body } = await call(node, "GET", path, caller)
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
  return body
}

export async function setStatus(node, user, body) {
  const { status, body: answer } = await call(node, "PUT", `/api/presence/users/${user}/status`, { user, body })
  assert.equal(status, 200, JSON.stringify(answer))
  return answer
}

export async function heartbeat(node, user, device, workspace) {
  return call(node, "POST", "/api/presence/heartbeat", { user, body: { device_id: device, workspace_id: workspace } })
}

/** The value of a metric that a stranger reads, 0 when it is not there. */
export async function metric(node, name) {
  const text = await (await fetch(node.url + "/metrics")).text()
  const line = text.split("\n").find(each => each.startsWith(name + " "))
  return line ? Number(line.slice(name.length + 1)) : 0
}
