// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/texts.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Texts
{
    Q_DECLARE_TR_FUNCTIONS(Texts)
};

QString statusText(Status status)
{
    switch (status) {
    case Status::Online:
        return Texts::tr("online");
    case Status::Away:
        return Texts::tr("away");
    case Status::Busy:
        return Texts::tr("busy");
    case Status::Invisible:
        return Texts::tr("invisible");
    case Status::Offline:
        break;
    }
    return Texts::tr("offline");
}

static QString causeName(const ChangeRow &change)
{
    const QByteArray &cause = change.cause;
    if (cause == "connected")
        return Texts::tr("a device connected");
    if (cause == "disconnected")
        return Texts::tr("the last connection closed");
    if (cause == "signed_off")
        return Texts::tr("a device was signed off");
    if (cause == "set")
        return Texts::tr("the status was set");
    if (cause == "expired")
        return Texts::tr("the status expired");
    if (cause == "silent")
        return change.by != ChangeRow::By::User ? Texts::tr("a ghost was forgotten")
            : change.node.isEmpty()             ? Texts::tr("its heartbeat timed out")
                                                : Texts::tr("its node died");
    if (cause == "hidden")
        return Texts::tr("others are to see nothing of a user who hides");
    if (cause == "service")
        return Texts::tr("another service changed it in Redis");
    if (cause == "idle")
        return Texts::tr("a device became idle");
    if (cause == "active")
        return Texts::tr("a device became active");
    if (cause == "repaired")
        return Texts::tr("lost data was restored");
    return QString::fromUtf8(cause);
}

QString causeText(const ChangeRow &change)
{
    const QString cause = causeName(change);
    if (change.by == ChangeRow::By::Operator)
        return Texts::tr("%1, by the operator %2").arg(cause, change.byId.toString());
    if (change.by == ChangeRow::By::Service)
        return Texts::tr("%1, by the service %2").arg(cause, change.byId.toString());
    // A version before this one tells neither who did it nor by which device.
    const bool isSaid
        = (change.cause == "set" || change.cause == "signed_off") && !change.device.isEmpty();
    return isSaid ? Texts::tr("%1, by the user").arg(cause) : cause;
}

QString messageText(const ChangeRow &change)
{
    const QString message = QString::fromUtf8(change.customMessage);
    if (change.emoji.isEmpty())
        return message;
    const QString emoji = QString::fromUtf8(change.emoji);
    return message.isEmpty() ? emoji : emoji + u' ' + message;
}

QString kindText(EventRow::Kind kind)
{
    switch (kind) {
    case EventRow::Kind::Workspace:
        return Texts::tr("workspace");
    case EventRow::Kind::View:
        return Texts::tr("viewer");
    case EventRow::Kind::Typing:
        return Texts::tr("typing");
    case EventRow::Kind::Command:
        return Texts::tr("operator");
    case EventRow::Kind::Status:
        break;
    }
    return Texts::tr("status");
}

QString kindText(SessionRow::Kind kind)
{
    switch (kind) {
    case SessionRow::Kind::Rest:
        return Texts::tr("REST");
    case SessionRow::Kind::External:
        return Texts::tr("other service");
    case SessionRow::Kind::WebSocket:
        break;
    }
    return Texts::tr("WebSocket");
}

QString commandText(const QByteArray &command)
{
    if (command == "set_status")
        return Texts::tr("set the status");
    if (command == "clear_status")
        return Texts::tr("cleared the status");
    if (command == "disconnect_device")
        return Texts::tr("disconnected a device");
    if (command == "disconnect_user")
        return Texts::tr("disconnected the user");
    if (command == "forget_ghost")
        return Texts::tr("forgot a ghost");
    return QString::fromUtf8(command);
}

QString actionText(const EventRow &event)
{
    if (event.action == "join")
        return Texts::tr("views");
    if (event.action == "leave")
        return Texts::tr("stopped viewing");
    if (event.action == "start")
        return Texts::tr("types");
    if (event.action == "stop")
        return Texts::tr("stopped typing");
    return commandText(event.action);
}

QString numberText(qint64 number)
{
    return QLocale().toString(number);
}

QString rateText(double perSecond)
{
    return QLocale().toString(perSecond, 'f', perSecond < 9.95 ? 1 : 0);
}

QString bytesText(qint64 bytes)
{
    return QLocale().formattedDataSize(bytes, 1);
}

QString durationText(std::chrono::milliseconds duration)
{
    const qint64 seconds = std::max<qint64>(duration / 1s, 0);
    if (seconds < 60)
        return Texts::tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return Texts::tr("%1 min").arg(seconds / 60);
    if (seconds < 86400)
        return Texts::tr("%1 h %2 min").arg(seconds / 3600).arg(seconds / 60 % 60);
    return Texts::tr("%1 d %2 h").arg(seconds / 86400).arg(seconds / 3600 % 24);
}

QString agoText(Milliseconds then, Milliseconds now)
{
    if (now - then < 1500ms)
        return Texts::tr("now");
    return Texts::tr("%1 ago").arg(durationText(now - then));
}

static QDateTime toDateTime(Milliseconds time)
{
    return QDateTime::fromMSecsSinceEpoch(time.time_since_epoch().count());
}

QString timeText(Milliseconds time)
{
    const QDateTime local = toDateTime(time);
    if (local.date() == QDate::currentDate())
        return local.toString(u"HH:mm:ss"_s);
    return QLocale().toString(local.date(), QLocale::ShortFormat) + u' '
        + local.toString(u"HH:mm:ss"_s);
}

QString exactTimeText(Milliseconds time)
{
    const bool isWhole = time.time_since_epoch() % 1s == 0ms;
    const QString format = isWhole ? u"yyyy-MM-dd HH:mm:ss"_s : u"yyyy-MM-dd HH:mm:ss.zzz"_s;
    const QDateTime local = toDateTime(time);
    return Texts::tr("%1 local time\n%2 UTC")
        .arg(local.toString(format), local.toUTC().toString(format));
}

QString isoText(Milliseconds time)
{
    const QDateTime local = toDateTime(time);
    return local.toOffsetFromUtc(local.offsetFromUtc()).toString(Qt::ISODateWithMs);
}

QString guardedText(QString text)
{
    bool isNumber = false;
    text.toDouble(&isNumber);
    if (!isNumber && !text.isEmpty() && u"=+-@\t\r"_s.contains(text.front()))
        text.prepend(u'\'');
    return text;
}

} // namespace presence::dashboard
