// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "packaging/demo/people.h"

namespace presence::demo {

using namespace Qt::StringLiterals;

static constexpr std::array kFirstNames{
    "amelia", "ben",   "chiara", "david",  "elif",  "farid", "grace", "hannah",  "ivan",
    "jonas",  "keiko", "lea",    "mateo",  "nadia", "oscar", "priya", "quentin", "rosa",
    "sven",   "tariq", "uma",    "viktor", "wanda", "xin",   "yara",  "zoe"};
static constexpr std::array kLastNames{"abel",   "brandt", "costa",  "dubois", "evans", "fischer",
                                       "garcia", "haas",   "ito",    "jensen", "klein", "lopez",
                                       "meyer",  "novak",  "okafor", "petrov", "quinn", "rossi",
                                       "silva",  "tanaka", "ueda",   "vogel",  "weber", "young"};
static constexpr size_t kNames = kFirstNames.size() * kLastNames.size();
static constexpr std::array kDevices{"web:chrome", "ios:app", "desktop:app"};
static constexpr std::array kChannels{"general", "support", "design", "release",
                                      "random",  "hiring",  "oncall", "lunch"};

/// Different for `kNames` in a row.
static QByteArray nameOf(size_t n)
{
    const size_t first = n % kFirstNames.size();
    // 5 and the number of last names have no divisor in common.
    const size_t last = (first + 5 * (n / kFirstNames.size())) % kLastNames.size();
    return QByteArray(kFirstNames[first]) + '.' + kLastNames[last];
}

static QByteArray workspaceOf(size_t n)
{
    constexpr size_t kOf = 20;
    const size_t share = n % kOf;
    return kWorkspaces[share < 11 ? 0 : share < 17 ? 1 : 2];
}

std::vector<Character> makeCharacters(int count, QRandomGenerator &random)
{
    constexpr size_t kFlapEach = 75;
    const size_t from = random.bounded(static_cast<quint32>(kNames));
    std::vector<Character> characters;
    for (size_t n = 0; n < static_cast<size_t>(count); ++n) {
        Character character{.id = nameOf(from + n),
                            .workspace = workspaceOf(n),
                            .devices = {},
                            .flaps = n % kFlapEach == kFlapEach / 2};
        if (n >= kNames)
            character.id += '.' + QByteArray::number(n);
        const quint32 chance = random.bounded(100U);
        const size_t devices = chance < 75 ? 1 : chance < 95 ? 2 : 3;
        const size_t first = random.bounded(static_cast<quint32>(kDevices.size()));
        for (size_t i = 0; i < devices; ++i)
            character.devices.emplace_back(kDevices[(first + i) % kDevices.size()]);
        characters.push_back(std::move(character));
    }
    return characters;
}

QByteArray pickChannel(const QByteArray &workspace, QRandomGenerator &random)
{
    const double place = random.generateDouble();
    const auto index = static_cast<size_t>(place * place * kChannels.size());
    return workspace + '-' + kChannels[index];
}

Saying pickSaying(QRandomGenerator &random)
{
    static const std::array<Saying, 8> sayings{{{u"In a meeting"_s, u"📅"_s},
                                                {u"Lunch"_s, u"🍜"_s},
                                                {u"Reviewing the release"_s, u"🔍"_s},
                                                {u"Back at three"_s, u"⏰"_s},
                                                {u"On the train"_s, u"🚆"_s},
                                                {u"Focus time"_s, u"🎧"_s},
                                                {u"Customer call"_s, u"📞"_s},
                                                {u"Writing docs"_s, u"✍️"_s}}};
    return pick(sayings, random);
}

} // namespace presence::demo
