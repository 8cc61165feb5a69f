# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# presence_add_module(NAME <module> SOURCES <files...> [DEPENDS <modules...>] [LIBRARIES <targets...>])
#
# A module is a folder, a static library presence::<module> and the modules it may include. The list
# given here is the only one: it makes the link graph, and the test "modules" holds every #include
# of the folder against it.
function(presence_add_module)
    cmake_parse_arguments(MODULE "" "NAME" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
    add_library(presence_${MODULE_NAME} STATIC ${MODULE_SOURCES})
    add_library(presence::${MODULE_NAME} ALIAS presence_${MODULE_NAME})
    set(modules ${MODULE_DEPENDS})
    list(TRANSFORM modules PREPEND "presence::")
    target_link_libraries(presence_${MODULE_NAME}
        PUBLIC presence::options ${modules} ${MODULE_LIBRARIES})
    presence_build_fast(presence_${MODULE_NAME} presence_pch)
    file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
    list(JOIN MODULE_DEPENDS " " depends)
    set_property(GLOBAL APPEND PROPERTY presence_modules "${MODULE_NAME} ${folder} ${depends}")
endfunction()

# Writes what presence_add_module was told to <build>/modules.txt, a line a module: name, folder, modules.
function(presence_write_module_table)
    get_property(modules GLOBAL PROPERTY presence_modules)
    list(JOIN modules "\n" table)
    file(WRITE "${PROJECT_BINARY_DIR}/modules.txt" "${table}\n")
endfunction()
