<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Tips</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
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
    <name>presence::dashboard::BulkAction</name>
    <message numerus="yes">
        <source>%n ghost(s) were forgotten.</source>
        <translation>
            <numerusform>%n ghost was forgotten.</numerusform>
            <numerusform>%n ghosts were forgotten.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ghost(s) were gone already.</source>
        <translation>
            <numerusform>%n ghost was gone already.</numerusform>
            <numerusform>%n ghosts were gone already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) were disconnected.</source>
        <translation>
            <numerusform>%n user was disconnected.</numerusform>
            <numerusform>%n users were disconnected.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n user(s) had no device any more.</source>
        <translation>
            <numerusform>%n user had no device any more.</numerusform>
            <numerusform>%n users had no device any more.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n were left out.</source>
        <translation>
            <numerusform>%n was left out.</numerusform>
            <numerusform>%n were left out.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed:</source>
        <translation>
            <numerusform>%n failed:</numerusform>
            <numerusform>%n failed:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n were not answered, and may be done or not.</source>
        <translation>
            <numerusform>%n was not answered, and may be done or not.</numerusform>
            <numerusform>%n were not answered, and may be done or not.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>presence::dashboard::FigureCharts</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
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
    <name>presence::dashboard::GhostsPage</name>
    <message numerus="yes">
        <source>Forget %n ghost(s)? Other sessions of their devices stay.</source>
        <translation>
            <numerusform>Forget %n ghost? Other sessions of their devices stay.</numerusform>
            <numerusform>Forget %n ghosts? Other sessions of their devices stay.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>&amp;Forget %n Ghost(s) …</source>
        <translation>
            <numerusform>&amp;Forget %n Ghost …</numerusform>
            <numerusform>&amp;Forget %n Ghosts …</numerusform>
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
    <message numerus="yes">
        <source>%n task(s) would end before all is done. Close the window all the same?</source>
        <translation>
            <numerusform>%n task would end before all is done. Close the window all the same?</numerusform>
            <numerusform>%n tasks would end before all is done. Close the window all the same?</numerusform>
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
    <name>presence::dashboard::TableExporter</name>
    <message numerus="yes">
        <source>Export %n row(s), as filtered and sorted here</source>
        <translation>
            <numerusform>Export %n row, as filtered and sorted here</numerusform>
            <numerusform>Export %n rows, as filtered and sorted here</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) were written to %1.</source>
        <translation>
            <numerusform>%n row was written to %1.</numerusform>
            <numerusform>%n rows were written to %1.</numerusform>
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
<context>
    <name>presence::dashboard::UsersPage</name>
    <message numerus="yes">
        <source>Disconnect %n User(s) …</source>
        <translation>
            <numerusform>Disconnect %n User …</numerusform>
            <numerusform>Disconnect %n Users …</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Disconnect all devices of %n user(s)?</source>
        <translation>
            <numerusform>Disconnect all devices of %n user?</numerusform>
            <numerusform>Disconnect all devices of %n users?</numerusform>
        </translation>
    </message>
</context>
</TS>
