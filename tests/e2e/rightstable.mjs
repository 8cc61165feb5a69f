// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Tables of server/auth/README.md: a row for what is tried, a column for who tries it, "yes" or nothing.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { test } from "./fixture.mjs"

const cells = line => line.split("|").slice(1, -1).map(cell => cell.trim())

/**
 * A test a cell of the table that begins with `head`. `who` has what attempts are called with, by the heads of the
 * table; `what` lists of attempts, which answer whether it may, by its rows.
 */
export function tableTests(head, who, what) {
  const readme = readFileSync(fileURLToPath(new URL("../../server/auth/README.md", import.meta.url)), "utf8")
  const lines = readme.split("\n")
  const begin = lines.findIndex(line => line.startsWith(head))
  const heads = cells(lines[begin]).slice(1)
  const rows = []
  for (let i = begin + 2; lines[i]?.startsWith("|"); ++i) rows.push(cells(lines[i]))

  test("the table is of all that is tried here, and nothing else", () => {
    assert.deepEqual(heads, Object.keys(who))
    assert.deepEqual(rows.map(([each]) => each), Object.keys(what))
  })
  for (const [each, ...marks] of rows) {
    for (const [i, mark] of marks.entries()) {
      test(`${each} by ${heads[i]}: ${mark || "no"}`, async () => {
        for (const attempt of what[each]) assert.equal(await attempt(who[heads[i]]), mark === "yes")
      })
    }
  }
}
