// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A real proxy in front of nodes, with the configuration that is shipped.
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { eventually } from "./cluster.mjs"

const shipped = name => readFileSync(fileURLToPath(new URL(`../../packaging/proxies/${name}`, import.meta.url)), "utf8")

const KINDS = {
  nginx: {
    file: "nginx.conf",
    command: directory => ["nginx", "-c", join(directory, "main.conf"), "-p", directory],
    main: (text, directory) => `daemon off; pid nginx.pid; error_log error.log; worker_processes 1;
      ${process.getuid() === 0 ? "user root;" : ""}
      events { worker_connections 20000; } http { access_log off; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map(each => `${each}_temp_path ${directory}/${each};`).join(" ")} include nginx.conf; }`,
    version: "-v",
  },
  haproxy: {
    file: "haproxy.cfg",
    command: directory => ["haproxy", "-db", "-f", join(directory, "main.conf")],
    main: text => text,
    version: "-v",
  },
  caddy: {
    file: "Caddyfile",
    command: directory => ["caddy", "run", "--adapter", "caddyfile", "--config", join(directory, "main.conf")],
    main: (text, directory) => `{\n\tadmin off\n\tauto_https off\n\tstorage file_system ${directory}\n}\n${text}`,
    version: "version",
  },
}

export const proxies = Object.keys(KINDS)

/** Why there is nothing to test, or false. */
export function missing(kind) {
  const isThere = spawnSync(KINDS[kind].command("")[0], [KINDS[kind].version]).status === 0
  return !isThere && !process.env.CI ? `${kind} is not installed` : false
}

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/**
 * Starts it in front of three nodes; answers { url, socketUrl, secureUrl, secureSocketUrl, stop }. `edit` may change
 * the configuration.
 */
export async function startProxy(kind, nodes, edit = text => text) {
  const directory = mkdtempSync(join(tmpdir(), `${kind}-`))
  const [plain, secure] = [await freePort(), await freePort()]
  const at = name => join(directory, name)
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-keyout", at("presenced.key"), "-out", at("presenced.crt"), "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" })
  writeFileSync(at("presenced.pem"), readFileSync(at("presenced.crt")) + readFileSync(at("presenced.key")))
  let text = shipped(KINDS[kind].file)
  nodes.forEach((node, i) => { text = text.replaceAll(`10.0.0.${i + 1}:4001`, `127.0.0.1:${node.port}`) })
  text = text.replaceAll("/etc/ssl/", `${directory}/`)
  if (kind === "caddy") {
    const site = text.slice(text.indexOf(":80 {"))
    text = `http://${site}\n${site.replace(":80 {", `https://localhost:443 {\n\ttls ${at("presenced.crt")} ${at("presenced.key")}`)}`
  }
  text = edit(text.replace(/(listen |bind :|http:\/\/:)80\b/, `$1${plain}`)
    .replace(/(listen |bind :|localhost:)443\b/, `$1${secure}`))
  writeFileSync(at(KINDS[kind].file), text)
  writeFileSync(at("main.conf"), KINDS[kind].main(text, directory))
  const [program, ...args] = KINDS[kind].command(directory)
  const child = spawn(program, args, { stdio: "ignore", env: { ...process.env, HOME: directory } })
  const gone = new Promise(resolve => child.once("exit", resolve))
  const stop = async () => {
    child.kill("SIGTERM")
    await gone
    rmSync(directory, { recursive: true, force: true })
  }
  const answers = port => new Promise((resolve, reject) => {
    const probe = createConnection(port, "127.0.0.1", () => { probe.end(); resolve() })
    probe.once("error", reject)
  })
  try {
    await eventually(async () => { await answers(plain); await answers(secure) })
  } catch (error) {
    await stop()
    throw new Error(`${kind} does not start`, { cause: error })
  }
  return {
    url: `http://localhost:${plain}`, socketUrl: `ws://localhost:${plain}/socket`,
    secureUrl: `https://localhost:${secure}`, secureSocketUrl: `wss://localhost:${secure}/socket`, stop,
  }
}
