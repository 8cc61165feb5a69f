# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# What QtTest adds is another one in each folder, so no precompiled header with QtTest in it would fit:
# its defines name folders for QFINDTESTDATA, which is not used.
set_target_properties(Qt6::Test PROPERTIES INTERFACE_COMPILE_DEFINITIONS QT_TESTLIB_LIB)

# presence_add_tests(NAME <program> TESTS <tst_name...> [LABEL unit] [MODULES <modules...>]
#                    [LIBRARIES <targets...>] [SOURCES <files...>] [TIMEOUT <seconds>] [WIDGETS]
#                    [SANITIZED] [THREADS])
#
# One program from <tst_name>.cpp each (see tests/support/testregistry.h): a folder's tests share
# their link. CTest runs each by itself, by its name. TIMEOUT is for each of
# them; WIDGETS: some are PRESENCE_WIDGET_TESTs; SANITIZED: as unit
# tests always, in the target and with the label of what CI runs under AddressSanitizer; THREADS: with
# the label, and in the target, of what is run under ThreadSanitizer.
function(presence_add_tests)
    cmake_parse_arguments(TEST "WIDGETS;SANITIZED;THREADS" "NAME;LABEL;TIMEOUT" "TESTS;SOURCES;MODULES;LIBRARIES" ${ARGN})
    if(NOT TEST_LABEL)
        set(TEST_LABEL integration)
    endif()
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 120)
    endif()
    set(files ${TEST_TESTS})
    list(TRANSFORM files APPEND ".cpp")
    add_executable(${TEST_NAME} ${files} ${TEST_SOURCES}
        "${PROJECT_SOURCE_DIR}/tests/support/testmain.cpp")
    set(modules ${TEST_MODULES})
    list(TRANSFORM modules PREPEND "presence::")
    target_link_libraries(${TEST_NAME}
        PRIVATE ${modules} ${TEST_LIBRARIES} Qt6::Network Qt6::Test)
    if(TEST_WIDGETS)
        presence_build_fast(${TEST_NAME} presence_widget_test_pch)
    else()
        presence_build_fast(${TEST_NAME} presence_test_pch)
    endif()
    # What CI runs under AddressSanitizer, without building the rest.
    if(TEST_LABEL STREQUAL unit OR TEST_SANITIZED)
        list(APPEND TEST_LABEL sanitized)
        set_property(GLOBAL APPEND PROPERTY presence_sanitized ${TEST_NAME})
    endif()
    if(TEST_THREADS)
        list(APPEND TEST_LABEL threads)
        set_property(GLOBAL APPEND PROPERTY presence_threaded ${TEST_NAME})
    endif()
    foreach(test ${TEST_TESTS})
        add_test(NAME ${test} COMMAND ${TEST_NAME} ${test})
        presence_set_up_test(${test} "${TEST_LABEL}" ${TEST_TIMEOUT})
    endforeach()
endfunction()

# For builds with ThreadSanitizer. A race ends the process at once, so that the test of a daemon notices.
string(CONCAT presence_tsan_options "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp:"
    "ignore_noninstrumented_modules=1:halt_on_error=1:die_after_fork=0:history_size=7")

# Label, time and environment that all tests have; further arguments are for the environment.
function(presence_set_up_test test label timeout)
    set_tests_properties(${test} PROPERTIES LABELS "${label}" TIMEOUT ${timeout})
    set_property(TEST ${test} PROPERTY ENVIRONMENT "QT_LOGGING_RULES=presence.*.info=false"
        "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
        "${presence_tsan_options}" ${ARGN})
endfunction()

# presence_test_deployments(<program> <tst_name>...)
#
# The same tests of a program against Redis as people run it otherwise: label "deployments". All in one
# run, so that a deployment is formed once.
function(presence_test_deployments program)
    foreach(kind tls sentinel cluster)
        add_test(NAME ${program}_${kind} COMMAND ${program} ${ARGN})
        presence_set_up_test(${program}_${kind} deployments 600 PRESENCE_TEST_REDIS=${kind})
    endforeach()
endfunction()
