// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/step.h"

namespace presence::test {

/// A random story, the same for the same seed. `prefix` keeps its names apart from those of
/// others.
struct Story
{
    std::vector<std::string> users;
    std::vector<std::string> workspaces;
    std::vector<std::string> channels;
    std::vector<Step> steps;
};

Story makeStory(quint32 seed, const std::string &prefix, Model model);

} // namespace presence::test
