// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The bare loop: system calls and nothing else, on purpose.
#include "tests/bench/floor.h"

#include <array>
#include <cstdio>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace presence::bench {

static constexpr int kBacklog = 4096;

static int listenOnLoopback()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
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

static void watch(int epoll, int descriptor)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static bool sendToAll(const std::vector<int> &sockets, const std::vector<char> &frame)
{
    for (const int socket : sockets) {
        const auto sent = ::send(socket, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent != static_cast<ssize_t>(frame.size()))
            return false;
    }
    return true;
}

static int serve(int epoll, const std::vector<int> &sockets, const std::vector<char> &frame)
{
    for (;;) {
        std::array<epoll_event, 256> events;
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            if (events[static_cast<size_t>(i)].data.fd != STDIN_FILENO)
                return 0; // Receivers send nothing: they have gone.
            std::array<char, 64> orders;
            const auto ordered = ::read(STDIN_FILENO, orders.data(), orders.size());
            if (ordered <= 0)
                return 0;
            for (ssize_t order = 0; order < ordered; ++order) {
                if (!sendToAll(sockets, frame))
                    return 1;
            }
        }
    }
}

int runFloorServer(int receivers, int frameSize)
{
    const int listener = listenOnLoopback();
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || epoll < 0)
        return 1;
    watch(epoll, STDIN_FILENO);
    std::vector<int> sockets;
    for (int i = 0; i < receivers; ++i) {
        sockets.push_back(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (sockets.back() < 0)
            return 1;
        watch(epoll, sockets.back());
    }
    std::printf("ready\n");
    std::fflush(stdout);
    return serve(epoll, sockets, std::vector<char>(static_cast<size_t>(frameSize), 'x'));
}

} // namespace presence::bench
