<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Verdict</name>
    <message numerus="yes">
        <source>%1, %n device(s) affected</source>
        <translation>
            <numerusform>%1, %n device affected</numerusform>
            <numerusform>%1, %n devices affected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>MongoDB unavailable, %n change(s) waiting</source>
        <translation>
            <numerusform>MongoDB unavailable, %n change waiting</numerusform>
            <numerusform>MongoDB unavailable, %n changes waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s)</source>
        <translation>
            <numerusform>%n ghost</numerusform>
            <numerusform>%n ghosts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) flapping</source>
        <translation>
            <numerusform>%n user flapping</numerusform>
            <numerusform>%n users flapping</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n node(s)</source>
        <translation>
            <numerusform>%n node</numerusform>
            <numerusform>%n nodes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) online</source>
        <translation>
            <numerusform>%n user online</numerusform>
            <numerusform>%n users online</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::FlappingModel</name>
    <message numerus="yes">
        <source>%n time(s)</source>
        <translation>
            <numerusform>%n time</numerusform>
            <numerusform>%n times</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::IncidentsModel</name>
    <message numerus="yes">
        <source>%n came back</source>
        <translation>
            <numerusform>%n came back</numerusform>
            <numerusform>%n came back</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n did not</source>
        <translation>
            <numerusform>%n did not</numerusform>
            <numerusform>%n did not</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not yet</source>
        <translation>
            <numerusform>%n not yet</numerusform>
            <numerusform>%n not yet</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s)</source>
        <translation>
            <numerusform>%n user</numerusform>
            <numerusform>%n users</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n device(s)</source>
        <translation>
            <numerusform>%n device</numerusform>
            <numerusform>%n devices</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::MainWindow</name>
    <message numerus="yes">
        <source>%n node(s) unreachable</source>
        <translation>
            <numerusform>%n node unreachable</numerusform>
            <numerusform>%n nodes unreachable</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s)</source>
        <translation>
            <numerusform>%n ghost</numerusform>
            <numerusform>%n ghosts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) flapping</source>
        <translation>
            <numerusform>%n user flapping</numerusform>
            <numerusform>%n users flapping</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::OverviewPage</name>
    <message numerus="yes">
        <source>%n change(s) waiting</source>
        <translation>
            <numerusform>%n change waiting</numerusform>
            <numerusform>%n changes waiting</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::SearchPopup</name>
    <message numerus="yes">
        <source>%n result(s)</source>
        <translation>
            <numerusform>%n result</numerusform>
            <numerusform>%n results</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UserDetailsModel</name>
    <message numerus="yes">
        <source>%n device(s) are live, </source>
        <translation>
            <numerusform>%n device is live, </numerusform>
            <numerusform>%n devices are live, </numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n of them idle.</source>
        <translation>
            <numerusform>%n of them idle.</numerusform>
            <numerusform>%n of them idle.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n device(s) are ghosts: their node is unreachable.</source>
        <translation>
            <numerusform>%n device is a ghost: its node is unreachable.</numerusform>
            <numerusform>%n devices are ghosts: their node is unreachable.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::UserPage</name>
    <message numerus="yes">
        <source>Disconnect all %n device(s) of %1?</source>
        <translation>
            <numerusform>Disconnect the only device of %1?</numerusform>
            <numerusform>Disconnect all %n devices of %1?</numerusform>
        </translation>
    </message>
</context>
</TS>
