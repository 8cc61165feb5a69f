// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace presence::test {

using Ms = std::int64_t; ///< by Redis' clock, since the epoch
inline constexpr Ms kSecond = 1000;

inline QString text(const std::string &string)
{
    return QString::fromStdString(string);
}

/// Whether who says this is seen as offline.
inline bool hides(const std::string &status)
{
    return status == "invisible" || status == "offline";
}

/// What somebody sees of a user.
struct Face
{
    std::string status = "offline";
    std::string message;
    std::string emoji;
    Ms until = 0; ///< when the status ends; 0 for never

    bool operator==(const Face &) const = default;
    std::string text() const
    {
        return status + '|' + message + '|' + emoji + '|' + std::to_string(until / kSecond);
    }
};

/// What set_status asks for.
struct Wish
{
    std::string status;
    std::optional<std::string> message; ///< nothing: stays as it is; empty: is cleared
    std::optional<std::string> emoji;
    Ms clearAfter = 0; ///< 0 for never; whole seconds
};

/// The times of presence, as in the configuration.
struct Times
{
    Ms presenceTtl = 60'000;
    Ms offlineGrace = 5'000;
    Ms typingTtl = 5'000;
};

/// One client of a user: a WebSocket, or a device that calls by REST.
struct ModelSession
{
    std::string user;
    std::string device;
    std::string workspace; ///< empty for none
    int node = -1; ///< where its WebSocket is open; else it is over at `deadline`
    Ms deadline = 0;
    int number = 0; ///< of the session: the newest of a device speaks for it
    bool idle = false;
    bool isRest = false;
    bool hasEnded = false; ///< it was closed, or signed off
    std::set<std::string> viewing; ///< channels
    std::set<std::string> lastViewing; ///< when its user hid, where it is seen for the grace
    /// Of one that was closed: what it looked at, for the next one of its device.
    std::optional<std::set<std::string>> viewed;
    std::map<std::string, Ms> typing; ///< channel -> until when

    bool isOpen() const { return node >= 0; }
};

/// A change that watchers are told: `topic` is "user:U", "workspace:W:U", "view:C:U" or
/// "typing:C:U", `what` is the new state, empty for none.
struct ModelEvent
{
    std::string topic;
    std::string what;
};

/// The rules of presence, written from the contract and from nothing else: what everybody is to
/// see, and be told. Knows neither Redis nor sockets; time is what advance() says.
class Model
{
public:
    using View = std::map<std::string, std::string>; ///< topic -> state; none is left out

    Model(Times times, Ms now) : m_times(times), m_now(now) { }

    /// The user is seen from now on, if only as offline.
    void meet(const std::string &user) { m_users[user]; }

    /// `idle`: what the join says, if it does. Returns the session's name.
    std::string join(const std::string &user, const std::string &device,
                     const std::string &workspace, int node, std::optional<bool> idle);
    void close(const std::string &session); ///< cleanly, or the connection dropped
    void killNode(int node);
    void drainNode(int node);
    void heartbeat(const std::string &user, const std::string &device,
                   const std::string &workspace); ///< by REST
    void signOff(const std::string &user, const std::string &device);
    void setStatus(const std::string &user, const Wish &wish);
    void setIdle(const std::string &session, bool idle);
    void view(const std::string &session, const std::string &channel);
    void leave(const std::string &session, const std::string &channel);
    void startTyping(const std::string &session, const std::string &channel);
    void stopTyping(const std::string &session, const std::string &channel);

    Ms now() const { return m_now; }
    /// Everything that is due until then happens, in its order.
    void advance(Ms to);
    std::optional<Ms> nextDeadline() const;
    bool hasDeadlineWithin(Ms from, Ms to) const; ///< from < deadline <= to
    /// A session of a hidden user does until then, or it comes back before anybody has missed it.
    bool endsUnseen(Ms to) const;
    /// A status, its user's hiding, and a session of one user, or a connection and a device that
    /// calls by REST, end so close to each other that nobody can say which of the two is first.
    bool hasTie() const;

    const std::map<std::string, ModelSession> &sessions() const { return m_sessions; }
    /// The newest open session of a device, empty when there is none.
    std::string openSession(const std::string &user, const std::string &device) const;

    Face face(const std::string &user) const; ///< as others see it
    Face self(const std::string &user) const; ///< as it sees itself
    bool isLive(const std::string &user) const;
    bool isConnected(const std::string &user) const; ///< or calls by REST
    bool isHidden(const std::string &user) const;
    bool lingers(const std::string &user) const; ///< it hides, and is still seen
    /// When others saw it last (s), for a user that they see as offline.
    std::optional<Ms> lastSeen(const std::string &user) const;
    View view() const; ///< what a watcher of everything sees
    const std::vector<ModelEvent> &events() const { return m_events; }

private:
    struct User
    {
        std::string status = "online";
        std::string message;
        std::string emoji;
        Ms expiry = 0; ///< of the status; 0 for never
        bool says = false; ///< it chose offline, with a message
        Ms hiddenFrom = 0; ///< until then others see who hides as if its app had been closed
        int hiddenAt = 0; ///< sessions that began later are not seen
        std::map<std::string, Ms> idle; ///< device -> until when it is, of those that are gone
        Face told;
        std::optional<Ms> lastSeen; ///< s
        View shown; ///< what watchers were told last, but for offline users
    };

    std::vector<const ModelSession *> devicesOf(const std::string &user,
                                                int newest = std::numeric_limits<int>::max()) const;
    std::string effective(const std::string &user) const;
    Face target(const std::string &user) const;
    View placesOf(const std::string &user) const;
    Ms lastDeadline(const std::string &user) const;
    bool endsWithAnother(const ModelSession &session) const;
    void hide(ModelSession &session);
    ModelSession *lastViewer(const std::string &user, const std::string &device);
    void end(const std::string &session);
    void seen(const std::string &user);
    void publish(const std::string &user);
    std::vector<Ms> deadlines() const;

    Times m_times;
    Ms m_now;
    int m_sessionCount = 0;
    std::map<std::string, User> m_users;
    std::map<std::string, ModelSession> m_sessions;
    std::vector<ModelEvent> m_events;
};

} // namespace presence::test
