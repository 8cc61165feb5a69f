// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/app/models.h"
#include "admin/settings/tokenstore.h"
#include "admin/view/channelspage.h"
#include "admin/view/connectpage.h"
#include "admin/view/eventspage.h"
#include "admin/view/ghostspage.h"
#include "admin/view/navigation.h"
#include "admin/view/overviewpage.h"
#include "admin/view/searchpopup.h"
#include "admin/view/taskbars.h"
#include "admin/view/userspage.h"
#include "admin/view/verdictbar.h"

#include <QMainWindow>
#include <QStackedWidget>

namespace presence::dashboard {

/// The window: pages on the left, what they show on the right, and above it
/// how the service is.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    enum PageId { OverviewId, UsersId, ChannelsId, GhostsId, EventsId, ConnectId };

    explicit MainWindow(QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Connects; the profile is saved when `isKept`.
    void open(const Profile &profile, const QByteArray &token, bool isKept);
    void openLastUsed(); ///< or shows where a connection can be chosen
    void showPage(PageId page);
    void openUser(const QString &user);
    void openChannel(const QString &channel);
    void openWorkspace(const QString &workspace);
    void openNode(const QString &node);
    /// What is said in the title and above every page, for as long as the window is open.
    void setNotice(const QString &notice);

    Models &models() { return *m_models; } ///< other ones after open() of another place

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void closeEvent(QCloseEvent *event) override;

private:
    void makePages();
    void makeSearch();
    void startAnew();
    void makeNavigation();
    void makeMenus();
    QLayout *makeTop();
    void wire();
    void wirePages();
    void fillIn(const QString &profile);
    void refreshState();
    void refreshBadges();
    void refreshStale();
    void refreshBar();
    void openPlace(VerdictPart::Place place);
    void askForTrust();
    void showProblem();
    QString stateText() const;
    void exportTable();
    void about();
    void restore();
    void fitToScreen();
    void rememberSplitters() const;
    void restoreSplitters();

    std::unique_ptr<Models> m_models;
    TokenStore m_tokens;
    Navigation *m_navigation = nullptr;
    QStackedWidget *m_pages;
    VerdictBar *m_verdict;
    MessageBar *m_bar; ///< how the connection is, when it is not well
    TaskBars *m_tasks;
    MessageBar *m_question; ///< before the window is closed
    OverviewPage *m_overview = nullptr;
    UsersPage *m_users = nullptr;
    ChannelsPage *m_channels = nullptr;
    GhostsPage *m_ghosts = nullptr;
    EventsPage *m_events = nullptr;
    ConnectPage *m_connect = nullptr;
    SearchPopup *m_search = nullptr;
    QTimer m_second;
    bool m_mayClose = false; ///< whatever is under way
    bool m_isTold = false; ///< the token is in no key store
};

} // namespace presence::dashboard
