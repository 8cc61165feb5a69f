// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/script.h"
#include "tests/support/testregistry.h"

#include <QTemporaryDir>
#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;

static QByteArray encoded(const Command &command)
{
    QByteArray out;
    command.appendTo(out);
    return out;
}

static QString writeFile(const QTemporaryDir &directory, const QString &name, const char *text)
{
    QFile file(directory.filePath(name));
    if (file.open(QIODevice::WriteOnly))
        file.write(text);
    return file.fileName();
}

class TestCommand : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void wordsAreEncodedByteForByte()
    {
        QCOMPARE(encoded(Command{"HSET"_ba, "a\0b\r\n"_ba, {}}.add(QByteArray::number(3))),
                 "*4\r\n$4\r\nHSET\r\n$5\r\na\0b\r\n\r\n$0\r\n\r\n$1\r\n3\r\n"_ba);
    }

    void commandsAreAppended()
    {
        QByteArray out;
        Command{"PING"_ba}.appendTo(out);
        Command{"TIME"_ba}.appendTo(out);
        QCOMPARE(out, "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nTIME\r\n"_ba);
    }

    void aScriptIsCalledByItsDigest()
    {
        const Script script("answer"_ba, "return 42"_ba);
        QCOMPARE(script.sha1(), "1fa00e76656cc152ad327c13fe365858fd7be306"_ba);
        const Command command = script.command({"k"_ba}, {"a"_ba, "b"_ba});
        QCOMPARE(command.words(),
                 (std::vector{"EVALSHA"_ba, script.sha1(), "1"_ba, "k"_ba, "a"_ba, "b"_ba}));
        QCOMPARE(command.operation(), "answer"_ba);
    }

    void theSameCallCanBeMadeWithTheText()
    {
        const Script script("answer"_ba, "return 42"_ba);
        const auto whole = Script::withText(script.command({}, {"a"_ba}));
        QVERIFY(whole.has_value());
        QCOMPARE(whole->words(), (std::vector{"EVAL"_ba, "return 42"_ba, "0"_ba, "a"_ba}));
        QVERIFY(!Script::withText(Command{"GET"_ba, "k"_ba}).has_value());
    }

    void scriptFilesFollowEachOtherOnLinesOfTheirOwn()
    {
        const QTemporaryDir directory;
        const QStringList paths{writeFile(directory, u"lib.lua"_s, "local x = 1 -- end"),
                                writeFile(directory, u"body.lua"_s, "return x\n")};
        const Result<Script> script = Script::fromResource("x"_ba, paths);
        QVERIFY(script.has_value());
        QCOMPARE(script->text(), "local x = 1 -- end\nreturn x\n"_ba);
    }

    void aScriptFileThatIsNotThereIsNamed()
    {
        const Result<Script> script = Script::fromResource("x"_ba, {u":/no/such.lua"_s});
        QVERIFY(!script);
        QCOMPARE(int(script.error().code), int(ErrorCode::NotFound));
        QVERIFY(script.error().detail.contains(u":/no/such.lua"_s));
    }
};

PRESENCE_TEST(TestCommand)
#include "tst_redis_command.moc"
