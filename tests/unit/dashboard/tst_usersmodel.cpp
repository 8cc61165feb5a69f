// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/usersmodel.h"
#include "tests/support/testregistry.h"

#include <QAbstractItemModelTester>
#include <QMap>
#include <QRandomGenerator>
#include <QTest>

using namespace presence;
using namespace presence::dashboard;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static UserRow row(const QByteArray &user, Status status = Status::Online,
                   const QByteArray &message = {})
{
    return {.user = UserId(user), .view = {status, message, {}}, .devices = 1, .nodes = {"a"}};
}

class TestUsersModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_model = std::make_unique<UsersModel>(m_overview);
        m_tester = std::make_unique<QAbstractItemModelTester>(
            m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    }
    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
    }

    void rowsAreSorted()
    {
        add({row("cid"), row("amy"), row("bob")});
        QTRY_COMPARE(users(), QStringList({u"amy"_s, u"bob"_s, u"cid"_s}));
        m_model->sort(UsersModel::UserColumn, Qt::DescendingOrder);
        QCOMPARE(users(), QStringList({u"cid"_s, u"bob"_s, u"amy"_s}));
        add({row("abe")});
        QTRY_COMPARE(users(), QStringList({u"cid"_s, u"bob"_s, u"amy"_s, u"abe"_s}));
    }

    void valuesChangeAtOnceAndPlacesSoon()
    {
        m_model->sort(UsersModel::StatusColumn, Qt::AscendingOrder);
        add({row("amy"), row("bob", Status::Busy)});
        QTRY_COMPARE(users(), QStringList({u"amy"_s, u"bob"_s}));
        add({row("amy", Status::Offline)});
        QTRY_COMPARE(users(), QStringList({u"bob"_s, u"amy"_s}));
        QCOMPARE(m_model->index(1, UsersModel::StatusColumn).data(StatusRole).toInt(),
                 int(Status::Offline));
    }

    void theFilterLooksAtUserAndMessage()
    {
        add({row("amy", Status::Busy, "In a Meeting"), row("bob"), row("meeting.room")});
        QTRY_COMPARE(m_model->rowCount(), 3);
        m_model->setFilter({u"MEET"_s, {}});
        QCOMPARE(users(), QStringList({u"amy"_s, u"meeting.room"_s}));
        m_model->setFilter({u"MEET"_s, {Status::Busy}});
        QCOMPARE(users(), QStringList({u"amy"_s}));
        QCOMPARE(m_model->total(), 3);
        add({row("amy", Status::Busy, "Lunch")});
        QTRY_VERIFY(users().isEmpty());
        m_model->setFilter({});
        QCOMPARE(m_model->rowCount(), 3);
    }

    void whoLeavesAndComesBackKeepsItsRow()
    {
        add({row("amy"), row("bob")});
        QTRY_COMPARE(m_model->rowCount(), 2);
        const QPersistentModelIndex bob = m_model->index(1, 0);
        m_model->enqueue({}, {UserId("bob")});
        add({row("bob", Status::Away)});
        QTRY_COMPARE(m_model->userAt(1)->view.status, Status::Away);
        QVERIFY(bob.isValid());
        QCOMPARE(m_model->rowCount(), 2);
    }

    void whoLeavesIsGone()
    {
        add({row("amy"), row("bob")});
        QTRY_COMPARE(m_model->rowCount(), 2);
        m_model->enqueue({}, {UserId("amy"), UserId("nobody")});
        QTRY_COMPARE(users(), QStringList({u"bob"_s}));
        QTRY_COMPARE(m_model->total(), 1);
    }

    /// Against a map: whatever comes in whatever order, and views that hold on to rows keep them.
    void randomChangesEndAsTheyShould()
    {
        auto *random = QRandomGenerator::global();
        QMap<QByteArray, UserRow> expected;
        QHash<QByteArray, QPersistentModelIndex> held;
        for (int round = 0; round < 25; ++round) {
            for (int i = 0; i < 80; ++i) {
                const QByteArray user = "user-" + QByteArray::number(random->bounded(60));
                if (random->bounded(4) == 0) {
                    expected.remove(user);
                    m_model->enqueue({}, {UserId(user)});
                } else {
                    const auto status = static_cast<Status>(random->bounded(3));
                    expected[user] = row(user, status, QByteArray::number(random->bounded(9)));
                    add({expected[user]});
                }
            }
            if (round % 5 == 1)
                m_model->sort(random->bounded(UsersModel::kColumns),
                              random->bounded(2) ? Qt::AscendingOrder : Qt::DescendingOrder);
            if (round % 5 == 3)
                m_model->setFilter({random->bounded(2) ? QString() : u"-1"_s, {}});
            for (int i = 0; i < m_model->rowCount(); i += 7)
                held.insert(m_model->userAt(i)->user.bytes(), m_model->index(i, 1));
            QCoreApplication::processEvents();
        }
        m_model->setFilter({});
        QTRY_COMPARE(m_model->rowCount(), int(expected.size()));
        QTRY_VERIFY(isAsExpected(expected));
        for (auto it = held.cbegin(); it != held.cend(); ++it) {
            if (it->isValid())
                QCOMPARE(it->data().toString(), QString::fromLatin1(it.key()));
        }
    }

private:
    void add(std::vector<UserRow> rows) { m_model->enqueue(std::move(rows), {}); }

    QStringList users() const
    {
        QStringList names;
        for (int i = 0; i < m_model->rowCount(); ++i)
            names.append(m_model->userAt(i)->user.toString());
        return names;
    }

    bool isAsExpected(const QMap<QByteArray, UserRow> &expected) const
    {
        for (int i = 0; i < m_model->rowCount(); ++i) {
            const UserRow *shown = m_model->userAt(i);
            if (expected.value(shown->user.bytes()) != *shown)
                return false;
        }
        return true;
    }

    Connection m_connection;
    OverviewModel m_overview{m_connection};
    std::unique_ptr<UsersModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

PRESENCE_TEST(TestUsersModel)
#include "tst_usersmodel.moc"
