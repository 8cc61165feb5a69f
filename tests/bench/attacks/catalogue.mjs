// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// All attacks. An attack has a `name` and `parts`, each of which is a process of its own with an optional
// `setup`, which is not measured, and `run`; and perhaps `seconds`, an `environment` and a `wrapper` for
// the daemon, `prepare` for what is there before, and `after` for what is left in Redis.
import { attacks as connections } from "./connections.mjs"
import { attacks as rest } from "./rest.mjs"
import { attacks as sockets } from "./sockets.mjs"

export const ATTACKS = [...connections, ...rest, ...sockets]
