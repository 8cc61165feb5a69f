// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>

#include <algorithm>
#include <cstdlib>

namespace presence::fuzz {

/// Ends the run, and libFuzzer keeps the input.
inline void require(bool isSo)
{
    if (!isSo)
        std::abort();
}

/// Calls `feed` with `bytes` in pieces, whose lengths the first byte says.
template <typename Feed>
void inPieces(QByteArrayView bytes, Feed feed)
{
    const qsizetype size = bytes.isEmpty() ? 1 : 1 + (static_cast<unsigned char>(bytes[0]) & 0x1f);
    for (qsizetype at = 0; at < bytes.size(); at += size) {
        if (!feed(bytes.sliced(at, std::min(size, bytes.size() - at))))
            return;
    }
}

/// What `understand(bytes, pieces)` says of a stream is the same, however the stream is cut.
template <typename Understand>
void requireSameWhenCut(QByteArrayView bytes, Understand understand)
{
    const auto whole = [](QByteArrayView all, auto feed) { feed(all); };
    const auto cut = [](QByteArrayView all, auto feed) { inPieces(all, feed); };
    require(understand(bytes, whole) == understand(bytes, cut));
}

} // namespace presence::fuzz
