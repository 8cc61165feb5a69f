// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A page of another origin in a real browser: what its scripts may read, and connect to. Skipped where
// there is no Chromium, but for CI.
import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test as nodeTest } from "node:test"
import { fileURLToPath } from "node:url"
import { Cluster, token } from "./cluster.mjs"

const isThere = spawnSync("chromium", ["--version"]).status === 0
const skip = !isThere && !process.env.CI ? "chromium is not installed" : false
const test = (name, run) => nodeTest(name, { timeout: 60_000, skip }, run)
const cluster = new Cluster()
const phoenix = readFileSync(fileURLToPath(import.meta.resolve("phoenix")))
let daemon, listed, foreign

/** Serves a page that runs `script`, and keeps what it reports. */
async function site() {
  const pages = { reports: [] }
  const server = createServer((request, response) => {
    if (request.url === "/phoenix.mjs")
      return response.setHeader("Content-Type", "text/javascript").end(phoenix)
    if (request.method !== "POST")
      return response.setHeader("Content-Type", "text/html").end(`<script type="module">${pages.script}</script>`)
    let body = ""
    request.on("data", data => { body += data })
    request.on("end", () => { pages.report(JSON.parse(body)); response.end() })
  })
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve))
  return Object.assign(pages, { server, origin: `http://127.0.0.1:${server.address().port}` })
}

/** What the function `what` returns in a page of the site. It gets the address of the daemon and a token. */
async function inBrowser(pages, what, user) {
  pages.script = `const what = ${what}
    const report = result => fetch("/", { method: "POST", body: JSON.stringify(result) })
    what("127.0.0.1:${daemon.port}", "${token(user)}").then(report, error => report({ error: String(error) }))`
  const reported = new Promise(resolve => { pages.report = resolve })
  const profile = mkdtempSync(join(tmpdir(), "chromium-"))
  const browser = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`, pages.origin], { stdio: "ignore", detached: true })
  const gone = new Promise(resolve => browser.once("exit", resolve))
  try {
    return await reported
  } finally {
    process.kill(-browser.pid, "SIGKILL") // with all of its processes, one of which may be writing still
    await gone
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 })
  }
}

before(async () => {
  if (skip) return
  ;[listed, foreign] = [await site(), await site()]
  await cluster.startRedis()
  daemon = await cluster.startDaemon({ AUTH_ORIGINS: listed.origin })
})
after(async () => {
  for (const pages of [listed, foreign]) pages?.server.close()
  await cluster.stop()
})

async function everything(host, token) {
  const call = async (path, options = {}) => {
    try {
      const response = await fetch(`http://${host}${path}`, options)
      return { status: response.status, why: response.headers.get("WWW-Authenticate"), body: await response.text() }
    } catch (error) {
      return { error: error.name }
    }
  }
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }
  const user = JSON.parse(atob(token.split(".")[1])).sub
  const put = await call(`/api/presence/users/${user}/status`,
    { method: "PUT", headers, body: JSON.stringify({ status: "busy" }) })
  const unknown = await call(`/api/presence/users/${user}`)
  const { Socket } = await import("/phoenix.mjs")
  const socket = new Socket(`ws://${host}/socket`, { params: { token }, reconnectAfterMs: () => 100_000 })
  const joined = await new Promise(resolve => {
    socket.onError(() => resolve("no connection"))
    socket.connect()
    const me = socket.channel(`presence:${user}`, { device_id: "web:1" })
    me.on("presence_state", state => resolve(state.status))
    me.join()
  })
  return { put, unknown, joined }
}

test("a page of a listed origin reads answers, and connects", async () => {
  const { put, unknown, joined } = await inBrowser(listed, everything, "browser")
  assert.equal(put.status, 200, JSON.stringify(put))
  assert.equal(JSON.parse(put.body).status, "offline")
  assert.equal(unknown.status, 401)
  assert.match(unknown.why, /^Bearer/)
  assert.equal(joined, "busy")
})

test("a page of another origin reads nothing, and does not connect", async () => {
  const result = await inBrowser(foreign, everything, "stranger")
  assert.deepEqual(result,
    { put: { error: "TypeError" }, unknown: { error: "TypeError" }, joined: "no connection" })
})
