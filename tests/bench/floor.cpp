// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/floor.h"

#include "server/transport/websocket/framewriter.h"
#include "tests/unit/transport/clientframe.h"

#include <QCoreApplication>

namespace presence::bench {

using namespace Qt::StringLiterals;

Floor::Floor(Bench &bench, Mode mode, int clients, QByteArray request, const QByteArray &answer)
    : m_request(std::move(request)), m_clients(bench, clients, {})
{
    const auto frame = transport::test::clientFrame(transport::test::kFinalText, m_request);
    m_server.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_server.start(QCoreApplication::applicationFilePath(),
                   {u"--floor-server"_s, mode == Mode::Echo ? u"echo"_s : u"fanout"_s,
                    QString::number(clients), QString::number(frame.size()),
                    QString::number(bench.options().floorCore)});
    m_server.write(transport::encodeFrame(transport::Opcode::Text, answer));
    m_server.closeWriteChannel();
    if (m_server.waitForReadyRead()) {
        const auto url = u"ws://127.0.0.1:"_s + QString::fromLatin1(m_server.readLine().trimmed());
        const auto address = parseAddress(url);
        m_isReady = address && m_clients.connectTo(*address);
    }
    if (!m_isReady)
        bench.fault("the floor did not start");
}

Floor::~Floor()
{
    m_server.kill();
    m_server.waitForFinished();
}

double Floor::cost() const
{
    const auto time = ObservedProcess(m_server.processId()).processorTime();
    return std::chrono::duration<double, std::micro>(time).count();
}

} // namespace presence::bench
