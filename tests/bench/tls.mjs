// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What TLS costs: the same clients at a daemon without it and at one with it, in turns, on one Redis.
//
//   PRESENCED=build/release/server/app/presenced node tests/bench/tls.mjs [connections (2000)]
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cluster, token } from "../e2e/cluster.mjs"

const WebSocket = createRequire(new URL("../e2e/", import.meta.url))("ws")
const COUNT = Number(process.argv[2] ?? 2000)
const MESSAGES = 20_000
const folder = mkdtempSync(join(tmpdir(), "presence-tls-"))

function certify(name, kind) {
  const key = kind === "rsa" ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
  execFileSync("openssl", ["req", "-x509", "-newkey", ...key, "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)], { stdio: "ignore" })
  return { TLS_CERT: join(folder, `${name}.pem`), TLS_KEY: join(folder, `${name}.key`) }
}

/** s of processor time, and MiB of memory, of a process. */
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")
  const rss = Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+)/m)[1])
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, rss: rss / 1024 }
}

const open = url => new Promise((resolve, reject) => {
  const socket = new WebSocket(url, { rejectUnauthorized: false })
  socket.on("open", () => resolve(socket)).on("error", reject)
})

async function measure(node, isEncrypted) {
  const url = `${isEncrypted ? node.socketUrl.replace("ws:", "wss:") : node.socketUrl}/websocket?vsn=2.0.0&token=${token("many")}`
  ;(await open(url)).terminate()
  const before = usage(node.pid)
  const sockets = []
  for (let i = 0; i < COUNT; i += 50) sockets.push(...await Promise.all(Array.from({ length: Math.min(50, COUNT - i) }, () => open(url))))
  const opening = usage(node.pid)
  await new Promise(resolve => setTimeout(resolve, 15_000)) // what the allocator keeps for a while is given back
  const opened = usage(node.pid)
  // One message at a time on each of 20 connections: each is a record, a read and a write.
  const busy = sockets.slice(0, 20)
  await Promise.all(busy.map(socket => new Promise(resolve => {
    let left = MESSAGES / busy.length
    const next = () => left-- > 0 ? socket.send('[null,"1","phoenix","heartbeat",{}]') : resolve()
    socket.on("message", next)
    next()
  })))
  const talked = usage(node.pid)
  for (const socket of sockets) socket.terminate()
  return { opening: (opening.cpu - before.cpu) * 1e6 / COUNT, memory: (opened.rss - before.rss) * 1024 / COUNT,
    message: (talked.cpu - opened.cpu) * 1e6 / MESSAGES }
}

const cluster = new Cluster({})
try {
  await cluster.startRedis()
  const kinds = { "ws": {}, "wss, P-256": certify("ec", "ec"), "wss, RSA 2048": certify("rsa", "rsa") }
  console.log("| | KB an idle connection | µs an opening | µs a heartbeat and its reply |\n|---|---|---|---|")
  for (let round = 0; round < 2; ++round) {
    for (const [name, environment] of Object.entries(kinds)) {
      const node = await cluster.startDaemon({ ...environment, PRESENCE_SHARDS: "1", LIMIT_USER_CONNECTIONS: "0",
        LIMIT_CONNECTION_MESSAGES: "0", LIMIT_USER_MESSAGES: "0", LIMIT_ADDRESS_MESSAGES: "0", LIMIT_ADDRESS_ACCEPTS: "0" })
      const { memory, opening, message } = await measure(node, name !== "ws")
      console.log(`| ${name} | ${memory.toFixed(1)} | ${opening.toFixed(0)} | ${message.toFixed(1)} |`)
      await node.stop()
    }
  }
} finally {
  await cluster.stop()
  rmSync(folder, { recursive: true })
}
