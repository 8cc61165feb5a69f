// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limiter.h"

#include <vector>

namespace presence::transport {

/// A client that may have bytes unsent, and what it has of those that its user may have. Used on
/// one thread.
class UnsentShare
{
public:
    /// The clients of a shard that have some. They are destroyed before.
    class List
    {
    public:
        /// Closes those that hold the most by themselves, until that is halved: frames that others
        /// wait for as well would stay. Where nobody holds much so, those that wait for the most.
        void cutLargest();

    private:
        friend class UnsentShare;
        bool cut(qsizetype (UnsentShare::*held)() const);

        std::vector<UnsentShare *> m_shares;
    };

    UnsentShare() = default;
    Q_DISABLE_COPY_MOVE(UnsentShare)

    /// Whether the user has too many, and this client no less than its part of them: one that
    /// reads does not go for others that do not.
    bool isTooMuch(const limits::Limits &limits) const;

protected:
    /// Nothing is unsent any more.
    ~UnsentShare() = default;

    /// `bytes` are unsent now. The list, and the account, are the same in all calls.
    void setUnsent(List &list, qsizetype bytes);

    /// Of the user; null without limits.
    virtual limits::Account *account() const = 0;
    /// Those of them that no other client has to be sent.
    virtual qsizetype unsharedBytes() const = 0;
    /// False when it is closing already.
    virtual bool cutSlowConsumer() = 0;

private:
    qsizetype bytes() const { return m_bytes; }

    qsizetype m_bytes = 0;
    size_t m_slot = 0; ///< in the list, while there are bytes
};

} // namespace presence::transport
