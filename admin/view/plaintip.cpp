// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/plaintip.h"

#include <QCoreApplication>
#include <QTextDocument>
#include <QToolTip>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr qsizetype kMostInTip = 2000; ///< characters
static constexpr qsizetype kMostInLine = 1000;
static constexpr qsizetype kMostLines = 10;

/// Not in the middle of a character.
static QString cut(QString text, qsizetype most)
{
    if (text.size() <= most)
        return text;
    text.truncate(most);
    if (text.back().isHighSurrogate())
        text.chop(1);
    return text + u'\u2026';
}

void showPlainTip(const QHelpEvent &event, const QString &text, QWidget *widget, const QRect &area)
{
    showPlainTip(event.globalPos(), text, widget, area);
}

void showPlainTip(const QPoint &at, const QString &text, QWidget *widget, const QRect &area)
{
    // QToolTip would take what looks like HTML for such, and load what it names.
    QToolTip::showText(at, text.isEmpty() ? text : Qt::convertFromPlainText(cut(text, kMostInTip)),
                       widget, area);
}

class Tips
{
    Q_DECLARE_TR_FUNCTIONS(Tips)
};

QString asTip(const QStringList &lines)
{
    const qsizetype more = lines.size() - kMostLines;
    QStringList shown = lines.mid(0, kMostLines);
    // A long one is not to hide how many there are.
    for (QString &line : shown)
        line = cut(line, kMostInTip / (shown.size() + 1));
    if (more > 0)
        shown.append(Tips::tr("and %n more", nullptr, static_cast<int>(more)));
    return shown.join(u'\n');
}

static bool isBreak(QChar c)
{
    return c == u'\n' || c == u'\r' || c == u'\v' || c == u'\f' || c == QChar::LineSeparator
        || c == QChar::ParagraphSeparator || c == u'\u0085';
}

QString inOneLine(QString text)
{
    text = cut(std::move(text), kMostInLine);
    QString line;
    line.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const bool isSecond = i > 0 && text[i] == u'\n' && text[i - 1] == u'\r';
        if (!isBreak(text[i]))
            line += text[i];
        else if (!isSecond)
            line += u" \u21b5 "_s;
    }
    return line;
}

} // namespace presence::dashboard
