// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The wall clock of a program that has the library clockshift preloaded.
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs"

const LIBRARY = process.env.CLOCKSHIFT ?? "../../build/dev/tests/support/clockshift.so"

export class Clock {
  #file
  #seconds

  constructor(file, seconds = 0) {
    this.#file = file
    writeFileSync(file, Buffer.alloc(8))
    this.set(seconds)
  }

  get environment() {
    return { LD_PRELOAD: LIBRARY, CLOCKSHIFT_FILE: this.#file }
  }

  /** Seconds that the clock is ahead of that of the machine. */
  get offset() { return this.#seconds }

  /** Seconds since the epoch, as the program has it. */
  now() { return Date.now() / 1000 + this.#seconds }

  set(seconds) {
    this.#seconds = seconds
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000n)
    const file = openSync(this.#file, "r+")
    writeSync(file, bytes, 0, 8, 0)
    closeSync(file)
  }

  step(seconds) { this.set(this.#seconds + seconds) }
}
