// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/app/mainwindow.h"
#include "admin/app/translations.h"
#include "admin/view/theme.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/asyncclient.h"

#include <QApplication>
#include <QDir>
#include <QSettings>

#include <algorithm>
#include <map>
#include <optional>

namespace presence::test {

/// A window of the dashboard, in English and light, and what an operator does to it and sees in it;
/// and clients of the daemon that it shows.
class WindowTest : public QObject
{
protected:
    void openWindow()
    {
        QSettings().clear();
        dashboard::installTranslations(QLocale(QLocale::English));
        dashboard::applyScheme(dashboard::Scheme::Light);
        m_window.emplace();
        m_window->show();
        activate(&*m_window);
    }
    static QUrl urlOf(const DaemonProcess &daemon)
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(daemon.port()));
    }
    static QByteArray adminToken()
    {
        return tokenFor(QStringLiteral("olga"),
                        {{QLatin1StringView("scope"), QLatin1StringView("admin")}});
    }

    /// A user with a device in acme who looks at `channels`.
    static std::unique_ptr<AsyncClient> client(const QString &user, quint16 port,
                                               const QJsonArray &channels = {},
                                               const QString &device = QStringLiteral("web:1"))
    {
        auto client = std::make_unique<AsyncClient>(
            port, tokenFor(user), [](const auto &, const auto &, const auto &) {});
        client->join(QStringLiteral("presence:") + user,
                     {{QLatin1StringView("device_id"), device},
                      {QLatin1StringView("workspace_id"), QLatin1StringView("acme")},
                      {QLatin1StringView("channels"), channels}});
        return client;
    }
    /// The same, in m_clients.
    void join(const QString &user, quint16 port, const QJsonArray &channels = {})
    {
        m_clients.insert_or_assign(user, client(user, port, channels));
    }

    template <typename Widget>
    Widget *child(const QString &name) const
    {
        auto *widget = m_window->findChild<Widget *>(name);
        if (!widget)
            qFatal("there is no %s", qPrintable(name));
        return widget;
    }
    dashboard::TableView *table(const QString &name) const
    {
        return child<dashboard::TableView>(name);
    }
    /// By what assistive technology calls it.
    template <typename Widget>
    Widget *named(const QString &name) const
    {
        for (Widget *widget : m_window->findChildren<Widget *>()) {
            if (widget->accessibleName() == name)
                return widget;
        }
        qFatal("there is no %s", qPrintable(name));
    }
    /// -1 when no cell begins so.
    static int rowWith(const dashboard::TableView *table, const QString &text)
    {
        const QAbstractItemModel *model = table->model();
        for (int row = 0; row < model->rowCount(); ++row) {
            for (int column = 0; column < model->columnCount(); ++column) {
                if (model->index(row, column).data().toString().startsWith(text))
                    return row;
            }
        }
        return -1;
    }

    /// The first one that is seen; null for none.
    dashboard::MessageBar *visibleBar() const { return barWith({}); }
    /// That says this.
    dashboard::MessageBar *barWith(const QString &text) const
    {
        for (auto *bar : m_window->findChildren<dashboard::MessageBar *>()) {
            if (bar->isVisible() && bar->text().contains(text))
                return bar;
        }
        return nullptr;
    }
    bool isSaid(const QString &text) const { return barWith(text); }
    /// Of the question that is asked; null while none is.
    QPushButton *confirmButton() const
    {
        for (auto *button : m_window->findChildren<QPushButton *>(QStringLiteral("confirm"))) {
            if (button->isVisible())
                return button;
        }
        return nullptr;
    }

    /// To what has the focus, as a keyboard does.
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QWidget *focus = QApplication::focusWidget();
        QTest::keyClick(focus ? focus : &*m_window, key, modifiers);
    }
    static void type(const QString &text) { QTest::keyClicks(QApplication::focusWidget(), text); }
    static void type(QLineEdit *edit, const QString &text)
    {
        click(edit);
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }
    static void click(QWidget *widget) { QTest::mouseClick(widget, Qt::LeftButton); }
    /// False when the focus does not come there.
    bool tabTo(const QWidget *widget)
    {
        for (int i = 0; i < 60 && QApplication::focusWidget() != widget; ++i)
            press(Qt::Key_Tab);
        return QApplication::focusWidget() == widget;
    }
    /// As a window manager does, once what the server has to say of the focus is heard.
    static void activate(QWidget *window)
    {
        QGuiApplication::sync();
        window->activateWindow();
        QTRY_COMPARE(QApplication::activeWindow(), window);
    }

    /// With PRESENCE_PICTURES, a directory.
    void picture(const QString &name)
    {
        const QString directory = qEnvironmentVariable("PRESENCE_PICTURES");
        if (directory.isEmpty())
            return;
        QCoreApplication::processEvents();
        QVERIFY(m_window->grab().save(QDir(directory).filePath(name + QStringLiteral(".png"))));
    }

    std::map<QString, std::unique_ptr<AsyncClient>> m_clients;
    std::optional<dashboard::MainWindow> m_window;
};

/// A window that shows a daemon of its own.
class PageTest : public WindowTest
{
protected:
    /// For initTestCase(): with `users` in acme, connected as an operator.
    void begin(const QStringList &users)
    {
        QVERIFY(m_fixture.start());
        for (const QString &user : users)
            join(user, m_fixture.daemon.port());
        openWindow();
        m_window->open(here(), adminToken(), false);
        QTRY_VERIFY(m_window->models().overview.hasData());
    }
    /// For cleanupTestCase().
    void end()
    {
        m_window.reset();
        m_clients.clear();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    dashboard::Profile here() const
    {
        return {QStringLiteral("Production"), urlOf(m_fixture.daemon), {}};
    }

    DaemonFixture m_fixture{{}, RedisServer::Options{}};
};

} // namespace presence::test
