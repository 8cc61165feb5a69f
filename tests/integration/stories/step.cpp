// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/step.h"

namespace presence::test {

using namespace Qt::StringLiterals;

static QString toString(const Wish &wish)
{
    QString result = text(wish.status);
    if (wish.message)
        result += u" message '%1'"_s.arg(text(*wish.message));
    if (wish.emoji)
        result += u" emoji '%1'"_s.arg(text(*wish.emoji));
    if (wish.clearAfter > 0)
        result += u" clear after %1 ms"_s.arg(wish.clearAfter);
    return result;
}

QJsonObject toJson(const Wish &wish)
{
    QJsonObject json{{u"status"_s, text(wish.status)}};
    if (wish.message)
        json[u"custom_message"_s] = text(*wish.message);
    if (wish.emoji)
        json[u"emoji"_s] = text(*wish.emoji);
    if (wish.clearAfter > 0)
        json[u"clear_after"_s] = qint64(wish.clearAfter / kSecond);
    return json;
}

bool Step::isByClient() const
{
    switch (kind) {
    case Kind::Close:
    case Kind::Drop:
    case Kind::SetStatus:
    case Kind::StartTyping:
    case Kind::StopTyping:
    case Kind::View:
    case Kind::Leave:
    case Kind::SetIdle:
        return true;
    default:
        return false;
    }
}

/// Of a step that is no user's.
static QString describeWorld(const Step &step)
{
    using Kind = Step::Kind;
    const QString where = u" node %1"_s.arg(step.node);
    switch (step.kind) {
    case Kind::KillNode:
        return u"killed:"_s + where;
    case Kind::StartNode:
        return u"started:"_s + where;
    case Kind::DrainNode:
        return u"drained:"_s + where;
    case Kind::CutNode:
        return u"cut off from Redis:"_s + where;
    case Kind::RestartRedis:
        return u"Redis is killed and started"_s;
    case Kind::Evict:
        return text(step.key) + u" is evicted"_s;
    case Kind::MoveWatcher:
        return u"watcher %1 comes back at"_s.arg(step.watcher) + where;
    default:
        return u"%1 ms pass"_s.arg(step.time);
    }
}

QString Step::toString() const
{
    const QString who = text(user);
    const QString which = who + u'/' + text(device);
    const QString what = text(channel);
    const QString where = u" at node %1"_s.arg(node);
    const QString state = !idle ? QString() : *idle ? u" idle"_s : u" active"_s;
    switch (kind) {
    case Kind::Join:
        return which + u" joins '"_s + text(workspace) + u"'"_s + where + state;
    case Kind::Close:
        return which + u" closes"_s;
    case Kind::Drop:
        return which + u" drops"_s;
    case Kind::SetStatus:
        return which + u" sets "_s + test::toString(wish);
    case Kind::RestStatus:
        return who + u" sets by REST "_s + test::toString(wish) + where;
    case Kind::StartTyping:
        return which + u" types in "_s + what;
    case Kind::StopTyping:
        return which + u" stops typing in "_s + what;
    case Kind::View:
        return which + u" joins channel "_s + what;
    case Kind::Leave:
        return which + u" leaves channel "_s + what;
    case Kind::SetIdle:
        return which + u" is"_s + state;
    case Kind::Heartbeat:
        return which + u" calls by REST in "_s + text(workspace) + where;
    case Kind::SignOff:
        return which + u" is signed off"_s + where;
    default:
        return describeWorld(*this);
    }
}

} // namespace presence::test
