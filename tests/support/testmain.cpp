// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The main() of programs with many test classes: see testregistry.h.
#include "tests/support/testregistry.h"

#include <QTest>

#include <algorithm>
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

static const RegisteredTest *find(const QByteArray &name)
{
    const auto found = std::ranges::find(registry(), name, &RegisteredTest::name);
    return found == registry().end() ? nullptr : *found;
}

} // namespace presence::test

int main(int argc, char **argv)
{
    using namespace presence::test;
    std::vector<const RegisteredTest *> chosen;
    int names = 1;
    for (; names < argc && argv[names][0] != '-'; ++names) {
        const RegisteredTest *test = find(argv[names]);
        if (!test) {
            qWarning("there is no test %s here", argv[names]);
            return 1;
        }
        chosen.push_back(test);
    }
    if (chosen.empty())
        chosen = registry();
    // QtTest shall not take the names for arguments of its own.
    std::vector<char *> rest{argv[0]};
    rest.insert(rest.end(), argv + names, argv + argc + 1);
    int count = argc - names + 1;
    const auto application = chosen.front()->application(count, rest.data());
    QCoreApplication::setAttribute(Qt::AA_Use96Dpi, true);
    int failures = 0;
    for (const RegisteredTest *test : chosen)
        failures += QTest::qExec(test->test().get(), count, rest.data());
    return failures;
}
