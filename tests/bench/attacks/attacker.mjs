// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// A process of its own: one part of an attack. Told to begin, it goes on for its time whatever it is
// answered, and says what it got.
import { constants, setPriority } from "node:os"
import { ATTACKS } from "./catalogue.mjs"
import { Scene } from "./scene.mjs"

const { name, part, ...where } = JSON.parse(process.argv[2])
const scene = new Scene(where)
const { setup, run } = ATTACKS.find(attack => attack.name === name).parts[part]

// An attacker has a machine of its own: here it gets what the daemon and Redis leave of this one.
setPriority(constants.priority.PRIORITY_LOW)
process.on("disconnect", () => process.exit())
process.once("message", async () => {
  await run(scene)
  await scene.end()
  process.send(scene.tally)
})
await setup?.(scene)
process.send("ready")
