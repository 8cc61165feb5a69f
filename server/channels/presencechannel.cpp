// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/presencechannel.h"

#include "server/channels/clientheld.h"
#include "server/channels/phoenixsocket.h"
#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QRandomGenerator>
#include <QStringBuilder>

#include <algorithm>
#include <array>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

/// Before the state is read again, when it could not be read: at most.
static constexpr std::chrono::seconds kRetry(1);
/// Between two announcements of all that is known.
static constexpr std::chrono::milliseconds kAnnouncePause(150);

static void ignore(const Result<void> &) { }

/// There is one for each connection; make_shared() adds 16 bytes.
static_assert(sizeof(PresenceChannel) <= 224 - 16);

PresenceChannel::PresenceChannel(PhoenixSocket &socket, const Message &join)
    : Channel(socket, join),
      m_joining(new Joining{join,
                            eventloop::Deadline([this] {
                                const auto late = std::move(m_joining);
                                refuse(late->message, {ErrorCode::Unavailable, u"unavailable"_s});
                            }),
                            {},
                            {}})
{
}

PresenceChannel::~PresenceChannel()
{
    if (!m_device)
        return;
    auto &services = socket().services();
    services.hub.leave(*m_control, *this);
    for (auto typing = m_typing.cbegin(); typing != m_typing.cend(); ++typing)
        stopTyping(typing.key(), typing.value(), ignore);
    // It is still seen where it was for the grace, in case it comes back.
    const auto longer = socket().isDrained() ? services.drainSpread : std::chrono::milliseconds(0);
    m_device->session.channels = channelsToLeave();
    // Who leaves says goodbye to them, too.
    const auto viewed = isLeft() ? QSet<ChannelId>() : m_device->viewed;
    services.tracker.disconnect(m_device->session,
                                m_isJoined ? std::optional(viewed) : std::nullopt, longer, ignore);
}

/// That it is the caller's own has been seen to, and a new token is of the same user.
const UserId &PresenceChannel::user() const
{
    return socket().caller().user;
}

/// The same text as the hub has.
const QByteArray &PresenceChannel::topic() const
{
    return m_control ? m_control->name() : m_joining->message.topic;
}

/// 32 hexadecimal digits.
static QByteArray generateId()
{
    std::array<quint32, 4> random;
    QRandomGenerator::system()->fillRange(random.data(), random.size());
    return QByteArray(reinterpret_cast<const char *>(random.data()), 16).toHex();
}

Result<rules::Session> PresenceChannel::sessionOf(const Message &join)
{
    rules::Session session{.user = user(),
                           .id
                           = SessionId(socket().services().nodeTag % '-' % generateId().first(24)),
                           .tokenIssuedAt = socket().caller().issuedAt};
    const protocol::JsonView device = join.payload["device_id"];
    const auto id = device.isGiven() ? protocol::parseId<DeviceId>(device, "device_id"_L1)
                                     : DeviceId(generateId());
    if (!id)
        return Failure(id.error());
    session.device = *id;
    if (const auto given = join.payload["workspace_id"]; given.isGiven()) {
        const auto workspace = protocol::parseId<WorkspaceId>(given, "workspace_id"_L1);
        if (!workspace)
            return Failure(workspace.error());
        if (!socket().caller().mayEnter(*workspace))
            return fail(ErrorCode::Forbidden, u"unauthorized"_s);
        const auto move = socket().payer().takeMove(user(), session.device, *workspace);
        if (!move)
            return Failure(move.error());
        session.workspace = *workspace;
    }
    const auto kind = protocol::parseDeviceKind(join.payload["kind"]);
    if (!kind)
        return Failure(kind.error());
    session.kind = *kind;
    if (const auto given = join.payload["state"]; given.isGiven()) {
        const auto state = protocol::parseDeviceState(given);
        if (!state)
            return Failure(state.error());
        session.isIdle = *state;
    }
    return session;
}

bool PresenceChannel::renew(const auth::Caller &caller)
{
    if (!m_device)
        return true;
    const auto &workspace = m_device->session.workspace;
    const auto mayEnter = [&caller](const auto &id) { return caller.mayEnter(id); };
    if ((workspace && !caller.mayEnter(*workspace)) || !std::ranges::all_of(channels(), mayEnter))
        return false;
    m_device->session.tokenIssuedAt = caller.issuedAt;
    return true;
}

void PresenceChannel::join(const Message &message)
{
    auto session = sessionOf(message);
    if (!session)
        return refuse(message, session.error());
    auto restored = protocol::parseRestored(message.payload);
    if (!restored)
        return refuse(message, restored.error());
    const auto channels = restored->channels.value_or(std::vector<ChannelId>());
    if (!std::ranges::all_of(channels, [this](const ChannelId &channel) {
            return socket().caller().mayEnter(channel);
        }))
        return refuse(message, {ErrorCode::Forbidden, u"unauthorized"_s});
    // What a client says again when it returns is not refused, unless it returns all the time.
    using limits::Spending;
    constexpr auto kAllowed = limits::Payer::Debt::Allowed;
    const auto &payer = socket().payer();
    auto may = payer.take(Spending::Activity, double(channels.size()), kAllowed);
    if (may && !restored->watched.empty())
        may = watchList().reserve(restored->watched.size()).and_then([&] {
            return payer.take(Spending::Rows, double(restored->watched.size()), kAllowed);
        });
    if (!may)
        return refuse(message, may.error());
    auto &services = socket().services();
    m_device = std::make_unique<rules::TrackedDevice>(*std::move(session));
    for (const ChannelId &channel : channels) // a set made of an empty range holds memory
        m_device->viewed.insert(channel);
    m_device->session.channels = m_device->viewed;
    m_device->session.isReturning = !restored->channels;
    m_joining->watched = std::move(restored->watched);
    services.deadlines.arm(m_joining->deadline, limits::kTopicDeadline);
    m_control = &services.hub.joinUserControl(user(), *this);
}

/// From now on every change is heard, so what the announcement finds misses nothing.
void PresenceChannel::subscribed(const hub::Topic &control, const QByteArray &)
{
    m_control = &control;
    m_joining->deadline.cancel();
    m_device->session.isOnlyListener = control.size() == 0;
    socket().services().tracker.announce(
        m_device->session,
        [weak = weak_from_this()](const Result<rules::UserTransition> &transition) {
            if (const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock()))
                self->started(transition);
        },
        rules::PresenceTracker::Want::State);
}

void PresenceChannel::started(const Result<rules::UserTransition> &transition)
{
    auto &services = socket().services();
    (transition ? services.metrics.heartbeatsOk : services.metrics.heartbeatsFailed).Increment();
    const auto joining = std::move(m_joining);
    if (!transition)
        return refuse(joining->message, transition.error());
    // From now on it is as the device is.
    m_device->session.lastIdle = transition->announced.isIdle;
    m_device->session.isIdle.reset();
    m_device->session.startedAt = transition->announced.startedAt;
    m_device->session.isReturning = false;
    for (const ChannelId &channel : transition->announced.takenOver) {
        if (socket().caller().mayEnter(channel))
            m_device->viewed.insert(channel);
    }
    m_device->before = transition->announced.before;
    m_device->revision = transition->revision;
    m_registeredAt = transition->revision;
    m_device->isHidden = isHidden(transition->status) || transition->isUnconfirmed;
    m_isJoined = true;
    services.heartbeats.track(*m_device);
    accept(joining->message);
    if (const auto state = bus::ControlEvent::from(transition->announced.state))
        showState(*state);
    else
        readState();
    restore(joining->watched);
    // What has the same number was told before the device was here.
    const auto &news = joining->news;
    if (news && (news->kind == bus::ControlEvent::Kind::Missed || news->revision > m_shown))
        heard(*news);
}

/// What the join params name, or the device's last connection had, as if the client had pushed it.
void PresenceChannel::restore(const std::vector<UserId> &watched)
{
    if (!m_device->isHidden) {
        m_registered = m_device->viewed;
        for (const ChannelId &channel : std::as_const(m_device->viewed))
            viewChannel(channel, ignore);
    }
    if (watched.empty())
        return;
    watchList().follow(watched);
}

void PresenceChannel::readState()
{
    socket().services().tracker.getPresence(
        user(), Viewer::SelfOrAdmin,
        [weak = weak_from_this()](const Result<UserPresence> &presence) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (!self)
                return;
            if (presence && presence->revision > 0) {
                self->m_retry.reset();
                return self->showState({.kind = bus::ControlEvent::Kind::State,
                                        .device = {},
                                        .revision = presence->revision,
                                        .chosen = presence->chosen,
                                        .leftAt = presence->leftAt,
                                        .clientHeld = presence->clientHeld,
                                        .json = protocol::toBytes(*presence)});
            }
            self->readStateLater();
            // Redis has lost the user: it is told, and what it makes of that is read again.
            if (presence)
                self->announceAll();
        });
}

void PresenceChannel::readStateLater()
{
    m_retry = std::make_unique<eventloop::Deadline>([this] { readState(); });
    socket().services().deadlines.arm(*m_retry, Backoff(kRetry, kRetry).next());
}

void PresenceChannel::showState(const bus::ControlEvent &state)
{
    if (state.revision < m_shown)
        return; // It was read before what was heard since.
    const bool hidesMeanwhile = !state.isConfirmed() && isHidden(state.chosen);
    if (!state.isConfirmed() && m_device->session.clientHeldAt > 0) {
        announceAll(); // Redis has lost what is known here.
        if (hidesMeanwhile) {
            holdHiding(m_device->session, state);
            setHidden(true);
        }
        return;
    }
    m_shown = state.revision;
    m_device->revision = std::max(m_device->revision, state.revision);
    if (hidesMeanwhile) {
        holdHiding(m_device->session, state);
    } else if (!state.isConfirmed() && hasHeard(m_device->session)) {
        announceAll(); // Redis has lost what was heard here.
    } else {
        m_device->session.clientHeld = state.clientHeld;
        m_device->session.clientHeldAt = state.isConfirmed() ? state.revision : 0;
    }
    const bool wasHidden = m_device->isHidden;
    // It hid and came back without this session noticing: it has left its channels.
    const bool hasLeft = state.leftAt > m_registeredAt;
    if (hasLeft)
        m_seenIn.clear();
    // Who may have been invisible before Redis lost it is not shown.
    setHidden(isHidden(state.chosen) || !state.isConfirmed()
              || (m_changes && m_changes->hides > 0));
    if (!wasHidden && !m_device->isHidden && hasLeft && !m_device->viewed.isEmpty())
        enterViewed();
    // With the answer in one write; a state that was superseded meanwhile does not go out at all.
    if (m_changes)
        m_changes->unsent = state.json;
    else
        sendState(state.json);
}

void PresenceChannel::sendState(const QByteArray &state)
{
    if (!state.isNull())
        push(protocol::event::kPresenceState, state, qHash(topic(), QHashSeed::globalSeed()) | 1U);
}

/// Hidden users look at nothing and type nothing, as far as others can see. The scripts see to
/// that; here it saves them the calls.
void PresenceChannel::setHidden(bool isHidden)
{
    if (isHidden == std::exchange(m_device->isHidden, isHidden))
        return;
    const QSet<ChannelId> registered = std::exchange(m_registered, {});
    // As when the client closes: at once, while it is still seen where it is for the grace. Where
    // Redis has lost that it types, its leaving tells so.
    const auto types = std::exchange(m_typing, {});
    for (auto typing = types.cbegin(); typing != types.cend(); ++typing)
        stopTyping(typing.key(), {}, ignore);
    if (isHidden) {
        m_seenIn = registered;
        return;
    }
    for (const ChannelId &channel : std::exchange(m_seenIn, {})) {
        if (!m_device->viewed.contains(channel))
            leave(channel, {.before = m_device->before}, ignore);
    }
    if (!m_device->viewed.isEmpty())
        enterViewed();
}

void PresenceChannel::enterViewed()
{
    m_device->session.channels = m_device->viewed + m_device->left;
    announce([this](const Result<void> &result) {
        for (const ChannelId &channel : std::as_const(m_device->viewed)) {
            if (result && !m_device->isHidden)
                viewChannel(channel, ignore);
        }
    });
}

void PresenceChannel::viewChannel(const ChannelId &channel, Callback<void> done)
{
    socket().services().viewers.joinChannel({user(), m_device->session.id, m_device->revision},
                                            channel, std::move(done));
}

void PresenceChannel::registerChannel(const ChannelId &channel, Callback<void> then)
{
    if (m_registered.contains(channel))
        return then({});
    m_device->session.channels = channelsToLeave();
    m_device->session.channels.insert(channel);
    announce(std::move(then));
}

/// All that is known here: Redis has lost the user. Where Redis refuses that, it is said again
/// after pauses as `pause` has them, and nothing is read meanwhile. Whoever asks is told at once,
/// and after the shortest pause once more: ANSWER_TIME in resources/lua/user/reconcile.lua is
/// longer.
void PresenceChannel::announceAll(Backoff pause)
{
    // Each of many that ask would make all of them say it again.
    if (Clock::now() < m_announcedAll + kAnnouncePause)
        return;
    m_announcedAll = Clock::now();
    m_device->session.channels = channelsToLeave();
    // What it began to type meanwhile is announced on its own.
    announce([this, pause, announced = m_device->session.channels](const Result<void> &result) {
        // Redis may show the user as what others of its connections know, or as new.
        if (!result && rules::mayBeRetried(result.error())) {
            m_announcedAll = {}; // whoever asks meanwhile is to be told
            Backoff next = pause;
            const auto delay = next.next();
            m_retry = std::make_unique<eventloop::Deadline>([this, next] { announceAll(next); });
            return socket().services().deadlines.arm(*m_retry, delay);
        }
        // What Redis makes of that, and of what others of its connections say.
        if (result && m_retry)
            readStateLater();
        const auto now = Clock::now();
        for (auto typing = m_typing.cbegin(); result && typing != m_typing.cend(); ++typing) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(typing.value() - now);
            if (left.count() > 0 && !m_device->isHidden && announced.contains(typing.key()))
                socket().services().typing.restoreTyping(user(), m_device->session.id,
                                                         m_device->revision, typing.key(), left);
        }
    });
}

QSet<ChannelId> PresenceChannel::channels() const
{
    // One that is made from no key has room for some all the same, for as long as the session
    // lives.
    if (m_typing.isEmpty())
        return m_device->viewed;
    return m_device->viewed + QSet<ChannelId>(m_typing.keyBegin(), m_typing.keyEnd());
}

/// Redis may not know yet that it has left some of them.
QSet<ChannelId> PresenceChannel::channelsToLeave() const
{
    return channels() + m_device->left;
}

/// `then` is called only while the channel lives.
void PresenceChannel::announce(Callback<void> then)
{
    m_device->session.isOnlyListener = m_control->size() == 1;
    socket().services().tracker.announce(
        m_device->session,
        [weak = weak_from_this(), channels = m_device->session.channels,
         then = std::move(then)](const Result<rules::UserTransition> &transition) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (!self)
                return;
            if (!transition) {
                if (transition.error().code == ErrorCode::Forbidden)
                    self->socket().close(protocol::CloseCode::SignedOff);
                return then(Failure(transition.error()));
            }
            self->m_registeredAt = std::max(self->m_registeredAt, transition->revision);
            // An answer from before the user hid, or came back, tells of a list that is gone.
            const bool isCurrent = transition->revision >= self->m_device->revision;
            const bool hides = isHidden(transition->status) || transition->isUnconfirmed;
            if (isCurrent && !self->m_device->isHidden && !hides)
                self->m_registered = channels;
            self->m_device->revision = std::max(self->m_device->revision, transition->revision);
            // It hides, though what was heard last is older than that.
            if (isCurrent && hides)
                self->setHidden(true);
            then({});
        });
}

void PresenceChannel::deliver(const hub::Broadcast &broadcast)
{
    const auto event = bus::ControlEvent::from(broadcast.payload());
    // Of a sign-off it is not known whether it came before the join, and the join itself says all.
    using Kind = bus::ControlEvent::Kind;
    if (m_joining && event && (event->kind == Kind::State || event->kind == Kind::Missed))
        m_joining->news = event;
    if (event && m_isJoined)
        heard(*event);
}

void PresenceChannel::heard(const bus::ControlEvent &event)
{
    switch (event.kind) {
    case bus::ControlEvent::Kind::State:
        return showState(event);
    case bus::ControlEvent::Kind::Missed:
        m_shown = 0; // Redis itself may have lost it.
        return readState();
    case bus::ControlEvent::Kind::Announce:
        return announceAll();
    case bus::ControlEvent::Kind::SignOff:
        if (!event.device.isEmpty() && event.device != m_device->session.device)
            return;
        // At once: a refresh before the client has closed would ask for the device once more.
        socket().services().heartbeats.forget(*m_device);
        return socket().close(protocol::CloseCode::SignedOff);
    }
}

PresenceChannel::Handler PresenceChannel::handlerOf(QByteArrayView event)
{
    static constexpr std::array<std::pair<QByteArrayView, Handler>, 10> kTable{
        {{"set_status", &PresenceChannel::setStatus},
         {"device_state", &PresenceChannel::deviceState},
         {"typing_start", &PresenceChannel::typingStart},
         {"typing_stop", &PresenceChannel::typingStop},
         {"join_channel", &PresenceChannel::joinChannel},
         {"leave_channel", &PresenceChannel::leaveChannel},
         {"get_online_users", &PresenceChannel::getOnlineUsers},
         {"get_presence", &PresenceChannel::getPresence},
         {"watch", &PresenceChannel::watch},
         {"unwatch", &PresenceChannel::unwatch}}};
    const auto *found = std::ranges::find(kTable, event, [](const auto &row) { return row.first; });
    return found == kTable.end() ? nullptr : found->second;
}

void PresenceChannel::handle(const Message &message)
{
    if (const Handler handler = handlerOf(message.event))
        (this->*handler)(message);
    else
        Channel::handle(message);
}

} // namespace presence::channels
