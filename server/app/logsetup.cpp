// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/logsetup.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>

#include <array>
#include <atomic>
#include <cstdio>

namespace presence::app {

using namespace Qt::StringLiterals;

static std::atomic<int> s_minimum{0};
static std::atomic<LogFormat> s_format{LogFormat::Text};

/// QtMsgType is not in the order of severity.
static int severity(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return 0;
    case QtInfoMsg:
        return 1;
    case QtWarningMsg:
        return 2;
    default:
        return 3;
    }
}

static QLatin1StringView levelName(QtMsgType type)
{
    static constexpr std::array kNames{"debug"_L1, "info"_L1, "warning"_L1, "error"_L1};
    return kNames[static_cast<size_t>(severity(type))];
}

static QByteArray jsonLine(const QString &time, QLatin1StringView level, const QString &category,
                           const QString &message)
{
    return QJsonDocument(QJsonObject{{"time"_L1, time},
                                     {"level"_L1, level},
                                     {"category"_L1, category},
                                     {"message"_L1, message}})
        .toJson(QJsonDocument::Compact);
}

void printFatal(const QString &why)
{
    const QString time = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const QByteArray line = s_format == LogFormat::Json
        ? jsonLine(time, "error"_L1, u"presence.app"_s, why)
        : u"presenced: %1"_s.arg(why).toUtf8();
    std::fprintf(stderr, "%s\n", line.constData());
}

static void write(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    if (severity(type) < s_minimum)
        return;
    const QString time = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const QString category = QString::fromLatin1(context.category);
    QByteArray line;
    if (s_format == LogFormat::Json)
        line = jsonLine(time, levelName(type), category, message);
    else
        line = u"%1 %2 %3: %4"_s.arg(time, levelName(type), category, message).toUtf8();
    line.append('\n');
    // One write a line: lines of several threads do not mix.
    std::fwrite(line.constData(), 1, static_cast<size_t>(line.size()), stderr);
}

void setUpLog(QtMsgType level, LogFormat format)
{
    s_minimum = severity(level);
    s_format = format;
    if (level == QtDebugMsg)
        QLoggingCategory::setFilterRules(u"presence.*.debug=true"_s);
    qInstallMessageHandler(write);
}

} // namespace presence::app
