# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# cmake -DSOURCE_DIR=<tree> -DTABLE=<build>/modules.txt -P CheckModules.cmake
# Fails when a file of a module includes a header of a module that the module does not depend on,
# directly or through the modules it depends on.

cmake_minimum_required(VERSION 3.25)

file(STRINGS "${TABLE}" lines)
foreach(line IN LISTS lines)
    separate_arguments(words UNIX_COMMAND "${line}")
    list(POP_FRONT words name folder)
    list(APPEND names ${name})
    set(folder_of_${name} "${folder}")
    set(depends_of_${name} ${words})
endforeach()

set(faults "")
foreach(name IN LISTS names)
    # What may be included: the module itself and, transitively, what it depends on.
    set(allowed ${name})
    set(open ${depends_of_${name}})
    while(open)
        list(POP_FRONT open next)
        if(NOT next IN_LIST allowed)
            list(APPEND allowed ${next})
            list(APPEND open ${depends_of_${next}})
        endif()
    endwhile()
    set(folders "")
    foreach(module IN LISTS allowed)
        list(APPEND folders "${folder_of_${module}}")
    endforeach()

    file(GLOB_RECURSE files "${SOURCE_DIR}/${folder_of_${name}}/*.h"
        "${SOURCE_DIR}/${folder_of_${name}}/*.cpp")
    foreach(file IN LISTS files)
        file(STRINGS "${file}" includes REGEX "^#include \"(server|shared|admin)/")
        foreach(include IN LISTS includes)
            string(REGEX REPLACE "^#include \"(.*)/[^/]*\".*$" "\\1" target "${include}")
            # A module's subfolders are the module's.
            while(NOT target IN_LIST folders AND target MATCHES "/")
                string(REGEX REPLACE "/[^/]*$" "" target "${target}")
            endwhile()
            if(NOT target IN_LIST folders)
                string(APPEND faults "${file}: ${include}\n")
            endif()
        endforeach()
    endforeach()
endforeach()

if(faults)
    message(FATAL_ERROR "Includes against the table of modules:\n${faults}")
endif()
message(STATUS "Every include follows the table of modules")
