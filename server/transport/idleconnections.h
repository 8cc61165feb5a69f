// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <utility>

namespace presence::transport {

/// Connections that may be closed when there is no room for others, in the order in which they
/// became idle. Owns none; used on one thread.
class IdleConnections
{
public:
    class Member
    {
    public:
        Member() = default;
        virtual ~Member() { leaveIdle(); }
        Q_DISABLE_COPY_MOVE(Member)

        /// Closes it, which takes it out.
        virtual void makeRoom() = 0;

        bool isIdle() const { return m_next; }
        void leaveIdle()
        {
            if (!isIdle())
                return;
            m_previous->m_next = m_next;
            m_next->m_previous = m_previous;
            m_previous = m_next = nullptr;
        }

    private:
        friend class IdleConnections;
        Member *m_previous = nullptr;
        Member *m_next = nullptr; ///< null: it is not idle
    };

    IdleConnections() { m_end.m_previous = m_end.m_next = &m_end; }
    Q_DISABLE_COPY_MOVE(IdleConnections)

    void add(Member &member)
    {
        member.leaveIdle();
        member.m_previous = std::exchange(m_end.m_previous, &member);
        member.m_previous->m_next = &member;
        member.m_next = &m_end;
    }

    /// Closes the one that is idle for the longest time; false when there is none.
    bool closeOldest()
    {
        if (m_end.m_next == &m_end)
            return false;
        m_end.m_next->makeRoom();
        return true;
    }

private:
    class End final : public Member
    {
        void makeRoom() override { }
    };
    End m_end;
};

} // namespace presence::transport
