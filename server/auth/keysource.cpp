// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/auth/keysource.h"

#include "shared/core/logging.h"

#include <QFile>
#include <QHostAddress>
#include <QNetworkReply>
#include <QSslCertificate>
#include <QSslConfiguration>

namespace presence::auth {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// A token names a key that is not there: strangers can make us ask so often.
static constexpr auto kLeastPause = 5s;
static constexpr auto kFetchDeadline = 10s;
/// After a fetch that failed.
static constexpr auto kRetry = 15s;

Result<void> checkKeyUrl(const QUrl &url)
{
    const bool isHere = url.host() == "localhost"_L1 || QHostAddress(url.host()).isLoopback();
    const bool isSafe = url.scheme() == "https"_L1 || (url.scheme() == "http"_L1 && isHere);
    if (!url.isValid() || url.host().isEmpty() || !isSafe || !url.userInfo().isEmpty())
        return fail(ErrorCode::Invalid,
                    u"must be an https URL without a user; http only for this machine"_s);
    return {};
}

KeySource::KeySource(KeySourceConfig config, KeySet own, KeyRing &ring, QObject *parent)
    : QObject(parent), m_config(std::move(config)), m_own(std::move(own)), m_ring(ring)
{
    publish();
    m_refresh.setInterval(m_config.refresh);
    connect(&m_refresh, &QTimer::timeout, this, &KeySource::refresh);
    m_soon.setSingleShot(true);
    connect(&m_soon, &QTimer::timeout, this, &KeySource::fetch);
    m_network.setRedirectPolicy(QNetworkRequest::SameOriginRedirectPolicy);
    if (!m_config.url.isEmpty()) {
        m_ring.setFetch([this] { QMetaObject::invokeMethod(this, &KeySource::fetchSoon); });
        fetch();
    }
    if (!m_config.url.isEmpty() || !m_config.file.isEmpty())
        m_refresh.start();
}

KeySource::~KeySource()
{
    if (m_reply)
        m_reply->disconnect(this);
}

void KeySource::publish()
{
    KeySet all = m_own;
    all.add(m_ofFile);
    all.add(m_ofUrl);
    m_ring.replace(std::move(all));
}

void KeySource::warnOfSkipped(const QString &where, const QStringList &skipped)
{
    for (const QString &reason : skipped)
        qCInfo(lcAuth).noquote() << "Key of" << where << "is not used:" << reason;
}

Result<KeySet> KeySource::read(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Unavailable, file.errorString());
    QStringList skipped;
    return KeySet::parse(file.read(KeySet::kMaxBytes + 1), true, &skipped);
}

Result<void> KeySource::readFile()
{
    if (m_config.file.isEmpty())
        return {};
    QFile file(m_config.file);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Unavailable, file.errorString());
    const QByteArray text = file.read(KeySet::kMaxBytes + 1);
    if (text == m_fileText)
        return {};
    QStringList skipped;
    auto keys = KeySet::parse(text, true, &skipped);
    if (!keys)
        return Failure(keys.error());
    m_fileText = text;
    m_ofFile = *std::move(keys);
    publish();
    warnOfSkipped(m_config.file, skipped);
    qCInfo(lcAuth).noquote() << "Keys of" << m_config.file << "in use:" << m_ofFile.size();
    return {};
}

void KeySource::refresh()
{
    if (const auto read = readFile(); !read)
        qCWarning(lcAuth).noquote()
            << "Keys of" << m_config.file << "stay as they are:" << read.error().detail;
    fetch();
}

void KeySource::reload(KeySet own)
{
    m_own = std::move(own);
    publish();
    // An answer that is under way may be older.
    if (m_reply) {
        m_reply->disconnect(this);
        m_reply->abort();
        std::exchange(m_reply, nullptr)->deleteLater();
    }
    refresh();
}

void KeySource::fetchSoon()
{
    if (m_config.url.isEmpty() || m_reply)
        return;
    const auto due = std::max(0ms,
                              std::chrono::ceil<std::chrono::milliseconds>(
                                  m_begun + kLeastPause - KeyRing::Clock::now()));
    if (!m_soon.isActive() || m_soon.remainingTimeAsDuration() > due)
        m_soon.start(due);
}

void KeySource::fetch()
{
    if (m_config.url.isEmpty() || m_reply)
        return;
    QNetworkRequest request(m_config.url);
    request.setTransferTimeout(std::chrono::milliseconds(kFetchDeadline).count());
    request.setRawHeader("Accept", "application/jwk-set+json, application/json");
    if (!m_config.authorities.isEmpty()) {
        QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
        tls.setCaCertificates(QSslCertificate::fromPath(m_config.authorities));
        request.setSslConfiguration(tls);
    }
    m_begun = KeyRing::Clock::now();
    ++m_fetches;
    m_reply = m_network.get(request);
    m_reply->setReadBufferSize(KeySet::kMaxBytes + 1);
    // One that sends a little now and then has no more time than others.
    QTimer::singleShot(kFetchDeadline, m_reply, &QNetworkReply::abort);
    connect(m_reply, &QNetworkReply::readyRead, this, [this] {
        if (m_reply->bytesAvailable() > KeySet::kMaxBytes)
            m_reply->abort();
    });
    connect(m_reply, &QNetworkReply::finished, this, &KeySource::finished);
}

void KeySource::finished()
{
    QNetworkReply &reply = *std::exchange(m_reply, nullptr);
    reply.deleteLater();
    if (reply.error() != QNetworkReply::NoError)
        return failed(reply.errorString());
    const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (constexpr int kOk = 200; status != kOk)
        return failed(u"it answered %1"_s.arg(status));
    const QByteArray text = reply.readAll();
    QStringList skipped;
    auto keys = KeySet::parse(text, false, &skipped);
    if (!keys)
        return failed(keys.error().detail);
    if (keys->size() == 0)
        return failed(u"it has no key that is used here"_s);
    if (text != m_urlText) {
        m_urlText = text;
        m_ofUrl = *std::move(keys);
        publish();
        warnOfSkipped(m_config.url.toDisplayString(), skipped);
        qCInfo(lcAuth).noquote() << "Keys of" << m_config.url.toDisplayString()
                                 << "in use:" << m_ofUrl.size();
    }
    m_ring.noteFetched(m_begun);
}

void KeySource::failed(const QString &why)
{
    ++m_failures;
    qCWarning(lcAuth).noquote().nospace()
        << "Keys of " << m_config.url.toDisplayString() << " could not be fetched: " << why << "; "
        << m_ofUrl.size() << " stay in use";
    if (!m_soon.isActive())
        m_soon.start(kRetry);
}

} // namespace presence::auth
