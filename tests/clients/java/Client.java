// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

import java.util.Map;
import kotlin.Unit;
import okhttp3.OkHttpClient;
import org.phoenixframework.Channel;
import org.phoenixframework.Defaults;
import org.phoenixframework.Socket;

/** &lt;url&gt; &lt;token&gt; &lt;user&gt;: JavaPhoenixClient joins, says that it is busy, and leaves when its input ends. */
public class Client {
    public static void main(String[] args) throws Exception {
        Socket socket = new Socket(args[0], () -> Map.of("token", args[1]), Defaults.VSN,
            Defaults.INSTANCE.getEncode(), Defaults.INSTANCE.getDecode(), new OkHttpClient());
        Channel channel = socket.channel(
            "presence:" + args[2], Map.of("device_id", "web:1", "workspace_id", "clients"));
        channel.on("presence_state", message -> {
            say("state " + message.getPayload().get("status"));
            return Unit.INSTANCE;
        });
        socket.connect();
        channel.join(10_000).receive("ok", joined -> {
            channel.push("set_status", Map.of("status", "busy", "custom_message", "java"), 10_000)
                .receive("ok", reply -> {
                    say("reply ok");
                    return Unit.INSTANCE;
                });
            return Unit.INSTANCE;
        });
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }

    private static synchronized void say(String text) {
        System.out.println(text);
        System.out.flush();
    }
}
