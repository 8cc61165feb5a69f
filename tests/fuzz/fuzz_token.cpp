// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/jwt.h"
#include "tests/fuzz/pieces.h"

using namespace presence;

/// A token that a stranger made up is never accepted.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    static const auth::JwtVerifier verifier(
        {.secret = "a secret that no fuzzer knows, of 32 bytes", .issuer = {}, .audience = {}});
    fuzz::require(!verifier.verify({data, qsizetype(size)}, std::chrono::sys_seconds{}));
    return 0;
}
