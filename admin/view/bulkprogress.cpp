// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/bulkprogress.h"

#include "admin/view/taskbars.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QPointer>

namespace presence::dashboard {

static void sayProgress(BulkAction &action, MessageBar &bar)
{
    bar.tell(action.progressText(), [started = QPointer(&action)] {
        if (started)
            started->cancel();
    });
}

static void sayResult(const BulkAction &action, MessageBar &bar)
{
    const QString text = action.resultText();
    if (!action.isShort())
        return bar.conclude(MessageBar::Kind::Done, text);
    bar.say(MessageBar::Kind::Error, text, MessageBar::tr("Copy Failures"),
            [all = action.shortfalls().join(u'\n') + u'\n'] {
                QGuiApplication::clipboard()->setText(all);
            });
}

void tellOf(BulkAction &action, const QWidget &page)
{
    TaskBars *bars = TaskBars::of(&page);
    if (!bars)
        return;
    MessageBar &bar = bars->begin(action.what() == BulkAction::What::ForgetGhosts
                                      ? TaskBars::Task::ForgetGhosts
                                      : TaskBars::Task::DisconnectUsers);
    QObject::connect(&action, &BulkAction::progressed, &bar,
                     [&action, &bar] { sayProgress(action, bar); });
    QObject::connect(&action, &BulkAction::finished, &bar,
                     [&action, &bar] { sayResult(action, bar); });
    sayProgress(action, bar);
}

} // namespace presence::dashboard
