// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The configuration as an operator meets it: a file, the commands that check and show it, SIGHUP, tokens.
import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import WebSocket from "ws"
import { Cluster, eventually } from "./cluster.mjs"
import { Redis } from "./redis.mjs"

const directory = mkdtempSync(join(tmpdir(), "presence-configuration-"))
const cluster = new Cluster()
await cluster.startRedis()
const children = []
after(async () => {
  for (const child of children) child.kill("SIGKILL")
  await cluster.stop()
  rmSync(directory, { recursive: true, force: true })
})

const environment = { PATH: process.env.PATH, TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? "" }

/** { status, stdout, stderr } of a command. */
function run(words, variables = {}) {
  return spawnSync(process.env.PRESENCED, words, { env: { ...environment, ...variables }, encoding: "utf8" })
}

function write(name, lines) {
  const path = join(directory, name)
  writeFileSync(path, lines.join("\n"))
  return path
}

/** A daemon until the test ends: { url, log(), hangUp(), ended }. */
async function start(words, variables = {}) {
  const child = spawn(process.env.PRESENCED, words, { env: { ...environment, ...variables } })
  children.push(child)
  let [output, log] = ["", ""]
  child.stdout.on("data", data => { output += data })
  child.stderr.on("data", data => { log += data })
  const ended = new Promise(resolve => child.once("exit", resolve))
  let found
  await eventually(() => assert(found = output.match(/listens on (.*)\n/), log))
  return { url: `http://${found[1]}`, output: () => output, log: () => log, ended, hangUp: () => child.kill("SIGHUP"),
    stop: () => child.kill("SIGTERM") }
}

test("commands say what is wrong, and exit codes are those that are documented", () => {
  const file = write("good.yaml", ["PRESENCE_TTL: 90", "REDIS_PASSWORD: hush"])
  let done = run(["--config", file, "config", "check"])
  assert.equal(done.status, 0)
  done = run(["config", "show", "--config", file], { TYPING_TTL: "9" })
  assert.match(done.stdout, /^PRESENCE_TTL: 90 # file$/m)
  assert.match(done.stdout, /^TYPING_TTL: 9 # environment$/m)
  assert.doesNotMatch(done.stdout, /hush/)
  done = run(["--config", write("bad.yaml", ["# of ours", "PRESENCE_TLL: 90"]), "config", "check"])
  assert.equal(done.status, 78)
  assert.match(done.stderr, /bad\.yaml:2: PRESENCE_TLL is no variable of presenced: PRESENCE_TTL was meant\?/)
  done = run([], { PRESENCE_TLL: "90" })
  assert.equal(done.status, 78)
  const secret = { AUTH_JWT_SECRET: "a secret of 32 bytes, or some more" }
  for (const words of [["token", "--sub", "amy", "--ttl", "0s"], ["token", "--sub", "a b"], ["token", "--sub", "amy", "--scope", "x"], ["--config", ""]])
    assert.equal(run(words, secret).status, 64, `${words}`)
  assert.equal(run(["token", "--sub", "amy"]).status, 78)
  // What the variables name is looked at as well, and the daemon does not start with it either.
  for (const [name, value] of [["AUTH_JWKS_FILE", "/nonexistent"], ["MONGODB_URI", "foo"], ["TLS_CERT", "/nonexistent"]]) {
    const variables = { ...secret, [name]: value, ...(name === "TLS_CERT" ? { TLS_KEY: "/nonexistent" } : {}) }
    for (const words of [["config", "check"], []]) {
      done = run(words, variables)
      assert.equal(done.status, 78, `${name} ${words}: ${done.stderr}`)
      assert.match(done.stderr, new RegExp(name))
    }
  }
  for (const words of [["start"], ["config"], ["config", "check", "more"], ["--confg"], ["token"], ["--sub", "x"]]) {
    done = run(words)
    assert.equal(done.status, 64, `${words}`)
    assert.match(done.stderr, /presenced --help/)
  }
  // Fatal lines are as the log is.
  done = run([], { LOG_FORMAT: "json", PRESENCE_TTL: "x" })
  assert.equal(done.status, 78)
  assert.match(JSON.parse(done.stderr).message, /PRESENCE_TTL=x: must be a whole number/)
  done = run(["--config", write("json.yaml", ["LOG_FORMAT: json", "PRESENCE_TTL: x"])])
  assert.match(JSON.parse(done.stderr).message, /PRESENCE_TTL=x/)
  done = run(["config", "default"])
  assert.equal(run(["--config", write("default.yaml", [done.stdout]), "config", "check"]).status, 0)
})

test("a hang-up reads secrets, origins, limits and the log's level again, and names what needs a restart", async () => {
  const secrets = ["first", "second"].map(word => word.repeat(8))
  const secret = write("secret", [secrets[0]])
  const settings = { REDIS_URL: `unix://${cluster.socket}`, AUTH_JWT_SECRET_FILE: secret, PRESENCE_BIND: "127.0.0.1",
    PRESENCE_PORT: "0", METRICS_BIND: "none", LOG_LEVEL: "warning" }
  const save = more => write("presenced.yaml", Object.entries({ ...settings, ...more }).map(([name, value]) => `${name}: "${value}"`))
  const file = save({})
  const node = await start(["--config", file])
  const token = (...words) => run(["--config", file, "token", "--sub", "ops", ...words]).stdout.trim()
  const ask = async (bearer, path = "/api/presence/users/ops", headers = {}) =>
    fetch(node.url + path, { headers: { authorization: `Bearer ${bearer}`, ...headers } })
  const [admin, user] = [token("--scope", "admin", "--ttl", "8h"), token()]
  assert.equal((await ask(admin, "/metrics")).status, 200)
  assert.equal((await ask(user, "/metrics")).status, 403)
  const origin = { origin: "https://app.example.com" }
  assert.equal((await ask(user, undefined, origin)).headers.get("access-control-allow-origin"), null)
  // What is wrong changes nothing.
  save({ LIMIT_USER_CONNECTIONS: "many" })
  node.hangUp()
  await eventually(() => assert.match(node.log(), /the configuration stays as it is: LIMIT_USER_CONNECTIONS=many/))
  assert.equal((await ask(user)).status, 200)
  writeFileSync(secret, secrets[1])
  save({ AUTH_ORIGINS: origin.origin, LIMIT_USER_REQUESTS: "1/m burst=3", PRESENCE_TTL: "90", LOG_LEVEL: "info" })
  node.hangUp()
  await eventually(() => assert.match(node.log(), /needs a restart: PRESENCE_TTL/))
  assert.equal((await ask(user)).status, 401)
  const next = token()
  const answer = await ask(next, undefined, origin)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get("access-control-allow-origin"), origin.origin)
  const answers = []
  for (let i = 0; i < 8; ++i) answers.push((await ask(next)).status)
  assert.equal(answers.at(-1), 429)
  // What was rotated stays so, whatever comes then.
  for (const [broken, why] of [[{ LOG_LEVEL: "loud" }, /LOG_LEVEL=loud/], [null, /AUTH_JWT_SECRET is gone|is empty/]]) {
    const before = node.log().length
    if (broken) save(broken)
    else writeFileSync(file, "# nothing\n")
    node.hangUp()
    await eventually(() => assert.match(node.log().slice(before), why))
    assert.equal((await ask(user)).status, 401)
    assert.notEqual((await ask(next)).status, 401)
  }
  node.stop()
  assert.equal(await node.ended, 0)
})

test("the lines for the first minute work where the daemon is bound to ::1", async () => {
  const node = await start([], { REDIS_URL: `unix://${cluster.socket}`, PRESENCE_BIND: "::1", PRESENCE_PORT: "0", METRICS_BIND: "none",
    PRESENCE_STATE_DIR: directory })
  assert.match(node.url, /^http:\/\/\[::1\]:\d+$/)
  let line
  const tokens = () => readFileSync(node.log().match(/tokens for this run are in (\S+)/)[1], "utf8")
  await eventually(() => assert(line = tokens().match(/curl -H 'Authorization: (Bearer \S+)' (\S+)/)))
  const answer = await fetch(line[2], { headers: { authorization: line[1] } })
  assert.equal(answer.status, 200)
  node.stop()
  await node.ended
})

test("two nodes of one name say so", async () => {
  const settings = { REDIS_URL: `unix://${cluster.socket}`, AUTH_JWT_SECRET: "a secret of 32 bytes, or some more",
    PRESENCE_BIND: "127.0.0.1", PRESENCE_PORT: "0", METRICS_BIND: "none" }
  const named = async name => start([], { ...settings, NODE_NAME: name })
  const nodes = [await named("twin"), await named("twin"), await named("single")]
  await eventually(() => {
    for (const node of nodes.slice(0, 2)) assert.match(node.log(), /Another process is named twin as well/)
  }, 20_000)
  assert.doesNotMatch(nodes[2].log(), /as well/)
  for (const node of nodes) node.stop()
  for (const node of nodes) await node.ended
  // One that comes after another is none.
  const redis = new Redis(cluster.socket)
  await redis.command("HSET", "presence:node:single", "instance", "of before")
  const again = await named("single")
  const seenAt = async () => Number(await redis.command("HGET", "presence:node:single", "seen_at"))
  const first = await seenAt()
  await eventually(async () => assert((await seenAt()) >= first + 2), 20_000)
  assert.doesNotMatch(again.log(), /as well/)
  redis.close()
  again.stop()
  await again.ended
})

test("/metrics says how the process is, and why connections were closed", async () => {
  const settings = { REDIS_URL: `unix://${cluster.socket}`, AUTH_JWT_SECRET: "a secret of 32 bytes, or some more",
    PRESENCE_BIND: "127.0.0.1", PRESENCE_PORT: "0", METRICS_BIND: "none", METRICS_PUBLIC: "true" }
  const node = await start([], settings)
  const token = run(["token", "--sub", "amy"], settings).stdout.trim()
  const read = async () => new Map([...(await (await fetch(`${node.url}/metrics`)).text()).matchAll(/^([a-z_]+(?:{.*})?) (\S+)$/gm)]
    .map(([, name, value]) => [name, Number(value)]))
  const close = async code => {
    const socket = new WebSocket(`${node.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0&token=${token}`)
    await new Promise((resolve, reject) => { socket.once("open", resolve); socket.once("error", reject) })
    socket.close(code)
    await new Promise(resolve => socket.once("close", resolve))
  }
  await close(1000)
  await close(1000)
  await close(3999)
  await eventually(async () => {
    const metrics = await read()
    assert.equal(metrics.get('presence_closed_total{code="1000"}'), 2)
    assert.equal(metrics.get('presence_closed_total{code="other"}'), 1)
    assert.equal(metrics.get('presence_closed_total{code="4500"}'), 0)
    assert(metrics.get("presence_loop_lag_seconds_count") > 0)
  }, 20_000)
  const metrics = await read()
  assert(metrics.get("process_resident_memory_bytes") > 1e6)
  assert(metrics.get("process_open_fds") > 10 && metrics.get("process_open_fds") < metrics.get("process_max_fds"))
  assert(metrics.get("process_cpu_seconds_total") > 0)
  const reconnects = metrics.get("presence_redis_reconnects_total")
  const redis = new Redis(cluster.socket)
  await redis.command("CLIENT", "KILL", "TYPE", "normal")
  redis.close()
  await eventually(async () => assert((await read()).get("presence_redis_reconnects_total") > reconnects))
  node.stop()
  await node.ended
})

test("a second signal does not wait for clients to be drained", async () => {
  const settings = { REDIS_URL: `unix://${cluster.socket}`, AUTH_JWT_SECRET: "a secret of 32 bytes, or some more",
    PRESENCE_BIND: "127.0.0.1", PRESENCE_PORT: "0", METRICS_BIND: "none" }
  const node = await start([], settings)
  const token = run(["token", "--sub", "amy"], settings).stdout.trim()
  const sockets = Array.from({ length: 30 }, () => new WebSocket(`${node.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0&token=${token}`))
  const codes = []
  for (const socket of sockets) socket.once("close", code => codes.push(code))
  await Promise.all(sockets.map(socket => new Promise((resolve, reject) => { socket.once("open", resolve); socket.once("error", reject) })))
  node.stop()
  await eventually(() => assert(codes.includes(4502)))
  node.stop()
  assert.equal(await node.ended, 0)
  await eventually(() => assert.equal(codes.length, sockets.length))
  // They are told within 5 s, one after the other; most had not been.
  assert(codes.filter(code => code === 4502).length < 15, `${codes}`)
})
