// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/threadscope.h"

#include <openssl/crypto.h>

namespace presence::auth {

ThreadScope::~ThreadScope()
{
    OPENSSL_thread_stop();
}

} // namespace presence::auth
