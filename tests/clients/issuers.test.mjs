// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Tokens and keys as the libraries of identity providers make them. run.sh fetches them.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import { Cluster } from "../e2e/cluster.mjs"
import { test } from "../e2e/fixture.mjs"

const at = (...path) => join(process.env.CLIENTS, ...path)
const ISSUERS = {
  PyJWT: [at("python/bin/python"), new URL("issuer.py", import.meta.url).pathname],
  Nimbus: ["java", "-cp", `${at("java")}:${at("java/lib/*")}`, "Issuer"],
}

const directory = mkdtempSync(join(tmpdir(), "presence-issuers-"))
const cluster = new Cluster({})
before(() => cluster.startRedis())
after(async () => {
  await cluster.stop()
  rmSync(directory, { recursive: true })
})

for (const [name, [program, ...args]] of Object.entries(ISSUERS)) {
  test(`tokens of ${name} are good, and none is with a bit flipped`, async () => {
    const { jwks, tokens } = JSON.parse(execFileSync(program, args, { encoding: "utf8" }))
    const file = join(directory, `${name}.json`)
    writeFileSync(file, JSON.stringify(jwks))
    const node = await cluster.startDaemon({ AUTH_JWT_SECRET: undefined, AUTH_JWKS_FILE: file })
    const ask = async token => (await fetch(`${node.url}/api/presence/users/alice`, { headers: { Authorization: `Bearer ${token}` } })).status
    assert.equal(Object.keys(tokens).length, 5)
    for (const [algorithm, token] of Object.entries(tokens)) {
      assert.equal(await ask(token), 200, algorithm)
      const [head, claims, signature] = token.split(".")
      const bytes = Buffer.from(signature, "base64url")
      for (const bit of [0, 7, 8 * bytes.length - 1, 4 * bytes.length]) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert.equal(await ask(`${head}.${claims}.${flipped.toString("base64url")}`), 401, `${algorithm}, bit ${bit}`)
      }
    }
  })
}
