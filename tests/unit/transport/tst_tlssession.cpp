// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tcpstream.h"

#include "tests/support/epolltest.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QTemporaryDir>
#include <QTest>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

using namespace presence;
using namespace presence::transport;
using namespace Qt::StringLiterals;

using Status = TlsSession::Status;

static constexpr qsizetype kRecordBytes = 16 * 1024 + 256;

/// A certificate that ends tomorrow, and its key, in files.
class Certificate
{
public:
    Certificate()
    {
        EVP_PKEY *pair = EVP_EC_gen("P-256");
        X509 *x509 = X509_new();
        X509_gmtime_adj(X509_getm_notBefore(x509), 0);
        X509_gmtime_adj(X509_getm_notAfter(x509), 24 * 3600);
        X509_set_pubkey(x509, pair);
        X509_sign(x509, pair, EVP_sha256());
        FILE *file = std::fopen(qPrintable(path()), "w");
        PEM_write_X509(file, x509);
        std::fclose(file);
        file = std::fopen(qPrintable(key()), "w");
        PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        X509_free(x509);
        EVP_PKEY_free(pair);
    }

    QString path() const { return m_directory.filePath(u"cert.pem"_s); }
    QString key() const { return m_directory.filePath(u"key.pem"_s); }

private:
    QTemporaryDir m_directory;
};

/// A session, and OpenSSL as its client, over a pair of sockets.
class Pair
{
public:
    explicit Pair(const TlsContext &context, int version = TLS1_3_VERSION)
    {
        int pair[2] = {-1, -1};
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
        m_descriptor = pair[0];
        peer = pair[1];
        session = std::make_unique<TlsSession>(context.makeSession(), m_descriptor);
        SSL_CTX *clients = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_max_proto_version(clients, version);
        client = SSL_new(clients);
        SSL_CTX_free(clients);
        SSL_set_fd(client, peer);
        SSL_set_connect_state(client);
    }
    ~Pair()
    {
        SSL_free(client);
        session.reset();
        ::close(m_descriptor);
        hangUp();
    }
    Q_DISABLE_COPY_MOVE(Pair)

    bool shakeHands()
    {
        for (int i = 0; i < 10 && (!SSL_is_init_finished(client) || !session->isEstablished());
             ++i) {
            SSL_do_handshake(client);
            read();
        }
        return session->isEstablished();
    }

    /// All that the session can read now.
    QByteArray read()
    {
        QByteArray all;
        for (;;) {
            const auto [status, bytes] = session->read(m_buffer);
            last = status;
            if (status != Status::Done)
                return all;
            all.append(bytes.data(), static_cast<qsizetype>(bytes.size()));
        }
    }

    /// All that the client can read now.
    QByteArray heard()
    {
        QByteArray all;
        size_t count = 0;
        while (SSL_read_ex(client, m_buffer.data(), m_buffer.size(), &count) > 0)
            all.append(m_buffer.data(), static_cast<qsizetype>(count));
        return all;
    }

    bool say(const QByteArray &bytes)
    {
        return SSL_write(client, bytes.constData(), static_cast<int>(bytes.size())) == bytes.size();
    }
    bool updateKey(bool both)
    {
        return SSL_key_update(client,
                              both ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED)
            && SSL_do_handshake(client) == 1;
    }

    /// Until the kernel takes no more; what was taken over.
    QByteArray fill()
    {
        QByteArray taken;
        for (quint8 i = 0; session->flush() == Status::Done; ++i) {
            QByteArray block(10'000, static_cast<char>(i));
            const iovec vector{block.data(), static_cast<size_t>(block.size())};
            taken += block.first(session->write({&vector, 1}));
        }
        return taken;
    }

    void hangUp()
    {
        if (peer >= 0)
            ::close(std::exchange(peer, -1));
    }

    std::unique_ptr<TlsSession> session;
    SSL *client = nullptr;
    int peer = -1;
    Status last = Status::Done; ///< of read()

private:
    int m_descriptor = -1;
    std::array<char, 20'000> m_buffer;
};

class TestTlsSession : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_context.load(m_certificate.path(), m_certificate.key())); }

    void readsAndWrites_data();
    void readsAndWrites();
    void whatTheKernelDoesNotTakeWaits();
    void readingGoesOnWhileWritingWaits();
    void newKeysAreLimited();
    void newKeysThatWantAnswersAreLimited();
    void newKeysRightBehindTheHandshakeAreLimited();
    void aHandshakeIsLimited();
    void recordsWithLittleInThemAreLimited();
    void aPassReadsOnce();
    void renegotiationIsLimited();
    void aTurnReadsAShare();
    void theEnd();
    void whatIsNoTlsIsBroken();
    void httpIsToldWhatIsMissing();
    void nothingIsWrittenBeforeTheHandshake();
    void aCertificateThatCannotBeUsedChangesNothing();
    void saysWhenTheCertificateEnds();

private:
    Certificate m_certificate;
    TlsContext m_context;
};

void TestTlsSession::readsAndWrites_data()
{
    QTest::addColumn<int>("version");
    QTest::newRow("1.2") << TLS1_2_VERSION;
    QTest::newRow("1.3") << TLS1_3_VERSION;
}

void TestTlsSession::readsAndWrites()
{
    QFETCH(int, version);
    Pair pair(m_context, version);
    QVERIFY(pair.shakeHands());
    QVERIFY(pair.say("hello"));
    QCOMPARE(pair.read(), "hello");
    QCOMPARE(pair.last, Status::Blocked);
    QByteArray parts[] = {"one ", "two ", QByteArray(100'000, 'x')};
    std::array<iovec, 3> vectors;
    for (size_t i = 0; i < vectors.size(); ++i)
        vectors[i] = {parts[i].data(), static_cast<size_t>(parts[i].size())};
    const qsizetype taken = pair.session->write(vectors);
    QCOMPARE(taken, 16 * 1024);
    QCOMPARE(pair.session->flush(), Status::Done);
    QCOMPARE(pair.heard(), (parts[0] + parts[1] + parts[2]).first(taken));
    QVERIFY(pair.session->sent() > taken);
}

void TestTlsSession::whatTheKernelDoesNotTakeWaits()
{
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
    const QByteArray taken = pair.fill();
    QCOMPARE(pair.session->flush(), Status::Blocked);
    QVERIFY(pair.session->unwritten() > 0);
    QVERIFY(pair.session->unwritten() <= kRecordBytes);
    QByteArray heard = pair.heard();
    while (heard.size() < taken.size()) {
        QVERIFY(pair.session->flush() != Status::Broken);
        const QByteArray more = pair.heard();
        QVERIFY(!more.isEmpty());
        heard += more;
    }
    QCOMPARE(heard, taken);
    QCOMPARE(pair.session->flush(), Status::Done);
    QCOMPARE(pair.session->unwritten(), 0);
}

void TestTlsSession::readingGoesOnWhileWritingWaits()
{
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
    QByteArray taken = pair.fill();
    QVERIFY(pair.say("one"));
    QVERIFY(pair.updateKey(true)); // the answer to it waits behind what waits
    QVERIFY(pair.say("two"));
    QCOMPARE(pair.read(), "onetwo");
    QCOMPARE(pair.last, Status::Blocked);
    QByteArray heard;
    while (pair.session->flush() == Status::Blocked)
        heard += pair.heard();
    taken += pair.fill();
    while (heard.size() < taken.size()) {
        QVERIFY(pair.session->flush() != Status::Broken);
        heard += pair.heard();
    }
    QCOMPARE(heard, taken);
}

void TestTlsSession::newKeysAreLimited()
{
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
    for (int i = 0; i < 20; ++i)
        QVERIFY(pair.updateKey(false));
    QVERIFY(pair.say("still here"));
    QCOMPARE(pair.read(), "still here");
    for (int i = 0; i < 20; ++i)
        pair.updateKey(false);
    pair.read();
    QCOMPARE(pair.last, Status::Broken);
}

void TestTlsSession::newKeysThatWantAnswersAreLimited()
{
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
    pair.fill();
    for (int i = 0; i < 200; ++i)
        pair.updateKey(true);
    pair.read();
    QCOMPARE(pair.last, Status::Broken);
    QVERIFY(pair.session->unwritten() <= kRecordBytes + 64 * 40);
}

void TestTlsSession::newKeysRightBehindTheHandshakeAreLimited()
{
    Pair pair(m_context);
    SSL_do_handshake(pair.client);
    pair.read();
    QCOMPARE(SSL_do_handshake(pair.client), 1);
    for (int i = 0; i < 100; ++i)
        QVERIFY(pair.updateKey(true));
    const qint64 before = pair.session->sent();
    pair.read();
    QCOMPARE(pair.last, Status::Broken);
    QVERIFY(pair.session->sent() < before + 33 * 50 + 500);
}

void TestTlsSession::aHandshakeIsLimited()
{
    Pair pair(m_context);
    const auto put = [&pair](const QByteArray &bytes) {
        return ::send(pair.peer, bytes.constData(), static_cast<size_t>(bytes.size()), 0) > 0;
    };
    // The beginning of a ClientHello of 100,000 bytes.
    QVERIFY(put(QByteArray::fromHex("160301400001"
                                    "0186a0"
                                    "0303")
                + QByteArray(7000, 'x')));
    QCOMPARE(pair.read(), "");
    QCOMPARE(pair.last, Status::Blocked);
    QVERIFY(put(QByteArray(2000, 'x')));
    QCOMPARE(pair.read(), "");
    QCOMPARE(pair.last, Status::Broken);
}

void TestTlsSession::recordsWithLittleInThemAreLimited()
{
    const auto said = [this](qsizetype size, qsizetype most) {
        Pair pair(m_context);
        if (!pair.shakeHands())
            return qsizetype(-1);
        qsizetype read = 0;
        for (qsizetype i = 0; i < most && pair.last != Status::Broken; i += size) {
            pair.say(QByteArray(size, 'x'));
            read += pair.read().size();
        }
        return read;
    };
    QCOMPARE(said(10, 100'000), 100'000);
    const qsizetype read = said(1, 20'000);
    QVERIFY2(read > 1000 && read < 10'000, qPrintable(QString::number(read)));
}

/// Reads a little each time.
class SlowUser final : public StreamUser
{
public:
    explicit SlowUser(TcpStream &stream) : m_stream(stream) { stream.use(*this); }
    void readable() override
    {
        std::array<char, 100> buffer;
        const auto result = m_stream.read(buffer);
        ++calls;
        if (result.status == TcpStream::ReadStatus::Data)
            read += static_cast<qsizetype>(result.bytes.size());
    }
    void writable() override { }

    int calls = 0;
    qsizetype read = 0;

private:
    TcpStream &m_stream;
};

void TestTlsSession::aPassReadsOnce()
{
    Pair pair(m_context);
    int between[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, between);
    TcpStream stream(between[0]);
    QVERIFY(stream.encrypt(m_context.makeSession()));
    SSL_set_fd(pair.client, between[1]);
    SlowUser user(stream);
    for (int i = 0; i < 10 && SSL_do_handshake(pair.client) != 1; ++i)
        QCoreApplication::processEvents();
    QVERIFY(SSL_is_init_finished(pair.client));
    for (int i = 0; i < 50; ++i)
        QVERIFY(pair.say(QByteArray(1000, 'x')));
    for (int i = 0; i < 2000 && user.read < 50'000; ++i) {
        const int before = user.calls;
        QCoreApplication::processEvents();
        // Twice where the descriptor had something to say first.
        QVERIFY2(user.calls <= before + 2, qPrintable(QString::number(user.calls - before)));
        if (i % 7 == 3) { // all that asks for it
            stream.watchReading(false);
            stream.watchReading(true);
        }
    }
    QCOMPARE(user.read, 50'000);
    ::close(between[1]);
}

void TestTlsSession::renegotiationIsLimited()
{
    Pair pair(m_context, TLS1_2_VERSION);
    QVERIFY(pair.shakeHands());
    for (int i = 0; i < 100 && pair.last != Status::Broken; ++i) {
        SSL_renegotiate(pair.client);
        SSL_do_handshake(pair.client);
        pair.heard();
        pair.read();
    }
    QCOMPARE(pair.read(), "");
    QCOMPARE(pair.last, Status::Broken);
}

void TestTlsSession::aTurnReadsAShare()
{
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
    const int size = 1024 * 1024;
    ::setsockopt(pair.peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    qsizetype said = 0;
    while (said < 150'000 && pair.say(QByteArray(1000, 'x')))
        said += 1000;
    QCOMPARE(said, 150'000);
    std::vector<char> buffer(1024 * 1024);
    const auto [status, bytes] = pair.session->read(buffer);
    QCOMPARE(status, Status::Done);
    QVERIFY(bytes.size() <= 64 * 1024);
    QVERIFY(bytes.size() > 32 * 1024);
    QCOMPARE(pair.read().size() + static_cast<qsizetype>(bytes.size()), said);
}

void TestTlsSession::theEnd()
{
    Pair closing(m_context);
    QVERIFY(closing.shakeHands());
    QVERIFY(closing.say("bye"));
    SSL_shutdown(closing.client);
    QCOMPARE(closing.read(), "bye");
    QCOMPARE(closing.last, Status::Ended);
    closing.session->shutdown();
    closing.session->shutdown();
    QCOMPARE(closing.session->flush(), Status::Done);

    Pair hangingUp(m_context);
    QVERIFY(hangingUp.shakeHands());
    QVERIFY(hangingUp.say("bye"));
    hangingUp.heard(); // what is unread would reset it
    hangingUp.hangUp();
    QCOMPARE(hangingUp.read(), "bye");
    QCOMPARE(hangingUp.last, Status::Ended);

    // Such is a probe that looks whether the port is open.
    Pair silent(m_context);
    silent.hangUp();
    QCOMPARE(silent.read(), "");
    QCOMPARE(silent.last, Status::Ended);
}

void TestTlsSession::whatIsNoTlsIsBroken()
{
    Pair before(m_context);
    QVERIFY(::send(before.peer, "\x16\x03\x01\xff\xff", 5, 0) == 5);
    QCOMPARE(before.read(), "");
    QCOMPARE(before.last, Status::Broken);
    QVERIFY(!before.session->isEstablished());

    Pair after(m_context);
    QVERIFY(after.shakeHands());
    QVERIFY(after.say("then"));
    QVERIFY(::send(after.peer, "\x17\x03\x03\x00\x20", 5, 0) == 5);
    QVERIFY(::send(after.peer, QByteArray(32, 'x').constData(), 32, 0) == 32);
    std::array<char, 1000> buffer;
    QCOMPARE(after.session->read(buffer).status, Status::Done);
    // The descriptor has no more to say.
    QVERIFY(after.session->hasUnread());
    QCOMPARE(after.session->read(buffer).status, Status::Broken);
    QVERIFY(after.session->isEstablished());
}

void TestTlsSession::httpIsToldWhatIsMissing()
{
    Pair pair(m_context);
    const QByteArray request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    QVERIFY(::send(pair.peer, request.constData(), static_cast<size_t>(request.size()), 0) > 0);
    QCOMPARE(pair.read(), "");
    QCOMPARE(pair.last, Status::Broken);
    std::array<char, 1000> answer;
    const ssize_t size = ::recv(pair.peer, answer.data(), answer.size(), 0);
    QVERIFY(size > 0);
    const QByteArray text(answer.data(), size);
    QVERIFY(text.startsWith("HTTP/1.1 400 "));
    const qsizetype body = text.indexOf("\r\n\r\n") + 4;
    QVERIFY(text.contains("Content-Length: " + QByteArray::number(text.size() - body) + "\r\n"));
}

void TestTlsSession::nothingIsWrittenBeforeTheHandshake()
{
    Pair pair(m_context);
    QByteArray secret = "secret";
    const iovec vector{secret.data(), static_cast<size_t>(secret.size())};
    QCOMPARE(pair.session->write({&vector, 1}), 0);
    QCOMPARE(pair.session->flush(), Status::Broken);
    std::array<char, 10> buffer;
    QCOMPARE(::recv(pair.peer, buffer.data(), buffer.size(), 0), -1);
}

void TestTlsSession::aCertificateThatCannotBeUsedChangesNothing()
{
    const Certificate other;
    QVERIFY(!m_context.load(m_certificate.path(), other.key()));
    QVERIFY(!m_context.load(m_certificate.key(), m_certificate.key()));
    QVERIFY(!m_context.load(u"/nowhere"_s, m_certificate.key()));
    Pair pair(m_context);
    QVERIFY(pair.shakeHands());
}

void TestTlsSession::saysWhenTheCertificateEnds()
{
    const qint64 left = m_context.notAfter() - QDateTime::currentSecsSinceEpoch();
    QVERIFY(left > 23 * 3600);
    QVERIFY(left <= 24 * 3600);
}

PRESENCE_EPOLL_TEST(TestTlsSession)
#include "tst_tlssession.moc"
