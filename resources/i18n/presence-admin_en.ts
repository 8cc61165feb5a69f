<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
