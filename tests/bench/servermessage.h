// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>

#include <array>

namespace presence::bench {

/// The parts of a Phoenix V2 message, [join_ref, ref, topic, event, payload], as they lie in its
/// text. Topics and events have no comma in them here, so no JSON is parsed: the client must not
/// be what is measured.
struct ServerMessage
{
    QByteArrayView ref; ///< without quotes; null stays null
    QByteArrayView topic;
    QByteArrayView event;
    QByteArrayView payload; ///< with the closing bracket

    static ServerMessage from(QByteArrayView text)
    {
        std::array<QByteArrayView, 4> parts;
        qsizetype from = 1;
        for (QByteArrayView &part : parts) {
            const qsizetype comma = text.indexOf(',', from);
            if (comma < 0)
                return {};
            part = unquoted(text.sliced(from, comma - from));
            from = comma + 1;
        }
        return {parts[1], parts[2], parts[3], text.sliced(from)};
    }

private:
    static QByteArrayView unquoted(QByteArrayView text)
    {
        return text.startsWith('"') && text.size() > 1 ? text.sliced(1, text.size() - 2) : text;
    }
};

} // namespace presence::bench
