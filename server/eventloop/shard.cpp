// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/shard.h"

#include "server/eventloop/epolldispatcher.h"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>

extern "C" void AnnotateIgnoreWritesBegin(const char *file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char *file, int line);
#endif

namespace presence::eventloop {

using namespace Qt::StringLiterals;

Shard::Shard(int index)
{
    m_thread.setObjectName(u"shard-%1"_s.arg(index));
}

Shard::~Shard()
{
    stop();
}

void Shard::start(Factory makeServices)
{
    Q_ASSERT(!m_thread.isRunning() && !m_thread.isFinished());
    m_dispatcher = new EpollDispatcher;
    m_thread.setEventDispatcher(m_dispatcher);
    m_context.moveToThread(&m_thread);
    QObject::connect(
        &m_thread, &QThread::started, &m_context,
        [this, makeServices = std::move(makeServices)] { m_services = makeServices(); });
    m_thread.start();
}

void Shard::stop()
{
    if (!m_thread.isRunning())
        return;
    // Posting wakes the dispatcher after the task is in the queue. A thread that ends meanwhile
    // would delete the dispatcher under the poster, so it ends when nobody posts any more.
    {
        const QWriteLocker lock(&m_posting);
        m_isClosed = true;
    }
    QMetaObject::invokeMethod(
        &m_context, [this] { m_services.reset(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

std::chrono::microseconds Shard::takeLag()
{
    return m_thread.isRunning() ? m_dispatcher->takeLag() : std::chrono::microseconds(0);
}

/// Has Qt call `task` on the thread of `context`.
static void enqueue(QObject &context, Shard::Task task)
{
#ifdef __SANITIZE_THREAD__
    // Qt is not compiled with ThreadSanitizer, which so does not see that its queue has a lock:
    // what is written before a task is posted, the task sees, and the task itself is whole.
    const auto posted = std::make_shared<char>();
    __tsan_release(posted.get());
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    task = [posted, task = std::move(task)] {
        __tsan_acquire(posted.get());
        task();
    };
#endif
    QMetaObject::invokeMethod(&context, std::move(task), Qt::QueuedConnection);
#ifdef __SANITIZE_THREAD__
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
#endif
}

void Shard::post(Task task)
{
    const QReadLocker lock(&m_posting);
    if (!m_isClosed)
        enqueue(m_context, std::move(task));
}

} // namespace presence::eventloop
