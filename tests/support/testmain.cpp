// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The main() of programs with many test classes: see testregistry.h.
#include "tests/support/testregistry.h"

#include <QTest>

#include <vector>

namespace presence::test {

static std::vector<const RegisteredTest *> &registry()
{
    static std::vector<const RegisteredTest *> all;
    return all;
}

static QByteArray baseName(const QByteArray &file)
{
    const QByteArray name = file.mid(file.lastIndexOf('/') + 1);
    return name.left(name.indexOf('.'));
}

RegisteredTest::RegisteredTest(const char *file, MakeTest makeTest, MakeApplication makeApplication)
    : name(baseName(file)), test(makeTest), application(makeApplication)
{
    registry().push_back(this);
}

static int run(const RegisteredTest &registered, int argc, char **argv)
{
    const auto application = registered.application(argc, argv);
    QCoreApplication::setAttribute(Qt::AA_Use96Dpi, true);
    return QTest::qExec(registered.test().get(), argc, argv);
}

} // namespace presence::test

int main(int argc, char **argv)
{
    using namespace presence::test;
    const QByteArray first(argc > 1 ? argv[1] : "");
    for (const RegisteredTest *test : registry()) {
        if (first != test->name)
            continue;
        // QtTest shall not take the name for one of its own arguments.
        std::vector<char *> rest(argv, argv + argc + 1);
        rest.erase(rest.begin() + 1);
        return run(*test, argc - 1, rest.data());
    }
    if (!first.isEmpty() && !first.startsWith('-')) {
        qWarning("there is no test %s here", first.constData());
        return 1;
    }
    int failures = 0;
    for (const RegisteredTest *test : registry())
        failures += run(*test, argc, argv);
    return failures;
}
