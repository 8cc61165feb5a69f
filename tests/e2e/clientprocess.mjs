// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A client in a process of its own, to be killed or stopped: the socket of a stopped process stays
// open without an answer, as that of a laptop that sleeps.
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { busybody } from "./witness.mjs"

const SELF = fileURLToPath(import.meta.url)
const children = []

/** A busybody; answers { signal } when it is there. */
export async function startClientProcess({ socketUrl }, user, { workspace, channel }) {
  const child = fork(SELF, [JSON.stringify({ node: { socketUrl }, user, place: { workspace, channel } })])
  children.push(child)
  await new Promise((resolve, reject) => {
    child.once("message", resolve)
    child.once("exit", code => reject(new Error(`the client ended with ${code}`)))
  })
  return { signal: name => child.kill(name) }
}

export function killClientProcesses() {
  for (const child of children) child.kill("SIGKILL")
}

if (process.argv[1] === SELF) {
  const { node, user, place } = JSON.parse(process.argv[2])
  await busybody(node, user, place)
  process.send("ready")
}
