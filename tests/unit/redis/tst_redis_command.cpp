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

static QByteArrayList wordsOf(const Command &command)
{
    QByteArrayList words;
    for (int i = 0; i < command.size(); ++i)
        words.append(command.word(i).toByteArray());
    return words;
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
        QCOMPARE(wordsOf(command),
                 (QByteArrayList{"EVALSHA"_ba, script.sha1(), "1"_ba, "k"_ba, "a"_ba, "b"_ba}));
        QCOMPARE(command.operation().toByteArray(), "answer"_ba);
    }

    void theSameCallCanBeMadeWithTheText()
    {
        const Script script("answer"_ba, "return 42"_ba);
        const QByteArray error = "NOSCRIPT No matching script. Please use EVAL.";
        const auto whole = Script::repeated(script.command({}, {"a"_ba}), error);
        QCOMPARE(whole.size(), size_t(1));
        QCOMPARE(wordsOf(whole[0]), (QByteArrayList{"EVAL"_ba, "return 42"_ba, "0"_ba, "a"_ba}));
        QVERIFY(Script::repeated(whole[0], error).empty());
        QVERIFY(Script::repeated(script.command({}, {}), "ERR other").empty());
        QVERIFY(Script::repeated(Command{"GET"_ba, "k"_ba}, error).empty());
    }

    void aFunctionIsCalledByTheNameOfItsLibrary()
    {
        const FunctionLibrary library("lib"_ba, "-- one"_ba);
        const FunctionLibrary other("lib"_ba, "-- two"_ba);
        QVERIFY(library.name().startsWith("lib_"));
        QVERIFY(library.name() != other.name());
        QVERIFY(library.text().startsWith("#!lua name=" + library.name() + '\n'));
        const Command command = Script("join"_ba, library).command({"k"_ba}, {"a"_ba});
        const QByteArray name = library.name() + "_join";
        QCOMPARE(wordsOf(command), (QByteArrayList{"FCALL"_ba, name, "1"_ba, "k"_ba, "a"_ba}));
        QCOMPARE(command.key().toByteArray(), "k"_ba);
        QCOMPARE(command.operation().toByteArray(), "join"_ba);
    }

    void aLibraryIsLoadedBeforeTheCallIsRepeated()
    {
        const FunctionLibrary library("lib"_ba, "-- one"_ba);
        const Command call = Script("join"_ba, library).command({"k"_ba}, {});
        const auto repeated = Script::repeated(call, "ERR Function not found");
        QCOMPARE(repeated.size(), size_t(2));
        QCOMPARE(wordsOf(repeated[0]), (QByteArrayList{"FUNCTION"_ba, "LOAD"_ba, library.text()}));
        QVERIFY(repeated[0].key().isEmpty());
        QCOMPARE(wordsOf(repeated[1]), wordsOf(call));
        QVERIFY(Script::repeated(call, "NOSCRIPT No matching script.").empty());
    }

    void scriptFilesFollowEachOtherOnLinesOfTheirOwn()
    {
        const QTemporaryDir directory;
        const QStringList paths{writeFile(directory, u"lib.lua"_s, "local x = 1 -- end"),
                                writeFile(directory, u"body.lua"_s, "return x\n")};
        const Result<QByteArray> text = readLua(paths);
        QVERIFY(text.has_value());
        QCOMPARE(*text, "local x = 1 -- end\nreturn x\n"_ba);
    }

    void aScriptFileThatIsNotThereIsNamed()
    {
        const Result<QByteArray> text = readLua({u":/no/such.lua"_s});
        QVERIFY(!text);
        QCOMPARE(int(text.error().code), int(ErrorCode::NotFound));
        QVERIFY(text.error().detail.contains(u":/no/such.lua"_s));
    }
};

PRESENCE_TEST(TestCommand)
#include "tst_redis_command.moc"
