// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/settings/tokenstore.h"

#include <qt6keychain/keychain.h>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static const QString kService = u"presence-admin"_s;

void TokenStore::read(const QString &profile, const std::function<void(const QByteArray &)> &done)
{
    if (m_tokens.contains(profile))
        return done(m_tokens[profile]);
    auto *job = new QKeychain::ReadPasswordJob(kService, this);
    job->setInsecureFallback(false);
    job->setKey(profile);
    connect(job, &QKeychain::Job::finished, this, [this, job, profile, done] {
        if (job->error() == QKeychain::NoError)
            m_tokens.insert(profile, job->binaryData());
        done(m_tokens.value(profile));
    });
    job->start();
}

void TokenStore::write(const QString &profile, const QByteArray &token,
                       const std::function<void(bool)> &done)
{
    m_tokens.insert(profile, token);
    auto *job = new QKeychain::WritePasswordJob(kService, this);
    job->setInsecureFallback(false);
    job->setKey(profile);
    job->setBinaryData(token);
    connect(job, &QKeychain::Job::finished, this,
            [job, done] { done(job->error() == QKeychain::NoError); });
    job->start();
}

void TokenStore::remove(const QString &profile)
{
    m_tokens.remove(profile);
    auto *job = new QKeychain::DeletePasswordJob(kService, this);
    job->setInsecureFallback(false);
    job->setKey(profile);
    job->start();
}

} // namespace presence::dashboard
