// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/verdicttext.h"
#include "admin/view/linkbutton.h"

#include <QFrame>
#include <QLabel>

namespace presence::dashboard {

/// Whether the service is healthy, in a sentence whose parts lead to where more is shown. Tells
/// assistive technology when that, or what is wrong, changes.
class VerdictBar final : public QFrame
{
    Q_OBJECT
public:
    explicit VerdictBar(QWidget *parent = nullptr);

    /// `connection`: who tells it.
    void show(const VerdictText &verdict, const QString &connection);
    /// Something besides that concerns all pages, as that nothing of this is real.
    void setNotice(const QString &notice);
    const VerdictText &verdict() const { return m_verdict; }

Q_SIGNALS:
    void opened(presence::dashboard::VerdictPart::Place place);

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void addLink();
    void showParts();
    void paint();
    void announce();

    VerdictText m_verdict;
    QLabel *m_sign;
    QLabel *m_word;
    QWidget *m_sentence;
    QLabel *m_connection;
    QLabel *m_notice;
    /// As many as there ever were parts: one that has the focus keeps it.
    std::vector<LinkButton *> m_links;
};

} // namespace presence::dashboard
