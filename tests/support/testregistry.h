// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QCoreApplication>

#include <memory>

namespace presence::test {

template <typename Application>
std::unique_ptr<QCoreApplication> makeApplication(int &argc, char **argv)
{
    return std::make_unique<Application>(argc, argv);
}

/// A test class of a program that has many.
struct RegisteredTest
{
    using MakeTest = std::unique_ptr<QObject> (*)();
    using MakeApplication = std::unique_ptr<QCoreApplication> (*)(int &argc, char **argv);

    /// `file` is the source it stands in: it is called by that name without folder and ending.
    RegisteredTest(const char *file, MakeTest makeTest, MakeApplication makeApplication);

    QByteArray name;
    MakeTest test;
    MakeApplication application;
};

} // namespace presence::test

#define PRESENCE_TEST_WITH(Class, makeApplication)                                                 \
    static const presence::test::RegisteredTest registered##Class(                                 \
        __FILE__, [] { return std::unique_ptr<QObject>(std::make_unique<Class>()); },              \
        makeApplication);

/// Instead of QTEST_GUILESS_MAIN(Class): `<program> <names of files...> [-arguments of QtTest]`
/// runs their classes one after the other, and `<program>` alone all that are in it.
#define PRESENCE_TEST(Class)                                                                       \
    PRESENCE_TEST_WITH(Class, presence::test::makeApplication<QCoreApplication>)

/// Instead of QTEST_MAIN(Class).
#define PRESENCE_WIDGET_TEST(Class)                                                                \
    PRESENCE_TEST_WITH(Class, presence::test::makeApplication<QApplication>)
