// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/logsetup.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QRegularExpression>

#include <algorithm>
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

/// What a line has as name=value or name="value" are members of their own, too.
static QJsonObject fieldsOf(const QString &message)
{
    static const QRegularExpression field(uR"re((?:^| )([a-z_]+)=(?:"([^"]*)"|([^\s"]+)))re"_s);
    QJsonObject fields;
    for (const QRegularExpressionMatch &match : field.globalMatch(message))
        fields.insert(match.captured(1),
                      match.hasCaptured(3) ? match.captured(3) : match.captured(2));
    return fields;
}

/// Nobody writes a line by what a value holds, nor moves a terminal's cursor.
static QString onOneLine(QString message)
{
    const auto isUnseen = [](QChar c) {
        const auto code = c.unicode();
        const bool turnsText
            = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
        const auto category = c.category();
        return turnsText || category == QChar::Other_Control || category == QChar::Separator_Line
            || category == QChar::Separator_Paragraph;
    };
    std::ranges::replace_if(message, isUnseen, QChar(u'?'));
    return message;
}

static QByteArray jsonLine(const QString &time, QLatin1StringView level, const QString &category,
                           const QString &message)
{
    QJsonObject line = fieldsOf(message);
    line["time"_L1] = time;
    line["level"_L1] = level;
    line["category"_L1] = category;
    line["message"_L1] = message;
    return QJsonDocument(line).toJson(QJsonDocument::Compact);
}

void printFatal(const QString &why)
{
    const QString time = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const QByteArray line = s_format == LogFormat::Json
        ? jsonLine(time, "error"_L1, u"presence.app"_s, why)
        : u"presenced: %1"_s.arg(onOneLine(why)).toUtf8();
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
        line = u"%1 %2 %3: %4"_s.arg(time, levelName(type), category, onOneLine(message)).toUtf8();
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
