// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QComboBox>
#include <QElapsedTimer>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QTimer>

#include <functional>

namespace presence::dashboard {

/// A line in the window that says what was done or what is wrong, or asks before something is done:
/// in place of a dialog. Hidden while it has nothing to say.
class MessageBar final : public QFrame
{
    Q_OBJECT
public:
    enum class Kind : quint8 { Done, Warning, Error, Question, Progress };

    explicit MessageBar(QWidget *parent = nullptr);

    /// Done goes away by itself.
    void say(Kind kind, const QString &text);
    /// What came of something that took a while: it stays until it is closed.
    void conclude(Kind kind, const QString &text);
    /// A button besides, that does not close the bar.
    void say(Kind kind, const QString &text, const QString &button,
             const std::function<void()> &pressed);
    /// Esc and Cancel, which has the focus, end it without a consequence.
    void ask(const QString &question, const QString &yes, const std::function<void()> &confirmed);
    /// With a choice besides, the first one at first; confirmed with its index.
    void ask(const QString &question, const QString &yes, const QStringList &choices,
             const std::function<void(int)> &confirmed);
    /// How far something is that can be cancelled. What was told a moment ago stays.
    void tell(const QString &progress, const std::function<void()> &cancel);
    /// Goes before what is said, which is of a place that is not shown any more.
    void setPlace(const QString &place);
    bool isTelling() const { return !isHidden() && m_kind == Kind::Progress; }
    void dismiss();

    QString text() const { return m_text->text(); }

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void set(Kind kind, const QString &text, const QString &button = {});
    void paint();

    Kind m_kind = Kind::Done;
    bool m_hasPlace = false;
    QLabel *m_sign;
    QLabel *m_text;
    QComboBox *m_choice;
    QPushButton *m_act;
    QPushButton *m_close;
    std::function<void()> m_pressed;
    QTimer m_timer;
    QElapsedTimer m_sinceTold;
};

} // namespace presence::dashboard
