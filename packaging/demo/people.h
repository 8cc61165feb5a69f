// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QRandomGenerator>
#include <QString>

#include <array>
#include <span>
#include <vector>

namespace presence::demo {

inline constexpr std::array<const char *, 3> kWorkspaces{"acme", "globex", "initech"};

/// What a simulated user is, for as long as the demo runs.
struct Character
{
    QByteArray id;
    QByteArray workspace;
    std::vector<QByteArray> devices; ///< one to three, such as web:chrome
    bool flaps = false; ///< comes and goes again and again
};

/// What a user says of itself.
struct Saying
{
    QString message;
    QString emoji;
};

/// `count` users with ids that differ, the same ones for the same state of `random`.
std::vector<Character> makeCharacters(int count, QRandomGenerator &random);

/// A channel of the workspace; few are busy, many are quiet.
QByteArray pickChannel(const QByteArray &workspace, QRandomGenerator &random);

Saying pickSaying(QRandomGenerator &random);

/// Any of `list`, which is not empty.
template <typename List>
const auto &pick(const List &list, QRandomGenerator &random)
{
    return list[random.bounded(static_cast<quint32>(std::size(list)))];
}

} // namespace presence::demo
