// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The bare loop: system calls and nothing else, on purpose.
#include "tests/bench/floor.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace presence::bench {

static constexpr int kBacklog = 4096;

struct FloorServer
{
    bool isEcho;
    ssize_t requestSize;
    std::vector<char> frame;
    int epoll = -1;
    std::vector<int> sockets;
    std::vector<ssize_t> begun; ///< bytes of a request that is not whole, by descriptor
};

static int listenOnLoopback()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const auto pointer = reinterpret_cast<sockaddr *>(&address);
    if (::bind(listener, pointer, size) < 0 || ::listen(listener, kBacklog) < 0
        || ::getsockname(listener, pointer, &size) < 0)
        return -1;
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

static bool acceptAll(FloorServer &server, int listener, int clients)
{
    for (int i = 0; i < clients; ++i) {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = socket;
        if (socket < 0 || ::epoll_ctl(server.epoll, EPOLL_CTL_ADD, socket, &event) < 0)
            return false;
        server.sockets.push_back(socket);
        server.begun.resize(static_cast<size_t>(socket) + 1);
    }
    return true;
}

static bool sendTo(const FloorServer &server, int socket)
{
    const auto sent
        = ::send(socket, server.frame.data(), server.frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == static_cast<ssize_t>(server.frame.size());
}

static bool answer(const FloorServer &server, int from)
{
    if (server.isEcho)
        return sendTo(server, from);
    for (const int socket : server.sockets) {
        if (!sendTo(server, socket))
            return false;
    }
    return true;
}

/// False when the client has gone, or does not read.
static bool serveOne(FloorServer &server, int socket)
{
    std::array<char, 16 * 1024> buffer;
    const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count <= 0)
        return false;
    ssize_t &begun = server.begun[static_cast<size_t>(socket)];
    for (begun += count; begun >= server.requestSize; begun -= server.requestSize) {
        if (!answer(server, socket))
            return false;
    }
    return true;
}

static std::vector<char> readFrame()
{
    std::vector<char> frame(64 * 1024);
    frame.resize(std::fread(frame.data(), 1, frame.size(), stdin));
    return frame;
}

static void runOn(int core)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<size_t>(core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
}

int runFloorServer(const std::vector<const char *> &arguments)
{
    FloorServer server{.isEcho = std::strcmp(arguments[0], "echo") == 0,
                       .requestSize = std::atoi(arguments[2]),
                       .frame = readFrame(),
                       .epoll = ::epoll_create1(EPOLL_CLOEXEC)};
    if (const int core = std::atoi(arguments[3]); core >= 0)
        runOn(core);
    const int listener = listenOnLoopback();
    if (listener < 0 || !acceptAll(server, listener, std::atoi(arguments[1])))
        return 1;
    for (;;) {
        std::array<epoll_event, 256> events;
        const int count
            = ::epoll_wait(server.epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            if (!serveOne(server, events[static_cast<size_t>(i)].data.fd))
                return 0;
        }
    }
}

} // namespace presence::bench
