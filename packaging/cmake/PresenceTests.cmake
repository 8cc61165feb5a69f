# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# presence_add_test(NAME <tst_name> LABEL unit|integration [ROOMS <rooms...>] [LIBRARIES <targets...>])
#
# One QtTest program from <tst_name>.cpp. TIMEOUT is seconds for the whole program.
function(presence_add_test)
    cmake_parse_arguments(TEST "" "NAME;LABEL;TIMEOUT" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 120)
    endif()
    add_executable(${TEST_NAME} ${TEST_NAME}.cpp ${TEST_SOURCES})
    set(rooms ${TEST_ROOMS})
    list(TRANSFORM rooms PREPEND "presence::")
    target_link_libraries(${TEST_NAME} PRIVATE ${rooms} ${TEST_LIBRARIES} Qt6::Test)
    presence_use_pch(${TEST_NAME} presence_test_pch)
    add_test(NAME ${TEST_NAME} COMMAND ${TEST_NAME})
    set_tests_properties(${TEST_NAME} PROPERTIES LABELS ${TEST_LABEL} TIMEOUT ${TEST_TIMEOUT}
        ENVIRONMENT "QT_LOGGING_RULES=presence.*.info=false")
endfunction()

# presence_test_deployments(<tst_name>...)
#
# The same programs against Redis as people run it otherwise: label "deployments".
function(presence_test_deployments)
    foreach(kind tls sentinel cluster)
        foreach(name ${ARGN})
            add_test(NAME ${name}_${kind} COMMAND ${name})
            set_tests_properties(${name}_${kind} PROPERTIES LABELS deployments TIMEOUT 300
                ENVIRONMENT "QT_LOGGING_RULES=presence.*.info=false;PRESENCE_TEST_REDIS=${kind};STORIES=25")
        endforeach()
    endforeach()
endfunction()
