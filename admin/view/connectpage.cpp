// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/connectpage.h"

#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

ConnectPage::ConnectPage(QWidget *parent)
    : QWidget(parent), m_bar(new MessageBar), m_profiles(new QListWidget), m_name(new QLineEdit),
      m_url(new QLineEdit), m_token(new QLineEdit), m_keep(new QCheckBox),
      m_remove(new QPushButton(tr("&Remove")))
{
    auto *middle = new QWidget;
    middle->setMaximumWidth(760);
    auto *row = new QHBoxLayout(middle);
    row->setSpacing(2 * kGrid);
    row->addWidget(makeList(), 2);
    row->addWidget(makeForm(), 3);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_bar);
    layout->addStretch(1);
    auto *center = new QHBoxLayout;
    center->addStretch(1);
    center->addWidget(middle, 20);
    center->addStretch(1);
    layout->addLayout(center, 3);
    layout->addStretch(2);
    reload();
}

QWidget *ConnectPage::makeList()
{
    m_profiles->setMaximumHeight(220);
    m_profiles->setAccessibleName(tr("Saved connections"));
    connect(m_profiles, &QListWidget::itemClicked, this,
            [this](const QListWidgetItem *item) { Q_EMIT selected(item->text()); });
    connect(m_profiles, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem *item) { Q_EMIT selected(item->text()); });
    connect(m_profiles, &QListWidget::currentRowChanged, this,
            [this](int current) { m_remove->setEnabled(current >= 0); });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        if (const QListWidgetItem *item = m_profiles->currentItem()) {
            const QString name = item->text();
            m_bar->ask(tr("Remove the connection %1 and its token?").arg(name), tr("Remove"),
                       [this, name] {
                           Q_EMIT removed(name);
                           reload();
                       });
        }
    });
    m_remove->setEnabled(false);
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(new PlainLabel(tr("Saved connections")));
    layout->addWidget(m_profiles, 1);
    layout->addWidget(m_remove, 0, Qt::AlignLeft);
    layout->addStretch();
    return box;
}

QWidget *ConnectPage::makeForm()
{
    m_name->setObjectName(u"profileName"_s);
    m_url->setObjectName(u"profileUrl"_s);
    m_token->setObjectName(u"profileToken"_s);
    m_url->setPlaceholderText(u"http://localhost:4001"_s);
    m_token->setEchoMode(QLineEdit::Password);
    m_token->setPlaceholderText(tr("JWT with the scope admin"));
    m_keep->setText(tr("&Save this connection, the token in the desktop's key store"));
    m_name->setPlaceholderText(tr("such as Production"));
    auto *button = new QPushButton(tr("&Connect"));
    button->setObjectName(u"connect"_s);
    button->setDefault(true);
    connect(button, &QPushButton::clicked, this, &ConnectPage::connectNow);
    for (QLineEdit *edit : {m_name, m_url, m_token})
        connect(edit, &QLineEdit::returnPressed, this, &ConnectPage::connectNow);

    auto *title = new PlainLabel(tr("Connect to presenced"));
    QFont large = font();
    large.setPointSizeF(font().pointSizeF() * 1.6);
    large.setWeight(QFont::DemiBold);
    title->setFont(large);
    auto *hint = new PlainLabel(
        tr("A daemon without configuration prints a token when it starts. Where AUTH_JWT_SECRET is "
           "set, presenced token --sub NAME --scope admin prints one."));
    hint->setWordWrap(true);
    auto *box = new QWidget;
    box->setMaximumWidth(460);
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(title);
    layout->addWidget(hint);
    layout->addSpacing(8);
    auto *form = new QFormLayout;
    form->addRow(tr("&Address:"), m_url);
    form->addRow(tr("&Token:"), m_token);
    form->addRow(tr("&Name:"), m_name);
    form->addRow(QString(), m_keep);
    layout->addLayout(form);
    layout->addWidget(button, 0, Qt::AlignRight);
    layout->addStretch();
    return box;
}

void ConnectPage::reload()
{
    m_profiles->clear();
    for (const Profile &profile : ProfileStore().profiles())
        m_profiles->addItem(profile.name);
    // At first there are none, and an empty list would say nothing.
    m_profiles->parentWidget()->setVisible(m_profiles->count() > 0);
}

void ConnectPage::fill(const Profile &profile, const QByteArray &token)
{
    m_name->setText(profile.name);
    m_url->setText(profile.url.toString());
    m_token->setText(QString::fromUtf8(token));
    m_keep->setChecked(!profile.name.isEmpty());
    m_certificate = profile.trustedCertificate;
    (token.isEmpty() ? m_token : m_url)->setFocus();
}

void ConnectPage::connectNow()
{
    const QString address = m_url->text().trimmed();
    QUrl url = QUrl::fromUserInput(address.isEmpty() ? m_url->placeholderText() : address);
    static const QStringList kSchemes{u"http"_s, u"https"_s, u"ws"_s, u"wss"_s};
    if (!url.isValid() || url.host().isEmpty() || !kSchemes.contains(url.scheme())) {
        m_bar->say(MessageBar::Kind::Error,
                   tr("The address must be like https://presence.example.com or "
                      "http://localhost:4001."));
        return m_url->setFocus();
    }
    const QByteArray token = m_token->text().trimmed().toUtf8();
    if (token.isEmpty()) {
        m_bar->say(MessageBar::Kind::Error, tr("A token is needed: it says who you are."));
        return m_token->setFocus();
    }
    m_bar->dismiss();
    QString name = m_name->text().trimmed();
    if (name.isEmpty())
        name = url.host() + (url.port() > 0 ? u":%1"_s.arg(url.port()) : QString());
    Q_EMIT chosen({name, url, m_certificate}, token, m_keep->isChecked());
}

} // namespace presence::dashboard
