// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

namespace presence::eventloop {

/// Whoever is told what a descriptor is ready for, as EpollDispatcher::watch() asked. Either call
/// may change or end the watch, and destroy the user.
class DescriptorUser
{
public:
    virtual void readable() = 0; ///< or there is trouble, which a read will tell
    virtual void writable() = 0; ///< or there is trouble, which a write will tell

protected:
    ~DescriptorUser() = default;
};

} // namespace presence::eventloop
