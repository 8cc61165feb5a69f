// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/plaintip.h"

#include <QTextDocument>
#include <QToolTip>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr qsizetype kMostInTip = 2000; ///< characters
static constexpr qsizetype kMostInLine = 1000;

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
    // QToolTip would take what looks like HTML for such, and load what it names.
    QToolTip::showText(event.globalPos(),
                       text.isEmpty() ? text : Qt::convertFromPlainText(cut(text, kMostInTip)),
                       widget, area);
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
