// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** mongo-java-server, which speaks MongoDB's protocol and keeps all in memory: Server HOST:PORT */
public class Server {
    public static void main(String[] arguments) throws InterruptedException {
        String[] address = arguments[0].split(":");
        new MongoServer(new MemoryBackend()).bind(address[0], Integer.parseInt(address[1]));
        Thread.currentThread().join();
    }
}
