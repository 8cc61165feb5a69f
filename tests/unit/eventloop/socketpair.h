// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <sys/socket.h>
#include <unistd.h>

namespace presence::eventloop {

/// Two connected descriptors, closed at the end.
class SocketPair
{
public:
    SocketPair()
    {
        int pair[2] = {-1, -1};
        const int made = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
        Q_ASSERT(made == 0);
        Q_UNUSED(made);
        near = pair[0];
        far = pair[1];
    }
    ~SocketPair()
    {
        closeNear();
        closeFar();
    }
    Q_DISABLE_COPY_MOVE(SocketPair)

    void closeNear() { release(near); }
    void closeFar() { release(far); }

    bool send(char byte = 'x') { return ::write(far, &byte, 1) == 1; }
    bool receive()
    {
        char byte = 0;
        return ::read(near, &byte, 1) == 1;
    }

    int near = -1; ///< what is watched
    int far = -1;

private:
    static void release(int &descriptor)
    {
        if (descriptor != -1)
            ::close(descriptor);
        descriptor = -1;
    }
};

} // namespace presence::eventloop
