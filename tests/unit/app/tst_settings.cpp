// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/commands.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QTemporaryFile>
#include <QTest>

using namespace presence;
using namespace presence::app;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestSettings : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theEnvironmentGoesBeforeTheFile();
    void aFileIsRefusedAndTheLineNamed_data();
    void aFileIsRefusedAndTheLineNamed();
    void aNameThatIsNearlyOursIsRefused();
    void whatKubernetesInjectsIsIgnored();
    void whatLooksLikeOursIsTold();
    void anEmptySecretIsRefused();
    void aSecretGoesBeforeItsFile();
    void whatIsShownHasNoSecret();
    void theDefaultsAreAFileThatChangesNothing();
    void whatNeedsARestartIsNamed();

private:
    Result<Config> configOf(const QByteArray &file, const QProcessEnvironment &environment = {})
    {
        m_file = std::make_unique<QTemporaryFile>();
        if (!m_file->open())
            return fail(ErrorCode::Internal, u"no file"_s);
        m_file->write(file);
        m_file->flush();
        return Config::from(environment, m_file->fileName());
    }

    std::unique_ptr<QTemporaryFile> m_file;
};

static QProcessEnvironment environmentOf(const QList<std::pair<QString, QString>> &variables)
{
    QProcessEnvironment environment;
    for (const auto &[name, value] : variables)
        environment.insert(name, value);
    return environment;
}

void TestSettings::theEnvironmentGoesBeforeTheFile()
{
    const auto config = configOf("# a comment\n"
                                 "PRESENCE_TTL: 90\n"
                                 "TYPING_TTL: 7\n"
                                 "VIEW_TTL: ~\n"
                                 "HISTORY: no\n"
                                 "AUTH_ORIGINS:\n  - https://a.example\n  - https://b.example\n",
                                 environmentOf({{u"TYPING_TTL"_s, u"9"_s}}));
    QVERIFY(config);
    QCOMPARE(config->presence.presenceTtl, 90s);
    QCOMPARE(config->presence.typingTtl, 9s);
    QCOMPARE(config->presence.viewTtl, 300s);
    QVERIFY(!config->archive.mongo.keepsHistory);
    QCOMPARE(config->origins.listed.size(), 2);
    QVERIFY(config->settings.source(u"TYPING_TTL"_s) == Settings::Source::Environment);
    QVERIFY(config->settings.source(u"PRESENCE_TTL"_s) == Settings::Source::File);
    QVERIFY(config->settings.source(u"VIEW_TTL"_s) == Settings::Source::Default);
    QVERIFY(configOf({}));
}

void TestSettings::aFileIsRefusedAndTheLineNamed_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("what");
    QTest::newRow("typing error")
        << "\nPRESENCE_TLL: 60"_ba
        << u":2: PRESENCE_TLL is no variable of presenced: PRESENCE_TTL was meant?"_s;
    QTest::newRow("unknown") << "WHAT_IS_THIS: 1"_ba << u":1: this is no variable of presenced"_s;
    QTest::newRow("a secret that was not quoted")
        << "REDIS_PASSWORD: a\nhunter2 secret: x"_ba << u":2: must be NAME: value"_s;
    QTest::newRow("small letters") << "presence_ttl: 5"_ba << u"PRESENCE_TTL was meant?"_s;
    QTest::newRow("two documents") << "TYPING_TTL: 5\n---\nBOGUS: 1"_ba << u"second document"_s;
    QTest::newRow("twice") << "TYPING_TTL: 5\nTYPING_TTL: 6"_ba << u":2: TYPING_TTL is set twice"_s;
    QTest::newRow("mapping") << "TYPING_TTL: {a: b}"_ba << u":1: TYPING_TTL must be a value"_s;
    QTest::newRow("nested list") << "AUTH_ORIGINS: [[a]]"_ba
                                 << u":1: AUTH_ORIGINS must be a list of values"_s;
    QTest::newRow("no mapping") << "- TYPING_TTL"_ba << u":1: must be a mapping"_s;
    QTest::newRow("no YAML") << "TYPING_TTL: [5"_ba << u":1: "_s;
    QTest::newRow("out of range") << "TYPING_TTL: 0"_ba
                                  << u"TYPING_TTL=0: must be a whole number"_s;
    QTest::newRow("too large") << "#" + QByteArray(1024 * 1024, 'x') << u"is larger than 1 MiB"_s;
}

void TestSettings::aFileIsRefusedAndTheLineNamed()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, what);
    const auto config = configOf(text);
    QVERIFY(!config);
    QVERIFY2(config.error().detail.contains(what), qPrintable(config.error().detail));
    QVERIFY(!Config::from(QProcessEnvironment(), u"/nonexistent.yaml"_s));
}

void TestSettings::aNameThatIsNearlyOursIsRefused()
{
    const auto config = Config::from(environmentOf({{u"PRESENCE_TLL"_s, u"60"_s}}));
    QVERIFY(!config);
    QVERIFY(config.error().detail.contains(u"PRESENCE_TTL was meant?"_s));
    // Two that are swapped; but one of a pair of names is told only.
    QVERIFY(!Config::from(environmentOf({{u"PRESENCE_TLT"_s, u"60"_s}})));
    QVERIFY(Config::from(
        environmentOf({{u"REDIS_URI"_s, u"x"_s}, {u"REDIS_URL"_s, u"redis://localhost"_s}})));
    // Those of others.
    QVERIFY(Config::from(environmentOf({{u"PRESENCE_PORTS"_s, u"4001"_s},
                                        {u"PRESENCE_URL"_s, u"http://x"_s},
                                        {u"REDIS_HOST_1"_s, u"x"_s}})));
    QVERIFY(Config::from(environmentOf({{u"NODE_ENV"_s, u"x"_s}, {u"HISTFILE"_s, u"x"_s}})));
}

void TestSettings::whatKubernetesInjectsIsIgnored()
{
    const auto config
        = Config::from(environmentOf({{u"PRESENCE_PORT"_s, u"tcp://10.0.0.1:4001"_s},
                                      {u"PRESENCE_PORT_4001_TCP"_s, u"tcp://10.0.0.1:4001"_s},
                                      {u"PRESENCE_PORT_4001_TCP_ADDR"_s, u"10.0.0.1"_s},
                                      {u"PRESENCE_SERVICE_HOST"_s, u"10.0.0.1"_s},
                                      {u"PRESENCE_SERVICE_PORT_HTTP"_s, u"4001"_s},
                                      {u"REDIS_PORT"_s, u"tcp://10.0.0.2:6379"_s},
                                      {u"REDIS_PORT_6379_TCP_PROTO"_s, u"tcp"_s}}));
    QVERIFY2(config, qPrintable(config ? QString() : config.error().detail));
    QCOMPARE(config->port, 4001);
    QVERIFY(!config->hasRedis && config->settings.unknown().isEmpty());
}

void TestSettings::whatLooksLikeOursIsTold()
{
    const auto config
        = Config::from(environmentOf({{u"PRESENCE_COLOUR"_s, u"red"_s}, {u"EDITOR"_s, u"vi"_s}}));
    QVERIFY(config);
    QCOMPARE(config->settings.unknown(), QStringList{u"PRESENCE_COLOUR"_s});
}

void TestSettings::anEmptySecretIsRefused()
{
    for (const QString &name : {u"AUTH_JWT_SECRET"_s, u"REDIS_PASSWORD"_s, u"MONGODB_URI"_s}) {
        const auto config = Config::from(environmentOf({{name, QString()}}));
        QVERIFY(!config && config.error().detail.contains(name));
        QVERIFY(!configOf(name.toUtf8() + ": ''"));
        QVERIFY(configOf(name.toUtf8() + ":"));
        QVERIFY(!Config::from(environmentOf({{name + u"_FILE"_s, QString()}})));
        QVERIFY(!Config::from(environmentOf({{name, QString(40, u' ')}})));
        QVERIFY(!configOf(name.toUtf8() + ": 0123456789012345678901234567890123456789",
                          environmentOf({{name, QString()}})));
    }
}

// The environment goes before the file, whichever of the two is where.
void TestSettings::aSecretGoesBeforeItsFile()
{
    QTemporaryFile secret;
    QVERIFY(secret.open());
    secret.write("of the file that holds it, 32 bytes and more");
    secret.flush();
    const QByteArray plain = "AUTH_JWT_SECRET: of the configuration file, 32 bytes and more\n";
    auto config = configOf(plain, environmentOf({{u"AUTH_JWT_SECRET_FILE"_s, secret.fileName()}}));
    QVERIFY(config && config->jwt.secret.startsWith("of the file that"));
    config = configOf(
        "AUTH_JWT_SECRET_FILE: " + secret.fileName().toUtf8(),
        environmentOf({{u"AUTH_JWT_SECRET"_s, u"of the environment, 32 bytes and some more"_s}}));
    QVERIFY(config && config->jwt.secret.startsWith("of the environment"));
    QVERIFY(!configOf(plain + "AUTH_JWT_SECRET_FILE: " + secret.fileName().toUtf8()));
}

void TestSettings::whatIsShownHasNoSecret()
{
    const auto config = configOf("REDIS_PASSWORD: hush-hush\nPRESENCE_TTL: 90\n"
                                 "MONGODB_URI: mongodb://me:hush-hush@localhost/\n");
    QVERIFY2(config, qPrintable(config ? QString() : config.error().detail));
    const QString text = describeSettings(config->settings);
    QVERIFY(!text.contains(u"hush"_s));
    QVERIFY(text.contains(u"REDIS_PASSWORD: \"***\" # file\n"_s));
    QVERIFY(text.contains(u"PRESENCE_TTL: 90 # file\n"_s));
    QVERIFY(text.contains(u"TYPING_TTL: 5 # default\n"_s));
}

void TestSettings::theDefaultsAreAFileThatChangesNothing()
{
    QString text = describeDefaults();
    QVERIFY(configOf(text.toUtf8()));
    // As it says it would be.
    text.replace(QRegularExpression(u"^#([A-Z])"_s, QRegularExpression::MultilineOption), u"\\1"_s);
    const auto config = configOf(text.toUtf8());
    QVERIFY2(config, qPrintable(config ? QString() : config.error().detail));
    const auto none = Config::from(QProcessEnvironment());
    QVERIFY(none);
    QCOMPARE(config->port, none->port);
    QCOMPARE(config->nodeName, none->nodeName);
    QCOMPARE(config->presence.viewTtl, none->presence.viewTtl);
    for (const auto &variable : Config::variables())
        QVERIFY2(config->settings.value(variable.name) == variable.defaultValue,
                 qPrintable(variable.name));
}

void TestSettings::whatNeedsARestartIsNamed()
{
    const auto before = configOf("PRESENCE_TTL: 60\nLOG_LEVEL: info\n");
    const auto after = configOf("PRESENCE_TTL: 90\nLOG_LEVEL: debug\nLIMIT_USER_CONNECTIONS: 3\n"
                                "REDIS_PASSWORD: other\nTYPING_TTL: 6\n"
                                "REDIS_URL: redis://me@elsewhere\n");
    QVERIFY(before && after);
    QCOMPARE(before->needRestart(*after),
             (QStringList{u"PRESENCE_TTL"_s, u"TYPING_TTL"_s, u"REDIS_URL"_s}));
}

PRESENCE_TEST(TestSettings)
#include "tst_settings.moc"
