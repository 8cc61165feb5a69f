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

static void write(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    if (severity(type) < s_minimum)
        return;
    const QString time = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const QString category = QString::fromLatin1(context.category);
    QByteArray line;
    if (s_format == LogFormat::Json)
        line = QJsonDocument(QJsonObject{{"time"_L1, time},
                                         {"level"_L1, levelName(type)},
                                         {"category"_L1, category},
                                         {"message"_L1, message}})
                   .toJson(QJsonDocument::Compact);
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
