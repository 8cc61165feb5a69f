// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What long polling of phoenix 1.7, imported after this, needs of a browser.
import XMLHttpRequest from "xhr2"

globalThis.self = { XMLHttpRequest }
