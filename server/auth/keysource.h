// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/keyring.h"
#include "shared/core/logthrottle.h"

#include <QNetworkAccessManager>
#include <QTimer>
#include <QUrl>

namespace presence::auth {

/// Where keys come from besides the secret.
struct KeySourceConfig
{
    QString file; ///< a JWKS, which may have secrets; empty: none
    QUrl url; ///< https, or http on this machine; empty: none
    QString authorities; ///< PEM file of those that url may be certified by; empty: the system's
    std::chrono::seconds refresh{300}; ///< between two looks
};

/// Whether keys may be fetched from there: nobody else can say what they are.
Result<void> checkKeyUrl(const QUrl &url);

/// Keeps the keys of a KeyRing as those of a file and of a URL. Those that were there stay while
/// it cannot be read. The URL is that of the configuration, never one that a token names.
///
/// Lives on the main thread. The ring outlives it.
class KeySource : public QObject
{
    Q_OBJECT
public:
    /// `own` are the keys that there are in any case.
    KeySource(KeySourceConfig config, KeySet own, KeyRing &ring, QObject *parent = nullptr);
    ~KeySource() override;

    /// What is in a file of keys, or why it cannot be used.
    static Result<KeySet> read(const QString &path);

    /// Reads the file. An Error says why it cannot be used; the keys are as they were then.
    Result<void> readFile();
    /// Asks the URL, soon and not too often.
    void fetchSoon();
    /// Reads all again now, as on SIGHUP. `own` are the keys that there are in any case from now
    /// on.
    void reload(KeySet own);

    /// Counted since the start.
    qint64 fetches() const { return m_fetches; } ///< from any thread
    qint64 failures() const { return m_failures; } ///< from any thread

private:
    void refresh();
    void fetch();
    void finished();
    void failed(const QString &why);
    void publish();
    void warnOfSkipped(const QString &where, const QStringList &skipped);

    const KeySourceConfig m_config;
    KeySet m_own;
    KeyRing &m_ring;
    KeySet m_ofFile;
    KeySet m_ofUrl;
    QByteArray m_fileText; ///< as read last
    QByteArray m_urlText;
    QNetworkAccessManager m_network;
    QNetworkReply *m_reply = nullptr;
    KeyRing::Clock::time_point m_begun{}; ///< of the last fetch
    QTimer m_refresh;
    QTimer m_soon;
    std::atomic<qint64> m_fetches = 0;
    std::atomic<qint64> m_failures = 0;
};

} // namespace presence::auth
