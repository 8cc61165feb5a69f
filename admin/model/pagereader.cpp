// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/pagereader.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using protocol::JsonView;

/// Before a page that was not given is asked for again.
static constexpr auto kPause = 2000ms;

void PageReader::start(Subscription &topic)
{
    ++m_start;
    m_topic = &topic;
    ask({});
}

void PageReader::stop()
{
    ++m_start;
    m_topic.clear();
}

void PageReader::ask(const QByteArray &after)
{
    if (!m_topic)
        return;
    const auto answered
        = [self = QPointer(this), start = m_start, after](const Result<JsonView> &page) {
              if (!self || self->m_start != start)
                  return;
              if (page)
                  return self->take(*page);
              QTimer::singleShot(kPause, self, [self, start, after] {
                  if (self->m_start == start)
                      self->ask(after);
              });
          };
    m_topic->ask("get_page", {{"after"_L1, QString::fromLatin1(after)}}, answered);
}

void PageReader::take(const JsonView &page)
{
    const QByteArray next = page["next"].bytes().toByteArray();
    m_take(page["rows"]);
    if (next.isEmpty())
        m_finished();
    else
        ask(next);
}

} // namespace presence::dashboard
