# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Precompiled headers for the modules, the tests, and the tests with widgets: parsing Qt and the standard
# library is most of what compiling a file costs. Off in the clang preset, where every file has to
# include what it uses.
option(PRESENCE_PCH "Precompile the headers of Qt and the standard library" ON)
# Ten files at a time. What is parsed once then is most of what is left; who works on a file builds it
# alone, in the dev preset.
option(PRESENCE_UNITY "Compile the files of a target together" ON)

set(empty_source "${PROJECT_BINARY_DIR}/pch.cpp")
set(empty_main "${PROJECT_BINARY_DIR}/pch_main.cpp")
file(CONFIGURE OUTPUT "${empty_source}" CONTENT "// only for its header\n")
file(CONFIGURE OUTPUT "${empty_main}" CONTENT "int main() { return 0; }\n")

set(standard_headers
    <algorithm> <array> <chrono> <functional> <memory> <optional> <ranges> <span> <unordered_map>
    <variant> <vector> <QByteArray> <QDebug> <QHash> <QJsonArray> <QJsonDocument>
    <QJsonObject> <QList> <QObject> <QSet> <QString> <QTimer> <tl/expected.hpp>)

if(PRESENCE_PCH)
    find_package(tl-expected REQUIRED)
    add_library(presence_pch STATIC "${empty_source}")
    target_link_libraries(presence_pch PRIVATE presence::options Qt6::Core tl::expected)
    target_precompile_headers(presence_pch PRIVATE ${standard_headers})

    # Programs: the compiler's flags have to be those of the tests. So have the libraries that QtTest
    # looks for.
    add_executable(presence_test_pch "${empty_main}")
    target_link_libraries(presence_test_pch
        PRIVATE presence::options Qt6::Core Qt6::Network Qt6::Test tl::expected)
    target_precompile_headers(presence_test_pch PRIVATE ${standard_headers} <QtTest> <QtNetwork>)
    if(PRESENCE_ADMIN)
        add_executable(presence_widget_test_pch "${empty_main}")
        target_link_libraries(presence_widget_test_pch
            PRIVATE presence::options Qt6::Widgets Qt6::Network Qt6::Test tl::expected)
        target_precompile_headers(presence_widget_test_pch
            PRIVATE ${standard_headers} <QtTest> <QtNetwork> <QtWidgets>)
    endif()
endif()

# Has `target` use the precompiled header of `owner`, and compile its files together.
function(presence_build_fast target owner)
    if(PRESENCE_PCH)
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
    if(PRESENCE_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
        # The compiler takes a source for a header then, whose unnamed namespaces would be shared.
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    endif()
endfunction()
