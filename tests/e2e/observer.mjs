// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// observer.mjs <port> <user> <device> <workspace> [channel]: a device in a process of its own, which
// looks at the channel and types in it. Prints what it is told, a line of JSON each, and ends when its
// connection is closed. It may be killed, or stopped: its socket stays open without an answer, as that
// of a laptop that sleeps.
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Client } from "./client.mjs"

const SELF = fileURLToPath(import.meta.url)
const children = []

/** Answers { signal } when it is there. */
export async function startObserver({ port }, user, { workspace, channel }) {
  const child = spawn(process.execPath, [SELF, port, user, "web:1", workspace, channel],
    { stdio: ["ignore", "pipe", "inherit"] })
  children.push(child)
  await new Promise((resolve, reject) => {
    child.stdout.on("data", lines => { if (lines.includes('"joined"')) resolve() })
    child.once("exit", code => reject(new Error(`the observer ended with ${code}`)))
  })
  return { signal: name => child.kill(name) }
}

export function killObservers() {
  for (const child of children) child.kill("SIGKILL")
}

if (process.argv[1].endsWith("/observer.mjs")) {
  const [port, user, device, workspace, channel] = process.argv.slice(2)
  const print = line => process.stdout.write(JSON.stringify(line) + "\n")
  const client = new Client({ socketUrl: `ws://127.0.0.1:${port}/socket` }, user)
  client.inbox = { push: print }
  client.socket.onClose(({ code }) => {
    print({ event: "closed", code })
    process.exit(0)
  })
  await client.enter(workspace, device)
  if (channel) for (const event of ["join_channel", "typing_start"]) await client.say(event, { channel_id: channel })
  print({ event: "joined" })
}
