// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/hostlookup.h"

#include <QHash>
#include <QPointer>
#include <QSocketNotifier>

#include <mutex>
#include <system_error>
#include <thread>

#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace presence::redis {

using namespace Qt::StringLiterals;

/// The thread writes `result`, then `descriptor`; whoever asked reads in that order, too.
struct HostLookup::Request
{
    Request() : descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { }
    ~Request() { close(descriptor); }
    Q_DISABLE_COPY_MOVE(Request)

    const int descriptor; ///< to be read once there is a result
    std::mutex mutex;
    Result<Addresses> result = fail(ErrorCode::Unavailable, {});
};

static Result<HostLookup::Addresses> resolve(const QByteArray &host)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *list = nullptr;
    if (const int error = getaddrinfo(host.constData(), nullptr, &hints, &list); error != 0)
        return fail(ErrorCode::Unavailable,
                    u"cannot resolve %1: %2"_s.arg(QString::fromUtf8(host),
                                                   QString::fromLocal8Bit(gai_strerror(error))));
    HostLookup::Addresses addresses;
    for (const addrinfo *entry = list; entry; entry = entry->ai_next)
        addresses.emplace_back(entry->ai_addr);
    freeaddrinfo(list);
    return addresses;
}

namespace {

/// Who waits for which name. Threads use it that nobody waits for at the end of the process, so it
/// is never destroyed.
struct Waiting
{
    std::mutex mutex;
    QHash<QByteArray, std::vector<std::shared_ptr<HostLookup::Request>>> byHost;

    static Waiting &all()
    {
        static auto *waiting = new Waiting;
        return *waiting;
    }
};

} // namespace

static void run(const QByteArray &host)
{
    const auto result = resolve(host);
    Waiting &waiting = Waiting::all();
    const std::scoped_lock lock(waiting.mutex);
    for (const auto &request : waiting.byHost.take(host)) {
        {
            const std::scoped_lock ofRequest(request->mutex);
            request->result = result;
        }
        eventfd_write(request->descriptor, 1);
    }
}

HostLookup::HostLookup(const QString &host, Callback<Addresses> done)
    : m_request(std::make_shared<Request>()),
      m_notifier(std::make_unique<QSocketNotifier>(m_request->descriptor, QSocketNotifier::Read)),
      m_done(std::move(done))
{
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &HostLookup::answered);
    const QByteArray name = host.toUtf8();
    Waiting &waiting = Waiting::all();
    const std::scoped_lock lock(waiting.mutex);
    auto &ofHost = waiting.byHost[name];
    ofHost.push_back(m_request);
    if (ofHost.size() > 1)
        return;
    try {
        std::thread(run, name).detach();
    } catch (const std::system_error &error) {
        m_request->result
            = fail(ErrorCode::Unavailable,
                   u"cannot resolve %1: %2"_s.arg(host, QString::fromLocal8Bit(error.what())));
        waiting.byHost.remove(name);
        eventfd_write(m_request->descriptor, 1);
    }
}

// It may be on the stack.
HostLookup::~HostLookup()
{
    m_notifier->setEnabled(false);
    m_notifier.release()->deleteLater();
}

void HostLookup::answered()
{
    m_notifier->setEnabled(false);
    const auto request = m_request;
    const auto done = std::exchange(m_done, nullptr);
    Result<Addresses> result = [&request] {
        const std::scoped_lock lock(request->mutex);
        return request->result;
    }();
    if (done)
        done(std::move(result));
}

} // namespace presence::redis
