<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Main</name>
    <message>
        <source>cannot read the token from %1: %2</source>
        <translation>das Token in %1 kann nicht gelesen werden: %2</translation>
    </message>
    <message>
        <source>there is no token in %1</source>
        <translation>in %1 steht kein Token</translation>
    </message>
    <message>
        <source>Shows a presence service live.</source>
        <translation>Zeigt einen Präsenzdienst live.</translation>
    </message>
    <message>
        <source>Connect to the daemon at &lt;url&gt;, such as http://localhost:4001.</source>
        <translation>Mit dem Dienst unter &lt;url&gt; verbinden, etwa http://localhost:4001.</translation>
    </message>
    <message>
        <source>Read the token from &lt;file&gt;, - for standard input.</source>
        <translation>Das Token aus &lt;file&gt; lesen, - für die Standardeingabe.</translation>
    </message>
    <message>
        <source>Show the users of &lt;workspace&gt; at first.</source>
        <translation>Zuerst die Benutzer von &lt;workspace&gt; zeigen.</translation>
    </message>
    <message>
        <source>light, dark, or system (as the desktop is).</source>
        <translation>light (hell), dark (dunkel) oder system (wie der Desktop).</translation>
    </message>
    <message>
        <source>--scheme must be light, dark or system</source>
        <translation>--scheme muss light, dark oder system sein</translation>
    </message>
    <message>
        <source>--url and --token-file go together</source>
        <translation>--url und --token-file gehören zusammen</translation>
    </message>
    <message>
        <source>--url must be like http://localhost:4001</source>
        <translation>--url muss wie http://localhost:4001 aussehen</translation>
    </message>
    <message>
        <source>Say in the window that users are simulated.</source>
        <translation>Im Fenster sagen, dass die Benutzer simuliert sind.</translation>
    </message>
    <message>
        <source>Demo: simulated users</source>
        <translation>Demo: simulierte Benutzer</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>The token has expired. Enter a new one to go on.</source>
        <translation>Das Token ist abgelaufen. Geben Sie ein neues ein.</translation>
    </message>
    <message>
        <source>This connection was signed off.</source>
        <translation>Diese Verbindung wurde abgemeldet.</translation>
    </message>
    <message>
        <source>This computer was too slow for what the daemon had to say.</source>
        <translation>Dieser Rechner war zu langsam für das, was der Dienst zu sagen hatte.</translation>
    </message>
    <message>
        <source>The node is draining.</source>
        <translation>Der Knoten wird geleert.</translation>
    </message>
    <message>
        <source>The connection was lost.</source>
        <translation>Die Verbindung ging verloren.</translation>
    </message>
    <message>
        <source>The daemon&apos;s certificate is not one that this computer trusts.</source>
        <translation>Dem Zertifikat des Dienstes vertraut dieser Rechner nicht.</translation>
    </message>
    <message>
        <source>The daemon does not accept the token: it is wrong, or has expired.</source>
        <translation>Der Dienst nimmt das Token nicht an: es ist falsch oder abgelaufen.</translation>
    </message>
    <message>
        <source>The daemon does not allow connections from here.</source>
        <translation>Der Dienst erlaubt von hier keine Verbindungen.</translation>
    </message>
    <message>
        <source>There is something else than presenced at this address.</source>
        <translation>Unter dieser Adresse ist etwas anderes als presenced.</translation>
    </message>
    <message>
        <source>The daemon has too many connections from here.</source>
        <translation>Der Dienst hat zu viele Verbindungen von hier.</translation>
    </message>
    <message>
        <source>The daemon takes no connections now.</source>
        <translation>Der Dienst nimmt gerade keine Verbindungen an.</translation>
    </message>
    <message>
        <source>The daemon cannot be reached: %1.</source>
        <translation>Der Dienst ist nicht erreichbar: %1.</translation>
    </message>
    <message>
        <source>The token does not allow this: it needs the scope admin.</source>
        <translation>Das Token erlaubt das nicht: es braucht den Scope admin.</translation>
    </message>
    <message>
        <source>This daemon does not publish everything: choose a user, a channel or a workspace.</source>
        <translation>Dieser Dienst veröffentlicht nicht alles: wählen Sie einen Benutzer, einen Kanal oder einen Workspace.</translation>
    </message>
    <message>
        <source>The daemon does not answer.</source>
        <translation>Der Dienst antwortet nicht.</translation>
    </message>
    <message>
        <source>Redis is unreachable.</source>
        <translation>Redis ist nicht erreichbar.</translation>
    </message>
</context>
<context>
    <name>SignOffs</name>
    <message>
        <source>May return with a new token</source>
        <translation>Darf mit neuem Token zurückkehren</translation>
    </message>
    <message>
        <source>Not within 5 minutes</source>
        <translation>Nicht innerhalb von 5 Minuten</translation>
    </message>
    <message>
        <source>Not within an hour</source>
        <translation>Nicht innerhalb einer Stunde</translation>
    </message>
    <message>
        <source>Not within a day</source>
        <translation>Nicht innerhalb eines Tages</translation>
    </message>
    <message>
        <source>A return takes a token issued after %1; one without the claim iat is refused until %2.</source>
        <translation>Für eine Rückkehr ist ein Token nötig, das nach %1 ausgestellt wurde; eines ohne den Claim iat wird bis %2 abgelehnt.</translation>
    </message>
    <message>
        <source>A return takes a token issued after %1 to %2, each user having a time of its own; one without the claim iat is refused until %3 to %4.</source>
        <translation>Für eine Rückkehr ist ein Token nötig, das nach %1 bis %2 ausgestellt wurde, je nach Benutzer; eines ohne den Claim iat wird bis %3 bis %4 abgelehnt.</translation>
    </message>
</context>
<context>
    <name>Texts</name>
    <message>
        <source>online</source>
        <translation>online</translation>
    </message>
    <message>
        <source>away</source>
        <translation>abwesend</translation>
    </message>
    <message>
        <source>busy</source>
        <translation>beschäftigt</translation>
    </message>
    <message>
        <source>invisible</source>
        <translation>unsichtbar</translation>
    </message>
    <message>
        <source>offline</source>
        <translation>offline</translation>
    </message>
    <message>
        <source>a device connected</source>
        <translation>ein Gerät sich verband</translation>
    </message>
    <message>
        <source>a device was signed off</source>
        <translation>ein Gerät abgemeldet wurde</translation>
    </message>
    <message>
        <source>the status was set</source>
        <translation>der Status gesetzt wurde</translation>
    </message>
    <message>
        <source>a device became idle</source>
        <translation>ein Gerät untätig wurde</translation>
    </message>
    <message>
        <source>a device became active</source>
        <translation>ein Gerät aktiv wurde</translation>
    </message>
    <message>
        <source>workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>viewer</source>
        <translation>Zuschauer</translation>
    </message>
    <message>
        <source>typing</source>
        <translation>Tippen</translation>
    </message>
    <message>
        <source>operator</source>
        <translation>Betreiber</translation>
    </message>
    <message>
        <source>status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>REST</source>
        <translation>REST</translation>
    </message>
    <message>
        <source>other service</source>
        <translation>anderer Dienst</translation>
    </message>
    <message>
        <source>WebSocket</source>
        <translation>WebSocket</translation>
    </message>
    <message>
        <source>types</source>
        <translation>tippt</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation>%1 T %2 h</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>%1 ago</source>
        <translation>vor %1</translation>
    </message>
    <message>
        <source>%1 local time
%2 UTC</source>
        <translation>%1 Ortszeit
%2 UTC</translation>
    </message>
    <message>
        <source>the last connection closed</source>
        <translation>die letzte Verbindung geschlossen wurde</translation>
    </message>
    <message>
        <source>the status expired</source>
        <translation>der Status abgelaufen ist</translation>
    </message>
    <message>
        <source>its heartbeat timed out</source>
        <translation>der Heartbeat ausblieb</translation>
    </message>
    <message>
        <source>lost data was restored</source>
        <translation>verlorene Daten wiederhergestellt wurden</translation>
    </message>
    <message>
        <source>views</source>
        <translation>sieht ihn an</translation>
    </message>
    <message>
        <source>stopped viewing</source>
        <translation>sieht ihn nicht mehr an</translation>
    </message>
    <message>
        <source>stopped typing</source>
        <translation>tippt nicht mehr</translation>
    </message>
    <message>
        <source>a ghost was forgotten</source>
        <translation>ein Geist wurde vergessen</translation>
    </message>
    <message>
        <source>its node died</source>
        <translation>sein Knoten ist ausgefallen</translation>
    </message>
    <message>
        <source>others are to see nothing of a user who hides</source>
        <translation>andere sollen von einem verborgenen Benutzer nichts sehen</translation>
    </message>
    <message>
        <source>another service changed it in Redis</source>
        <translation>ein anderer Dienst hat es in Redis geändert</translation>
    </message>
    <message>
        <source>%1, by the operator %2</source>
        <translation>%1, durch Operator %2</translation>
    </message>
    <message>
        <source>%1, by the service %2</source>
        <translation>%1, durch Dienst %2</translation>
    </message>
    <message>
        <source>%1, by the user</source>
        <translation>%1, durch den Benutzer</translation>
    </message>
    <message>
        <source>set the status</source>
        <translation>hat den Status gesetzt</translation>
    </message>
    <message>
        <source>cleared the status</source>
        <translation>hat den Status gelöscht</translation>
    </message>
    <message>
        <source>disconnected a device</source>
        <translation>hat ein Gerät getrennt</translation>
    </message>
    <message>
        <source>disconnected the user</source>
        <translation>hat den Benutzer getrennt</translation>
    </message>
    <message>
        <source>forgot a ghost</source>
        <translation>hat einen Geist vergessen</translation>
    </message>
</context>
<context>
    <name>Tips</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weiteres</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Verdict</name>
    <message>
        <source>%1 since %2</source>
        <translation>%1 seit %2</translation>
    </message>
    <message>
        <source>%1 unreachable</source>
        <translation>%1 nicht erreichbar</translation>
    </message>
    <message numerus="yes">
        <source>%1, %n device(s) affected</source>
        <translation>
            <numerusform>%1, %n Gerät betroffen</numerusform>
            <numerusform>%1, %n Geräte betroffen</numerusform>
        </translation>
    </message>
    <message>
        <source>Redis</source>
        <translation>Redis</translation>
    </message>
    <message>
        <source>Redis master %1</source>
        <translation>Redis-Master %1</translation>
    </message>
    <message>
        <source>%1 loading its data</source>
        <translation>%1 lädt seine Daten</translation>
    </message>
    <message>
        <source>%1 refuses changes (%2)</source>
        <translation>%1 weist Änderungen ab (%2)</translation>
    </message>
    <message>
        <source>%1 refuses changes</source>
        <translation>%1 weist Änderungen ab</translation>
    </message>
    <message>
        <source>Redis lost its data at %1, users are being restored</source>
        <translation>Redis hat um %1 seine Daten verloren, Benutzer werden wiederhergestellt</translation>
    </message>
    <message>
        <source>Redis lost its data, users are being restored</source>
        <translation>Redis hat seine Daten verloren, Benutzer werden wiederhergestellt</translation>
    </message>
    <message>
        <source>Redis slow: %1 ms</source>
        <translation>Redis langsam: %1 ms</translation>
    </message>
    <message>
        <source>%1 behind with heartbeats</source>
        <translation>%1 mit Heartbeats im Rückstand</translation>
    </message>
    <message>
        <source>%1 draining</source>
        <translation>%1 wird geleert</translation>
    </message>
    <message>
        <source>%1 lagging by %2 ms</source>
        <translation>%1 verzögert um %2 ms</translation>
    </message>
    <message numerus="yes">
        <source>MongoDB unavailable, %n change(s) waiting</source>
        <translation>
            <numerusform>MongoDB nicht verfügbar, %n Änderung wartet</numerusform>
            <numerusform>MongoDB nicht verfügbar, %n Änderungen warten</numerusform>
        </translation>
    </message>
    <message>
        <source>MongoDB %1 behind</source>
        <translation>MongoDB %1 im Rückstand</translation>
    </message>
    <message>
        <source>%1 has expired</source>
        <translation>%1 ist abgelaufen</translation>
    </message>
    <message>
        <source>%1 expires in %2</source>
        <translation>%1 läuft in %2 ab</translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s)</source>
        <translation>
            <numerusform>%n Geist</numerusform>
            <numerusform>%n Geister</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) flapping</source>
        <translation>
            <numerusform>%n flatternder Benutzer</numerusform>
            <numerusform>%n flatternde Benutzer</numerusform>
        </translation>
    </message>
    <message>
        <source>Certificate of %1</source>
        <translation>Zertifikat von %1</translation>
    </message>
    <message>
        <source>Redis %1 ms</source>
        <translation>Redis %1 ms</translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n weiteres</numerusform>
            <numerusform>%n weitere</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n node(s)</source>
        <translation>
            <numerusform>%n Knoten</numerusform>
            <numerusform>%n Knoten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) online</source>
        <translation>
            <numerusform>%n Benutzer online</numerusform>
            <numerusform>%n Benutzer online</numerusform>
        </translation>
    </message>
    <message>
        <source>Your token</source>
        <translation>Ihr Token</translation>
    </message>
    <message>
        <source>Healthy</source>
        <translation>Gesund</translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation>Beeinträchtigt</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Ausgefallen</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>Unbekannt</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>Verbunden</translation>
    </message>
    <message>
        <source>Redis unreachable</source>
        <translation>Redis nicht erreichbar</translation>
    </message>
    <message>
        <source>not connected</source>
        <translation>nicht verbunden</translation>
    </message>
    <message>
        <source>connecting …</source>
        <translation>Verbindung wird hergestellt …</translation>
    </message>
    <message>
        <source>the connection was refused</source>
        <translation>die Verbindung wurde abgelehnt</translation>
    </message>
    <message>
        <source>the overview was refused</source>
        <translation>die Übersicht wurde abgelehnt</translation>
    </message>
    <message>
        <source>nothing heard for %1</source>
        <translation>seit %1 nichts gehört</translation>
    </message>
    <message>
        <source>waiting for the daemon …</source>
        <translation>der Dienst wird erwartet …</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::Actions</name>
    <message>
        <source>The action failed. %1</source>
        <translation>Die Aktion ist fehlgeschlagen. %1</translation>
    </message>
    <message>
        <source>The status of %1 is %2 now.</source>
        <translation>Der Status von %1 ist jetzt %2.</translation>
    </message>
    <message>
        <source>The status of %1 was cleared.</source>
        <translation>Der Status von %1 wurde gelöscht.</translation>
    </message>
    <message>
        <source>The device %1 of %2 was disconnected.</source>
        <translation>Das Gerät %1 von %2 wurde getrennt.</translation>
    </message>
    <message>
        <source>All devices of %1 were disconnected.</source>
        <translation>Alle Geräte von %1 wurden getrennt.</translation>
    </message>
    <message>
        <source>The ghost %1 of %2 was forgotten.</source>
        <translation>Der Geist %1 von %2 wurde vergessen.</translation>
    </message>
    <message>
        <source>This daemon is of an older version, which cannot hold users.</source>
        <translation>Dieser Dienst ist eine ältere Version, die Benutzer nicht fernhalten kann.</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::BulkAction</name>
    <message>
        <source>Forgetting ghosts: %1 of %2</source>
        <translation>Geister werden vergessen: %1 von %2</translation>
    </message>
    <message>
        <source>Disconnecting users: %1 of %2</source>
        <translation>Benutzer werden getrennt: %1 von %2</translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s) were forgotten.</source>
        <translation>
            <numerusform>%n Geist wurde vergessen.</numerusform>
            <numerusform>%n Geister wurden vergessen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s) were gone already.</source>
        <translation>
            <numerusform>%n Geist war bereits fort.</numerusform>
            <numerusform>%n Geister waren bereits fort.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) were disconnected.</source>
        <translation>
            <numerusform>%n Benutzer wurde getrennt.</numerusform>
            <numerusform>%n Benutzer wurden getrennt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) had no device any more.</source>
        <translation>
            <numerusform>%n Benutzer hatte kein Gerät mehr.</numerusform>
            <numerusform>%n Benutzer hatten kein Gerät mehr.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n were left out.</source>
        <translation>
            <numerusform>%n wurde ausgelassen.</numerusform>
            <numerusform>%n wurden ausgelassen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed:</source>
        <translation>
            <numerusform>%n fehlgeschlagen:</numerusform>
            <numerusform>%n fehlgeschlagen:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weiterer</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: not answered, may be done</source>
        <translation>%1: nicht beantwortet, vielleicht ausgeführt</translation>
    </message>
    <message>
        <source>%1: left out</source>
        <translation>%1: ausgelassen</translation>
    </message>
    <message>
        <source>The connection ended.</source>
        <translation>Die Verbindung endete.</translation>
    </message>
    <message numerus="yes">
        <source>%n were not answered, and may be done or not.</source>
        <translation>
            <numerusform>%n wurde nicht beantwortet und kann ausgeführt sein oder nicht.</numerusform>
            <numerusform>%n wurden nicht beantwortet und können ausgeführt sein oder nicht.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::ChangesModel</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Others saw</source>
        <translation>Andere sahen</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>Gewählt</translation>
    </message>
    <message>
        <source>Because</source>
        <translation>Weil</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::ChannelUsersModel</name>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Viewing for</source>
        <translation>Sieht zu seit</translation>
    </message>
    <message>
        <source>Typing</source>
        <translation>Tippt</translation>
    </message>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>Expires at
%1</source>
        <translation>Läuft ab um
%1</translation>
    </message>
    <message>
        <source>not viewing</source>
        <translation>sieht ihn nicht an</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::ChannelsModel</name>
    <message>
        <source>Channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>Viewers</source>
        <translation>Zuschauer</translation>
    </message>
    <message>
        <source>Typing</source>
        <translation>Tippt</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::ChannelsPage</name>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Users of the channel</source>
        <translation>Benutzer des Kanals</translation>
    </message>
    <message>
        <source>Find by a part of the name, or open with Enter</source>
        <translation>Teil des Namens suchen, mit Enter öffnen</translation>
    </message>
    <message>
        <source>The %1 most active of %2 channels</source>
        <translation>Die %1 aktivsten von %2 Kanälen</translation>
    </message>
    <message>
        <source>The %1 most active of the first %2 channels: type a part of the name to see others</source>
        <translation>Die %1 aktivsten der ersten %2 Kanäle: ein Teil des Namens zeigt andere</translation>
    </message>
    <message>
        <source>Choose a channel to see who is in it.</source>
        <translation>Wählen Sie einen Kanal, um zu sehen, wer darin ist.</translation>
    </message>
    <message>
        <source>%1: %2 viewing, %3 typing</source>
        <translation>%1: %2 sehen zu, %3 tippen</translation>
    </message>
    <message>
        <source>Nobody looks at a channel or types in one. Channels appear when clients push join_channel or typing_start.</source>
        <translation>Niemand sieht einen Kanal an oder tippt in einem. Kanäle erscheinen, wenn Clients join_channel oder typing_start senden.</translation>
    </message>
    <message>
        <source>No channel with this in its name has viewers or typists.</source>
        <translation>In keinem Kanal mit diesem Namensteil sieht jemand zu oder tippt.</translation>
    </message>
    <message>
        <source>Nobody is in this channel. Users appear when their clients push join_channel or typing_start.</source>
        <translation>Niemand ist in diesem Kanal. Benutzer erscheinen, wenn ihre Clients join_channel oder typing_start senden.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::ConnectPage</name>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>Saved connections</source>
        <translation>Gespeicherte Verbindungen</translation>
    </message>
    <message>
        <source>Remove the connection %1 and its token?</source>
        <translation>Die Verbindung %1 und ihr Token entfernen?</translation>
    </message>
    <message>
        <source>JWT with the scope admin</source>
        <translation>JWT mit dem Scope admin</translation>
    </message>
    <message>
        <source>&amp;Save this connection, the token in the desktop&apos;s key store</source>
        <translation>Verbindung &amp;speichern, das Token im Schlüsselbund</translation>
    </message>
    <message>
        <source>such as Production</source>
        <translation>etwa Produktion</translation>
    </message>
    <message>
        <source>&amp;Connect</source>
        <translation>&amp;Verbinden</translation>
    </message>
    <message>
        <source>Connect to presenced</source>
        <translation>Mit presenced verbinden</translation>
    </message>
    <message>
        <source>&amp;Address:</source>
        <translation>&amp;Adresse:</translation>
    </message>
    <message>
        <source>&amp;Token:</source>
        <translation>&amp;Token:</translation>
    </message>
    <message>
        <source>&amp;Name:</source>
        <translation>&amp;Name:</translation>
    </message>
    <message>
        <source>The address must be like https://presence.example.com or http://localhost:4001.</source>
        <translation>Die Adresse muss wie https://presence.example.com oder http://localhost:4001 aussehen.</translation>
    </message>
    <message>
        <source>A token is needed: it says who you are.</source>
        <translation>Es wird ein Token gebraucht: es sagt, wer Sie sind.</translation>
    </message>
    <message>
        <source>A daemon without configuration prints a token when it starts. Where AUTH_JWT_SECRET is set, presenced token --sub NAME --scope admin prints one.</source>
        <translation>Ein Dienst ohne Konfiguration gibt beim Start ein Token aus. Wo AUTH_JWT_SECRET gesetzt ist, gibt presenced token --sub NAME --scope admin eines aus.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::Connection</name>
    <message>
        <source>There is no connection.</source>
        <translation>Es besteht keine Verbindung.</translation>
    </message>
    <message>
        <source>The daemon did not answer in time.</source>
        <translation>Der Dienst hat nicht rechtzeitig geantwortet.</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::EventLogModel</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Not listened to from %1 to %2</source>
        <translation>Von %1 bis %2 nicht mitgehört</translation>
    </message>
    <message>
        <source>Only what was chosen was listened to from %1 to %2</source>
        <translation>Von %1 bis %2 nur Ausgewähltes mitgehört</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::EventsPage</name>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>New events are queued meanwhile (Space in the table)</source>
        <translation>Neue Ereignisse warten inzwischen (Leertaste in der Tabelle)</translation>
    </message>
    <message>
        <source>Viewers are told of with a channel only</source>
        <translation>Zuschauer werden nur mit einem Kanal gemeldet</translation>
    </message>
    <message>
        <source>Show only such events</source>
        <translation>Nur solche Ereignisse zeigen</translation>
    </message>
    <message>
        <source>C&amp;lear</source>
        <translation>&amp;Leeren</translation>
    </message>
    <message>
        <source>Only of:</source>
        <translation>Nur von:</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>%1 events, the newest first</source>
        <translation>%1 Ereignisse, die neuesten zuerst</translation>
    </message>
    <message>
        <source>; %1 more were left out because there were too many a second</source>
        <translation>; %1 weitere wurden ausgelassen, weil es zu viele in der Sekunde waren</translation>
    </message>
    <message>
        <source>Paused.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>Nothing has happened yet. Changes of statuses, who comes and goes, typing and what operators do appear here as they happen.</source>
        <translation>Bisher ist nichts geschehen. Änderungen von Status, wer kommt und geht, wer tippt und was Operatoren tun, erscheint hier, sobald es geschieht.</translation>
    </message>
    <message>
        <source>&amp;Export …</source>
        <translation>&amp;Exportieren …</translation>
    </message>
    <message>
        <source>Go &amp;on (%1 wait)</source>
        <translation>&amp;Weiter (%1 warten)</translation>
    </message>
    <message>
        <source>Go &amp;on</source>
        <translation>&amp;Weiter</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::FigureChart</name>
    <message>
        <source>nothing recorded</source>
        <translation>nichts aufgezeichnet</translation>
    </message>
    <message>
        <source>least %1, most %2</source>
        <translation>mindestens %1, höchstens %2</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::FigureCharts</name>
    <message>
        <source>By node</source>
        <translation>Nach Knoten</translation>
    </message>
    <message>
        <source>/s</source>
        <translation>/s</translation>
    </message>
    <message>
        <source>Online users</source>
        <translation>Benutzer online</translation>
    </message>
    <message>
        <source>Connected devices</source>
        <translation>Verbundene Geräte</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Active channels</source>
        <translation>Aktive Kanäle</translation>
    </message>
    <message>
        <source>Typing</source>
        <translation>Tippende</translation>
    </message>
    <message>
        <source>Joins</source>
        <translation>Beitritte</translation>
    </message>
    <message>
        <source>Messages in</source>
        <translation>Nachrichten ein</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Deliveries</source>
        <translation>Zustellungen</translation>
    </message>
    <message>
        <source>Redis latency</source>
        <translation>Redis-Latenz</translation>
    </message>
    <message>
        <source>ms</source>
        <translation>ms</translation>
    </message>
    <message>
        <source>5 min</source>
        <translation>5 min</translation>
    </message>
    <message>
        <source>Last 5 minutes</source>
        <translation>Letzte 5 Minuten</translation>
    </message>
    <message>
        <source>1 h</source>
        <translation>1 h</translation>
    </message>
    <message>
        <source>Last hour</source>
        <translation>Letzte Stunde</translation>
    </message>
    <message>
        <source>24 h</source>
        <translation>24 h</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>Letzte 24 Stunden</translation>
    </message>
    <message>
        <source>A line a node, for five minutes, as far as this dashboard was open</source>
        <translation>Eine Linie je Knoten, über fünf Minuten, soweit dieses Dashboard geöffnet war</translation>
    </message>
    <message>
        <source>Time that the charts show</source>
        <translation>Zeitraum der Diagramme</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>Kennzahlen</translation>
    </message>
    <message>
        <source>since this dashboard was opened</source>
        <translation>seit dieses Dashboard geöffnet ist</translation>
    </message>
    <message>
        <source>%1 %2 (%3 UTC)</source>
        <translation>%1 %2 (%3 UTC)</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weiteres</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>Nodes that have no line here. The table has all nodes.</source>
        <translation>Knoten, die hier keine Linie haben. Die Tabelle enthält alle Knoten.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::FlappingModel</name>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Transitions</source>
        <translation>Wechsel</translation>
    </message>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n-mal</numerusform>
            <numerusform>%n-mal</numerusform>
        </translation>
    </message>
    <message>
        <source>Within five minutes</source>
        <translation>Innerhalb von fünf Minuten</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>Zuletzt</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::GhostsModel</name>
    <message>
        <source>node unreachable</source>
        <translation>Knoten nicht erreichbar</translation>
    </message>
    <message>
        <source>no heartbeat</source>
        <translation>kein Heartbeat</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Session %1</source>
        <translation>Sitzung %1</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>Heartbeat</source>
        <translation>Heartbeat</translation>
    </message>
    <message>
        <source>Expires in</source>
        <translation>Läuft ab in</translation>
    </message>
    <message>
        <source>Not connected: it is not known whether there are ghosts.</source>
        <translation>Nicht verbunden: Es ist nicht bekannt, ob es Geister gibt.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::GhostsPage</name>
    <message>
        <source>&amp;Search again</source>
        <translation>&amp;Neu suchen</translation>
    </message>
    <message>
        <source>&amp;Forget …</source>
        <translation>&amp;Vergessen …</translation>
    </message>
    <message>
        <source>Ghosts</source>
        <translation>Geister</translation>
    </message>
    <message>
        <source>Users that flap</source>
        <translation>Flatternde Benutzer</translation>
    </message>
    <message>
        <source>Ghosts: sessions that are not refreshed</source>
        <translation>Geister: Sitzungen, die nicht erneuert werden</translation>
    </message>
    <message>
        <source>Flapping users</source>
        <translation>Flatternde Benutzer</translation>
    </message>
    <message>
        <source>Searching: %1 users so far</source>
        <translation>Suche: bisher %1 Benutzer</translation>
    </message>
    <message>
        <source>%1 users were examined</source>
        <translation>%1 Benutzer untersucht</translation>
    </message>
    <message>
        <source>Searching …</source>
        <translation>Suche …</translation>
    </message>
    <message>
        <source>No ghosts: every session has a healthy node and a recent heartbeat.</source>
        <translation>Keine Geister: jede Sitzung hat einen gesunden Knoten und einen frischen Heartbeat.</translation>
    </message>
    <message>
        <source>Forget this session of the device %1 of %2? Other sessions of the device stay.</source>
        <translation>Diese Sitzung des Geräts %1 von %2 vergessen? Andere Sitzungen des Geräts bleiben.</translation>
    </message>
    <message>
        <source>No user is flapping: nobody has come and gone six times within five minutes.</source>
        <translation>Kein Benutzer flattert: Niemand ist innerhalb von fünf Minuten sechsmal gekommen und gegangen.</translation>
    </message>
    <message numerus="yes">
        <source>Forget %n ghost(s)? Other sessions of their devices stay.</source>
        <translation>
            <numerusform>%n Geist vergessen? Andere Sitzungen seines Geräts bleiben.</numerusform>
            <numerusform>%n Geister vergessen? Andere Sitzungen ihrer Geräte bleiben.</numerusform>
        </translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message numerus="yes">
        <source>&amp;Forget %n Ghost(s) …</source>
        <translation>
            <numerusform>%n Geist &amp;vergessen …</numerusform>
            <numerusform>%n Geister &amp;vergessen …</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::IncidentsModel</name>
    <message>
        <source>Node started</source>
        <translation>Knoten gestartet</translation>
    </message>
    <message>
        <source>Node crashed and restarted</source>
        <translation>Knoten abgestürzt und neu gestartet</translation>
    </message>
    <message>
        <source>Node unreachable</source>
        <translation>Knoten nicht erreichbar</translation>
    </message>
    <message>
        <source>Node back</source>
        <translation>Knoten wieder da</translation>
    </message>
    <message>
        <source>Node draining</source>
        <translation>Knoten wird geleert</translation>
    </message>
    <message>
        <source>Node stopped</source>
        <translation>Knoten beendet</translation>
    </message>
    <message>
        <source>Redis unreachable</source>
        <translation>Redis nicht erreichbar</translation>
    </message>
    <message>
        <source>Redis back</source>
        <translation>Redis wieder da</translation>
    </message>
    <message>
        <source>Redis lost its data</source>
        <translation>Redis hat seine Daten verloren</translation>
    </message>
    <message>
        <source>Operator: %1</source>
        <translation>Operator: %1</translation>
    </message>
    <message>
        <source>Storm of joins</source>
        <translation>Ansturm von Beitritten</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>Unbekannt</translation>
    </message>
    <message numerus="yes">
        <source>%n came back</source>
        <translation>
            <numerusform>%n kam zurück</numerusform>
            <numerusform>%n kamen zurück</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n did not</source>
        <translation>
            <numerusform>%n nicht</numerusform>
            <numerusform>%n nicht</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not yet</source>
        <translation>
            <numerusform>%n noch nicht</numerusform>
            <numerusform>%n noch nicht</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s)</source>
        <translation>
            <numerusform>%n Benutzer</numerusform>
            <numerusform>%n Benutzer</numerusform>
        </translation>
    </message>
    <message>
        <source>of %1 looked at</source>
        <translation>untersucht: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n device(s)</source>
        <translation>
            <numerusform>%n Gerät</numerusform>
            <numerusform>%n Geräte</numerusform>
        </translation>
    </message>
    <message>
        <source>after %1</source>
        <translation>nach %1</translation>
    </message>
    <message>
        <source>Nodes tell it again who is there.</source>
        <translation>Die Knoten melden erneut, wer da ist.</translation>
    </message>
    <message>
        <source>%1, by %2: %3</source>
        <translation>%1, durch %2: %3</translation>
    </message>
    <message>
        <source>%1 joins/s; in the hour before %2</source>
        <translation>%1 Beitritte/s; in der Stunde davor %2</translation>
    </message>
    <message>
        <source>cluster</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::IncidentsView</name>
    <message>
        <source>What happened</source>
        <translation>Was geschehen ist</translation>
    </message>
    <message>
        <source>Users of the node</source>
        <translation>Benutzer des Knotens</translation>
    </message>
    <message>
        <source>Nothing happened in the last 24 hours: no node came or went, Redis was there, and no operator did anything.</source>
        <translation>In den letzten 24 Stunden ist nichts geschehen: Kein Knoten kam oder ging, Redis war da, und kein Operator hat etwas getan.</translation>
    </message>
    <message>
        <source>Nobody was found.</source>
        <translation>Niemand wurde gefunden.</translation>
    </message>
    <message>
        <source>Was on %1: %2</source>
        <translation>War auf %1: %2</translation>
    </message>
    <message>
        <source>This daemon is of an older version, which does not record what happens.</source>
        <translation>Dieser Dienst hat eine ältere Version, die nicht aufzeichnet, was geschieht.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::LostUsersModel</name>
    <message>
        <source>reconnected to %1</source>
        <translation>neu verbunden mit %1</translation>
    </message>
    <message>
        <source>did not come back: expired</source>
        <translation>kam nicht zurück: abgelaufen</translation>
    </message>
    <message>
        <source>not back yet</source>
        <translation>noch nicht zurück</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Verbleib</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nach</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::MainWindow</name>
    <message>
        <source>Presence</source>
        <translation>Präsenz</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Ghosts</source>
        <translation>Geister</translation>
    </message>
    <message>
        <source>Event log</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>&amp;Dashboard</source>
        <translation>&amp;Dashboard</translation>
    </message>
    <message>
        <source>&amp;Connection …</source>
        <translation>&amp;Verbindung …</translation>
    </message>
    <message>
        <source>&amp;Reconnect Now</source>
        <translation>&amp;Jetzt neu verbinden</translation>
    </message>
    <message>
        <source>&amp;Disconnect</source>
        <translation>&amp;Trennen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Go</source>
        <translation>&amp;Gehe zu</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;About</source>
        <translation>Ü&amp;ber</translation>
    </message>
    <message>
        <source>About Presence</source>
        <translation>Über Präsenz</translation>
    </message>
    <message>
        <source>&lt;h3&gt;Presence %1&lt;/h3&gt;&lt;p&gt;Shows who is online, live, and lets an operator look into it and repair.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later. Made with Qt %2.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;Präsenz %1&lt;/h3&gt;&lt;p&gt;Zeigt live, wer online ist, und lässt Betreiber hineinsehen und reparieren.&lt;/p&gt;&lt;p&gt;Freie Software unter der GNU General Public License, Version 3 oder später. Mit Qt %2.&lt;/p&gt;</translation>
    </message>
    <message>
        <source>This desktop has no key store: the token is kept until the window is closed, and has to be entered again then.</source>
        <translation>Dieser Desktop hat keinen Schlüsselbund: das Token bleibt, bis das Fenster geschlossen wird, und muss dann neu eingegeben werden.</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Nicht verbunden</translation>
    </message>
    <message>
        <source>%1: connecting …</source>
        <translation>%1: verbindet …</translation>
    </message>
    <message>
        <source>%1: not connected</source>
        <translation>%1: nicht verbunden</translation>
    </message>
    <message>
        <source>%1: refused</source>
        <translation>%1: abgelehnt</translation>
    </message>
    <message>
        <source>%1: connected</source>
        <translation>%1: verbunden</translation>
    </message>
    <message>
        <source>%1: connected to node %2, version %3</source>
        <translation>%1: verbunden mit Knoten %2, Version %3</translation>
    </message>
    <message>
        <source>What is shown is %1 old.</source>
        <translation>Was zu sehen ist, ist %1 alt.</translation>
    </message>
    <message>
        <source>%1 Connecting … %2</source>
        <translation>%1 Verbindet … %2</translation>
    </message>
    <message>
        <source>%1 Next attempt in %2. %3</source>
        <translation>%1 Nächster Versuch in %2. %3</translation>
    </message>
    <message>
        <source>The daemon does not respond. %1</source>
        <translation>Der Dienst antwortet nicht. %1</translation>
    </message>
    <message>
        <source>The certificate of %1 (“%2”, valid until %3) is not trusted. Trust it only if its SHA-256 fingerprint is what the daemon&apos;s operator says:
%4</source>
        <translation>Das Zertifikat von %1 („%2“, gültig bis %3) ist von keiner Stelle ausgestellt, der dieser Rechner vertraut. Vertrauen Sie ihm nur, wenn sein SHA-256-Fingerabdruck der ist, den der Betreiber nennt:
%4</translation>
    </message>
    <message>
        <source>Redis is unreachable: nothing changes until it is back. %1</source>
        <translation>Redis ist nicht erreichbar: Bis es wieder da ist, ändert sich nichts. %1</translation>
    </message>
    <message>
        <source>%1 – Presence</source>
        <translation>%1 – Presence</translation>
    </message>
    <message>
        <source>&amp;Search …</source>
        <translation>&amp;Suchen …</translation>
    </message>
    <message>
        <source>Search …</source>
        <translation>Suchen …</translation>
    </message>
    <message>
        <source>Find a user, device, channel, workspace or node (Ctrl+K)</source>
        <translation>Benutzer, Gerät, Kanal, Workspace oder Knoten finden (Strg+K)</translation>
    </message>
    <message numerus="yes">
        <source>%n node(s) unreachable</source>
        <translation>
            <numerusform>%n Knoten nicht erreichbar</numerusform>
            <numerusform>%n Knoten nicht erreichbar</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s)</source>
        <translation>
            <numerusform>%n Geist</numerusform>
            <numerusform>%n Geister</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) flapping</source>
        <translation>
            <numerusform>%n flatternder Benutzer</numerusform>
            <numerusform>%n flatternde Benutzer</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 old</source>
        <translation>%1 alt</translation>
    </message>
    <message>
        <source>&amp;Export Table …</source>
        <translation>Tabelle &amp;exportieren …</translation>
    </message>
    <message>
        <source>Retry Now</source>
        <translation>Jetzt versuchen</translation>
    </message>
    <message>
        <source>Connection …</source>
        <translation>Verbindung …</translation>
    </message>
    <message>
        <source>Trust this Certificate</source>
        <translation>Zertifikat vertrauen</translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) would end before all is done. Close the window all the same?</source>
        <translation>
            <numerusform>Eine Aufgabe wäre noch nicht fertig. Das Fenster trotzdem schließen?</numerusform>
            <numerusform>%n Aufgaben wären noch nicht fertig. Das Fenster trotzdem schließen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Close Window</source>
        <translation>Fenster schließen</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::MessageBar</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copy Failures</source>
        <translation>Fehler kopieren</translation>
    </message>
    <message>
        <source>Choice</source>
        <translation>Auswahl</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::Navigation</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::NodesModel</name>
    <message>
        <source>Unreachable: no heartbeat from it lately.</source>
        <translation>Nicht erreichbar: zuletzt kein Heartbeat.</translation>
    </message>
    <message>
        <source>Draining: its clients reconnect to other nodes.</source>
        <translation>Wird geleert: seine Clients verbinden sich mit anderen Knoten.</translation>
    </message>
    <message>
        <source>Lagging: its event loop was %1 ms late.</source>
        <translation>Verzögert: seine Ereignisschleife war %1 ms zu spät.</translation>
    </message>
    <message>
        <source>draining</source>
        <translation>wird geleert</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
    <message>
        <source>Lag</source>
        <translation>Verzug</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>Deliveries/s</source>
        <translation>Zustellungen/s</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>100 % is one core</source>
        <translation>100 % sind ein Kern</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Shards</source>
        <translation>Shards</translation>
    </message>
    <message>
        <source>Uptime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>unreachable</source>
        <translation>nicht erreichbar</translation>
    </message>
    <message>
        <source>lagging</source>
        <translation>verzögert</translation>
    </message>
    <message>
        <source>healthy, sweeping</source>
        <translation>gesund, Sweeper</translation>
    </message>
    <message>
        <source>healthy</source>
        <translation>gesund</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::OverviewPage</name>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Largest workspaces</source>
        <translation>Größte Workspaces</translation>
    </message>
    <message>
        <source>Nodes – Redis %1: %2, %3 clients, %4 commands a second</source>
        <translation>Knoten – Redis %1: %2, %3 Clients, %4 Befehle je Sekunde</translation>
    </message>
    <message>
        <source>Nodes – Redis is unreachable</source>
        <translation>Knoten – Redis ist nicht erreichbar</translation>
    </message>
    <message numerus="yes">
        <source>%n change(s) waiting</source>
        <translation>
            <numerusform>%n Änderung wartet</numerusform>
            <numerusform>%n Änderungen warten</numerusform>
        </translation>
    </message>
    <message>
        <source>MongoDB is unavailable: %1</source>
        <translation>MongoDB ist nicht erreichbar: %1</translation>
    </message>
    <message>
        <source>MongoDB is healthy</source>
        <translation>MongoDB ist in Ordnung</translation>
    </message>
    <message>
        <source>MongoDB is %1 behind: %2</source>
        <translation>MongoDB hängt %1 nach: %2</translation>
    </message>
    <message>
        <source>No node has reported yet. Each presenced does so every second, as long as it reaches Redis.</source>
        <translation>Noch hat sich kein Knoten gemeldet. Jeder presenced tut das jede Sekunde, solange er Redis erreicht.</translation>
    </message>
    <message>
        <source>Nobody is online. For simulated users:
packaging/run.sh --demo</source>
        <translation>Niemand ist online. Simulierte Benutzer zeigt:
packaging/run.sh --demo</translation>
    </message>
    <message>
        <source>Redis is unreachable</source>
        <translation>Redis ist nicht erreichbar</translation>
    </message>
    <message>
        <source>Waiting for the first answer …</source>
        <translation>Wartet auf die erste Antwort …</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>Nicht verbunden</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::SearchModel</name>
    <message>
        <source>This daemon cannot search: it is older than the dashboard.</source>
        <translation>Dieser Dienst kann nicht suchen: Er ist älter als das Dashboard.</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Workspaces</source>
        <translation>Workspaces</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>of user %1</source>
        <translation>von Benutzer %1</translation>
    </message>
    <message>
        <source>archived, last seen %1</source>
        <translation>archiviert, zuletzt gesehen %1</translation>
    </message>
    <message>
        <source>archived</source>
        <translation>archiviert</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::SearchPopup</name>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>Find a user, device, channel, workspace or node</source>
        <translation>Benutzer, Gerät, Kanal, Workspace oder Knoten finden</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>Was gefunden wurde</translation>
    </message>
    <message>
        <source>State of the search</source>
        <translation>Stand der Suche</translation>
    </message>
    <message>
        <source>Type the beginning of a name. Arrow keys choose, Enter opens, Esc closes.</source>
        <translation>Geben Sie den Anfang eines Namens ein. Pfeiltasten wählen, Enter öffnet, Esc schließt.</translation>
    </message>
    <message>
        <source>Searching … %1 names so far</source>
        <translation>Suche … bisher %1 Namen</translation>
    </message>
    <message>
        <source>Searching …</source>
        <translation>Suche …</translation>
    </message>
    <message>
        <source>There are more than %1 of a kind: type more of the name.</source>
        <translation>Von einer Art gibt es mehr als %1: Geben Sie mehr vom Namen ein.</translation>
    </message>
    <message>
        <source>Cut after %1 names: type the whole id to find any other user.</source>
        <translation>Nach %1 Namen abgebrochen: Geben Sie die ganze Id ein, um jeden anderen Benutzer zu finden.</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message numerus="yes">
        <source>%n result(s)</source>
        <translation>
            <numerusform>%n Treffer</numerusform>
            <numerusform>%n Treffer</numerusform>
        </translation>
    </message>
    <message>
        <source>The archive could not be asked: users who are long offline may be missing.</source>
        <translation>Das Archiv konnte nicht gefragt werden: Benutzer, die lange offline sind, können fehlen.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::SessionsModel</name>
    <message>
        <source>idle</source>
        <translation>untätig</translation>
    </message>
    <message>
        <source>active</source>
        <translation>aktiv</translation>
    </message>
    <message>
        <source>A ghost: its node is unreachable. It expires on its own.</source>
        <translation>Ein Geist: sein Knoten ist nicht erreichbar. Er läuft von selbst ab.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Session %1</source>
        <translation>Sitzung %1</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>Heartbeat</source>
        <translation>Heartbeat</translation>
    </message>
    <message>
        <source>Expires in</source>
        <translation>Läuft ab in</translation>
    </message>
    <message>
        <source>Without another heartbeat, at
%1</source>
        <translation>Ohne weiteren Heartbeat um
%1</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>Verbunden</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>disconnected, grace period</source>
        <translation>getrennt, Schonfrist</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::StatusForm</name>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Emoji</source>
        <translation>Emoji</translation>
    </message>
    <message>
        <source>Clear after</source>
        <translation>Löschen nach</translation>
    </message>
    <message>
        <source>until changed</source>
        <translation>bis zur Änderung</translation>
    </message>
    <message>
        <source>for %1</source>
        <translation>für %1</translation>
    </message>
    <message>
        <source>&amp;Set</source>
        <translation>&amp;Setzen</translation>
    </message>
    <message>
        <source>Ca&amp;ncel</source>
        <translation>Ab&amp;brechen</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::TableExporter</name>
    <message numerus="yes">
        <source>Export %n row(s), as filtered and sorted here</source>
        <translation>
            <numerusform>%n Zeile exportieren, wie hier gefiltert und sortiert</numerusform>
            <numerusform>%n Zeilen exportieren, wie hier gefiltert und sortiert</numerusform>
        </translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation>CSV (*.csv)</translation>
    </message>
    <message>
        <source>JSON Lines (*.jsonl)</source>
        <translation>JSON Lines (*.jsonl)</translation>
    </message>
    <message>
        <source>Writing %1: %2 of %3 rows</source>
        <translation>%1 wird geschrieben: %2 von %3 Zeilen</translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) were written to %1.</source>
        <translation>
            <numerusform>%n Zeile wurde nach %1 geschrieben.</numerusform>
            <numerusform>%n Zeilen wurden nach %1 geschrieben.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 could not be written: %2</source>
        <translation>%1 konnte nicht geschrieben werden: %2</translation>
    </message>
    <message>
        <source>The export to %1 ended after %2 of %3 rows. Nothing was written.</source>
        <translation>Der Export nach %1 endete nach %2 von %3 Zeilen. Es wurde nichts geschrieben.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::TableModel</name>
    <message>
        <source>sorted in ascending order</source>
        <translation>aufsteigend sortiert</translation>
    </message>
    <message>
        <source>sorted in descending order</source>
        <translation>absteigend sortiert</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::TableView</name>
    <message>
        <source>Open User %1</source>
        <translation>Benutzer %1 öffnen</translation>
    </message>
    <message>
        <source>Open Channel %1</source>
        <translation>Kanal %1 öffnen</translation>
    </message>
    <message>
        <source>Open Workspace %1</source>
        <translation>Workspace %1 öffnen</translation>
    </message>
    <message>
        <source>&amp;Copy Rows</source>
        <translation>Zeilen &amp;kopieren</translation>
    </message>
    <message>
        <source>Copy C&amp;ell</source>
        <translation>&amp;Zelle kopieren</translation>
    </message>
    <message>
        <source>E&amp;xport …</source>
        <translation>E&amp;xportieren …</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::TimelineStrip</name>
    <message>
        <source>local time (%1)</source>
        <translation>Ortszeit (%1)</translation>
    </message>
    <message>
        <source>What others saw in the last 24 hours</source>
        <translation>Was andere in den letzten 24 Stunden sahen</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>not known before %1 (local time)</source>
        <translation>vor %1 nicht bekannt (Ortszeit)</translation>
    </message>
    <message>
        <source>before %1</source>
        <translation>vor %1</translation>
    </message>
    <message>
        <source>%1 since %2 (local time)</source>
        <translation>%1 seit %2 (Ortszeit)</translation>
    </message>
    <message>
        <source>%1 from %2 to %3 (local time)</source>
        <translation>%1 von %2 bis %3 (Ortszeit)</translation>
    </message>
    <message>
        <source>At %1: %2</source>
        <translation>Um %1: %2</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UserDetailsModel</name>
    <message>
        <source>No device is connected.</source>
        <translation>Kein Gerät ist verbunden.</translation>
    </message>
    <message numerus="yes">
        <source>%n device(s) are live, </source>
        <translation>
            <numerusform>%n Gerät ist verbunden, </numerusform>
            <numerusform>%n Geräte sind verbunden, </numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n of them idle.</source>
        <translation>
            <numerusform>davon %n untätig.</numerusform>
            <numerusform>davon %n untätig.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n device(s) are ghosts: their node is unreachable.</source>
        <translation>
            <numerusform>%n Gerät ist ein Geist: sein Knoten ist nicht erreichbar.</numerusform>
            <numerusform>%n Geräte sind Geister: ihr Knoten ist nicht erreichbar.</numerusform>
        </translation>
    </message>
    <message>
        <source>So the user is offline, whatever it chose (%1).</source>
        <translation>Also ist der Benutzer offline, was immer er gewählt hat (%1).</translation>
    </message>
    <message>
        <source>The user chose to be %1: others see it as offline, without devices, in no list and in no channel.</source>
        <translation>Der Benutzer hat %1 gewählt: andere sehen ihn offline, ohne Geräte, in keiner Liste und in keinem Kanal.</translation>
    </message>
    <message>
        <source>The user chose to be %1. A choice counts more than what its devices do.</source>
        <translation>Der Benutzer hat %1 gewählt. Eine Wahl zählt mehr als das, was seine Geräte tun.</translation>
    </message>
    <message>
        <source>Redis has lost the user&apos;s sessions. The last published state stays until its connections have registered again, or the sessions expire.</source>
        <translation>Redis hat die Sitzungen des Benutzers verloren. Der zuletzt veröffentlichte Stand bleibt, bis sich seine Verbindungen neu gemeldet haben oder die Sitzungen ablaufen.</translation>
    </message>
    <message>
        <source>Others were never told anything of this user.</source>
        <translation>Anderen wurde von diesem Benutzer nie etwas gemeldet.</translation>
    </message>
    <message>
        <source>Others see %1, since %2.</source>
        <translation>Andere sehen %1, seit %2.</translation>
    </message>
    <message>
        <source>Nothing will change until a device connects.</source>
        <translation>Bis ein Gerät sich verbindet, ändert sich nichts.</translation>
    </message>
    <message>
        <source>No change is due: an open connection does not expire.</source>
        <translation>Es steht keine Änderung an: eine offene Verbindung läuft nicht ab.</translation>
    </message>
    <message>
        <source>At %1, in %2, the chosen status expires; then the user is %3.</source>
        <translation>Um %1, in %2, läuft der gewählte Status ab; dann ist der Benutzer %3.</translation>
    </message>
    <message>
        <source>All connections have ended. At %1, in %2, the grace period ends; unless a device reconnects, the user is %3 then.</source>
        <translation>Alle Verbindungen sind beendet. Um %1, in %2, endet die Schonfrist; verbindet sich kein Gerät wieder, ist der Benutzer dann %3.</translation>
    </message>
    <message>
        <source>At %1, in %2, the last device expires unless it sends a heartbeat; then the user is %3.</source>
        <translation>Um %1, in %2, läuft das letzte Gerät ab, wenn es keinen Heartbeat sendet; dann ist der Benutzer %3.</translation>
    </message>
    <message>
        <source>Redis has nothing of a user of this name: it was never here, or not for long.</source>
        <translation>Redis hat nichts von einem Benutzer dieses Namens: Er war nie hier oder lange nicht.</translation>
    </message>
    <message>
        <source>The user chose nothing but online, and all its devices are idle: so it is away.</source>
        <translation>Der Benutzer hat nichts anderes als online gewählt, und alle seine Geräte sind untätig: also ist er abwesend.</translation>
    </message>
    <message>
        <source>The user chose nothing but online, and a device is active: so it is online.</source>
        <translation>Der Benutzer hat nichts anderes als online gewählt, und ein Gerät ist aktiv: also ist er online.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UserPage</name>
    <message>
        <source>Clear the status, message and emoji of %1?</source>
        <translation>Status, Nachricht und Emoji von %1 löschen?</translation>
    </message>
    <message>
        <source>Disconnect the device %1 of %2? Its client is told not to come back by itself.</source>
        <translation>Das Gerät %1 von %2 trennen? Seinem Client wird gesagt, nicht von selbst zurückzukommen.</translation>
    </message>
    <message numerus="yes">
        <source>Disconnect all %n device(s) of %1?</source>
        <translation>
            <numerusform>Das eine Gerät von %1 trennen?</numerusform>
            <numerusform>Alle %n Geräte von %1 trennen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Looking up %1 …</source>
        <translation>Suche %1 …</translation>
    </message>
    <message>
        <source>–</source>
        <translation>–</translation>
    </message>
    <message>
        <source>%1, at %2</source>
        <translation>%1, um %2</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>Choose a device in the table first</source>
        <translation>Wählen Sie zuerst ein Gerät in der Tabelle</translation>
    </message>
    <message>
        <source>This device is no ghost</source>
        <translation>Dieses Gerät ist kein Geist</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
    <message>
        <source>Set S&amp;tatus …</source>
        <translation>S&amp;tatus setzen …</translation>
    </message>
    <message>
        <source>C&amp;lear Status …</source>
        <translation>Status &amp;löschen …</translation>
    </message>
    <message>
        <source>Disconnect &amp;User …</source>
        <translation>Ben&amp;utzer trennen …</translation>
    </message>
    <message>
        <source>&amp;Forget Ghost …</source>
        <translation>Geist &amp;vergessen …</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Facts</source>
        <translation>Fakten</translation>
    </message>
    <message>
        <source>Others see:</source>
        <translation>Andere sehen:</translation>
    </message>
    <message>
        <source>Chosen:</source>
        <translation>Gewählt:</translation>
    </message>
    <message>
        <source>Expires:</source>
        <translation>Läuft ab:</translation>
    </message>
    <message>
        <source>Last seen:</source>
        <translation>Zuletzt gesehen:</translation>
    </message>
    <message>
        <source>Workspaces:</source>
        <translation>Workspaces:</translation>
    </message>
    <message>
        <source>Disconnect this &amp;Device …</source>
        <translation>Dieses &amp;Gerät trennen …</translation>
    </message>
    <message>
        <source>&amp;Forget this Ghost …</source>
        <translation>Diesen Geist &amp;vergessen …</translation>
    </message>
    <message>
        <source>Forget this session of the device %1 of %2? Other sessions of the device stay.</source>
        <translation>Diese Sitzung des Geräts %1 von %2 vergessen? Andere Sitzungen des Geräts bleiben.</translation>
    </message>
    <message>
        <source>Show &amp;Earlier Changes</source>
        <translation>&amp;Frühere Änderungen zeigen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Close the user&apos;s details (Esc)</source>
        <translation>Einzelheiten des Benutzers schließen (Esc)</translation>
    </message>
    <message>
        <source>No device is connected. One appears when a client joins presence:{user_id}, or sends heartbeats by REST.</source>
        <translation>Kein Gerät ist verbunden. Eines erscheint, wenn ein Client presence:{user_id} beitritt oder Heartbeats über REST sendet.</translation>
    </message>
    <message>
        <source>Nothing has changed lately. What the user, an operator or an expiry changes appears here.</source>
        <translation>In letzter Zeit hat sich nichts geändert. Was der Benutzer, ein Operator oder ein Ablauf ändert, erscheint hier.</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation>Trennen</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Dis&amp;connect Device …</source>
        <translation>Gerät t&amp;rennen …</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UsersModel</name>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Emoji</source>
        <translation>Emoji</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>Geräte</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Last seen</source>
        <translation>Zuletzt gesehen</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>%1 (%2 idle)</source>
        <translation>%1 (%2 untätig)</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UsersPage</name>
    <message>
        <source>Online users</source>
        <translation>Benutzer online</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>&amp;Workspace:</source>
        <translation>&amp;Workspace:</translation>
    </message>
    <message>
        <source>Filter by user or message</source>
        <translation>Nach Benutzer oder Nachricht filtern</translation>
    </message>
    <message>
        <source>Show only users of this status</source>
        <translation>Nur Benutzer mit diesem Status zeigen</translation>
    </message>
    <message>
        <source>This cannot be the name of a workspace.</source>
        <translation>Das kann kein Name eines Workspace sein.</translation>
    </message>
    <message>
        <source>Loading: %1 of %2</source>
        <translation>Lädt: %1 von %2</translation>
    </message>
    <message>
        <source>%1 of %2 users</source>
        <translation>%1 von %2 Benutzern</translation>
    </message>
    <message>
        <source>%1 users</source>
        <translation>%1 Benutzer</translation>
    </message>
    <message>
        <source>Loading …</source>
        <translation>Lädt …</translation>
    </message>
    <message>
        <source>Choose a workspace, or enter its name, to see who is online in it. Workspaces are those that clients name as workspace_id.</source>
        <translation>Wählen Sie einen Workspace oder geben Sie seinen Namen ein, um zu sehen, wer darin online ist. Workspaces sind die, die Clients als workspace_id nennen.</translation>
    </message>
    <message>
        <source>No user matches the filter. Empty it, and switch off the statuses, to see all.</source>
        <translation>Kein Benutzer passt zum Filter. Leeren Sie ihn und schalten Sie die Status aus, um alle zu sehen.</translation>
    </message>
    <message>
        <source>Nobody is online in this workspace. Users appear when a client joins presence:{user_id} with this workspace_id.
For simulated ones: packaging/run.sh --demo</source>
        <translation>In diesem Workspace ist niemand online. Benutzer erscheinen, wenn ein Client presence:{user_id} mit dieser workspace_id beitritt.
Simulierte zeigt: packaging/run.sh --demo</translation>
    </message>
    <message>
        <source>&amp;Disconnect …</source>
        <translation>&amp;Trennen …</translation>
    </message>
    <message numerus="yes">
        <source>Disconnect %n User(s) …</source>
        <translation>
            <numerusform>%n Benutzer trennen …</numerusform>
            <numerusform>%n Benutzer trennen …</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Disconnect all devices of %n user(s)?</source>
        <translation>
            <numerusform>Alle Geräte von %n Benutzer trennen?</numerusform>
            <numerusform>Alle Geräte von %n Benutzern trennen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation>Trennen</translation>
    </message>
    <message>
        <source>The filter was cleared: it hid %1.</source>
        <translation>Der Filter wurde gelöscht: Er verbarg %1.</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::VerdictBar</name>
    <message>
        <source>State of the connection</source>
        <translation>Zustand der Verbindung</translation>
    </message>
</context>
<context>
    <name>presence::dashboard::WorkspacesModel</name>
    <message>
        <source>Workspace</source>
        <translation>Workspace</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
</context>
</TS>
