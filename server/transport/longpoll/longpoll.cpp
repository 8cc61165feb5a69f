// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/longpoll/longpoll.h"

#include "server/transport/longpoll/longpollanswer.h"

#include <QJsonDocument>
#include <QRandomGenerator>

namespace presence::transport {

using namespace Qt::StringLiterals;

/// Tokens are <kPrefix>.<node>.<shard>.<random>, which no JWT begins with.
static constexpr char kPrefix[] = "lp";
static constexpr char kGone[] = "lp.gone";
static constexpr char kTokenHeader[] = "X-Phoenix-Longpoll-Token";

LongPoll::LongPoll(const TransportConfig &config, Admission admission, RequestHandler &next,
                   eventloop::DeadlineWheel &wheel, limits::Limiter &limiter, Place place)
    : m_config(config), m_admission(std::move(admission)), m_next(next), m_place(std::move(place)),
      m_limiter(limiter), m_context{m_config,   wheel,
                                    m_counters, limiter,
                                    m_unsent,   [this](const QByteArray &token) { close(token); }}
{
    m_place.shards.set(m_place.shard, this);
}

LongPoll::~LongPoll()
{
    m_place.shards.set(m_place.shard, nullptr);
    for (const auto &[token, session] : m_sessions)
        session->ended();
}

bool LongPoll::isAt(const HttpRequest &request)
{
    return request.path() == kPath;
}

/// Where phoenix.js since 1.8 puts it, or as before beside the parameters, which may have a token
/// of their own: the last one counts.
static QByteArray sessionToken(const HttpRequest &request)
{
    const QByteArray header = request.headers.value(kTokenHeader);
    if (!header.isEmpty())
        return header;
    const QStringList tokens = request.query().allQueryItemValues(u"token"_s);
    const QByteArray last = tokens.isEmpty() ? QByteArray() : tokens.constLast().toLatin1();
    return last.startsWith("lp.") ? last : QByteArray();
}

/// With a token, since no answer of Phoenix is without. All clients of a node that has stopped get
/// it, and have had a valid token.
static HttpResponse gone()
{
    HttpResponse response = longPollMessages(LongPollStatus::Gone, kGone, {});
    response.paidBy = HttpResponse::PaidBy::Address;
    return response;
}

static HttpResponse joinAgain()
{
    HttpResponse response = longPollStatus(LongPollStatus::Unavailable);
    response.paidBy = HttpResponse::PaidBy::Address;
    return response;
}

bool LongPoll::wantsBody(const HttpRequest &head)
{
    if (!isAt(head))
        return m_next.wantsBody(head);
    return head.method == "POST" && isOfSession(head);
}

bool LongPoll::isOfSession(const HttpRequest &request)
{
    return isAt(request) && shardOf(sessionToken(request));
}

void LongPoll::handle(const HttpRequest &request, Answer answer)
{
    if (!isAt(request))
        return m_next.handle(request, std::move(answer));
    m_counters.requests.add();
    if (request.method != "GET" && request.method != "POST") {
        HttpResponse refusal = problem(405, u"method not allowed here"_s);
        refusal.headers.add("Allow", "GET, POST");
        return answer(refusal);
    }
    const QByteArray token = sessionToken(request);
    if (token.isEmpty() && request.method == "GET")
        return open(request, answer);
    // What phoenix.js before 1.7.15 polls with when it was told that its session is gone: it would
    // go on with a new one, in which it has joined nothing. After a failure it joins again.
    if (token == kGone)
        return answer(joinAgain());
    const auto shard = shardOf(token);
    if (!shard)
        return answer(gone());
    if (*shard == m_place.shard)
        return resume(request, token, answer);
    relay(*shard, request, token, answer);
}

/// The random part and what signs it with what is before.
static constexpr qsizetype kRandomBytes = 12;

QByteArray LongPoll::makeToken() const
{
    std::array<quint32, kRandomBytes / sizeof(quint32)> random{};
    QRandomGenerator::system()->generate(random.begin(), random.end());
    const QByteArray bytes(reinterpret_cast<const char *>(random.data()), sizeof(random));
    const QByteArray place
        = QByteArrayList{kPrefix, m_place.node, QByteArray::number(qulonglong(m_place.shard))}.join(
            '.');
    const QByteArray secret
        = (bytes + m_place.shards.sign(place + bytes))
              .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    return place + '.' + secret;
}

/// Nothing of a token that was not made by this process.
std::optional<size_t> LongPoll::shardOf(const QByteArray &token) const
{
    const QByteArrayList parts = token.split('.');
    if (parts.size() != 4 || parts[0] != kPrefix || parts[1] != m_place.node)
        return std::nullopt;
    const QByteArray secret = QByteArray::fromBase64(parts[3], QByteArray::Base64UrlEncoding);
    const QByteArray random = secret.first(std::min(kRandomBytes, secret.size()));
    if (secret != random + m_place.shards.sign(parts.first(3).join('.') + random))
        return std::nullopt;
    bool isNumber = false;
    const size_t shard = parts[2].toUInt(&isNumber);
    return isNumber && shard < m_place.shards.count() ? std::optional(shard) : std::nullopt;
}

void LongPoll::relay(size_t shard, const HttpRequest &request, const QByteArray &token,
                     const Answer &answer)
{
    // What belongs to this thread comes back to it, to be used and to be destroyed.
    const auto waiting = std::make_shared<Answer>(answer);
    const Answer back
        = [&shards = m_place.shards, home = m_place.shard, waiting](const HttpResponse &response) {
              shards.post(home, [waiting, response](LongPoll *) { (*waiting)(response); });
          };
    m_place.shards.post(shard, [request, token, back](LongPoll *poll) {
        if (poll)
            poll->resume(request, token, back);
        else
            back(gone());
    });
}

void LongPoll::resume(const HttpRequest &request, const QByteArray &token, const Answer &answer)
{
    const auto found = m_sessions.find(token);
    if (found == m_sessions.end() || !found->second->isOpen())
        return answer(gone());
    const Answer paid = [answer](HttpResponse response) {
        response.paidBy = HttpResponse::PaidBy::Nobody;
        answer(std::move(response));
    };
    if (request.method == "GET")
        found->second->poll(request, paid);
    else
        found->second->publish(request, paid);
}

/// The detail of a problem.
static QString reasonOf(const HttpResponse &problem)
{
    return QJsonDocument::fromJson(problem.body)["detail"_L1].toString();
}

/// A status that phoenix.js takes for a reason to come back.
static HttpResponse busy(const QString &reason, int status)
{
    HttpResponse response = longPollStatus(LongPollStatus::Unavailable, reason);
    response.status = status;
    response.headers.add("Retry-After", "5");
    response.paidBy = HttpResponse::PaidBy::Address;
    return response;
}

/// An answer that phoenix.js does not know would be its last: it is told 403 or 500.
void LongPoll::open(const HttpRequest &request, const Answer &answer)
{
    const bool isShort = m_limiter.isMemoryShort();
    if (m_isDraining || isShort) {
        m_counters.rejected.add();
        // For a proxy that knows another node.
        return answer(busy(m_isDraining ? u"This node stops."_s : u"Memory is short."_s, 503));
    }
    UpgradeDecision decision = m_admission(request);
    if (const auto *refusal = std::get_if<HttpResponse>(&decision)) {
        constexpr int kTooMany = 429;
        constexpr int kUnavailable = 503;
        if (refusal->status != kTooMany && refusal->status != kUnavailable)
            return answer(longPollStatus(LongPollStatus::Forbidden, reasonOf(*refusal)));
        HttpResponse later = busy(reasonOf(*refusal), refusal->status);
        later.paidBy = refusal->status == kTooMany ? HttpResponse::PaidBy::Address
                                                   : HttpResponse::PaidBy::Stranger;
        return answer(later);
    }
    const QByteArray token = makeToken();
    m_counters.upgrades.add();
    auto &session = m_sessions[token];
    session = std::make_unique<LongPollSession>(
        m_context, token, std::get<UpgradeAcceptance>(std::move(decision)).handler);
    session->start();
    HttpResponse opened = longPollMessages(LongPollStatus::Gone, token, {});
    opened.paidBy = HttpResponse::PaidBy::Nobody;
    answer(opened);
}

void LongPoll::close(const QByteArray &token)
{
    const auto found = m_sessions.find(token);
    const std::unique_ptr<LongPollSession> session = std::move(found->second);
    m_sessions.erase(found);
    session->ended();
}

void LongPoll::drain()
{
    m_isDraining = true;
    for (const auto &[token, session] : m_sessions)
        session->leaveWithin(m_config.drainSpread);
}

} // namespace presence::transport
