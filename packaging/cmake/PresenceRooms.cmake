# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# presence_add_room(NAME <room> SOURCES <files...> [DEPENDS <rooms...>] [LIBRARIES <targets...>])
#
# A room is a folder, a static library presence::<room> and the rooms it may include. The list
# given here is the only one: it makes the link graph, and the test "rooms" holds every #include
# of the folder against it.
function(presence_add_room)
    cmake_parse_arguments(ROOM "" "NAME" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
    add_library(presence_${ROOM_NAME} STATIC ${ROOM_SOURCES})
    add_library(presence::${ROOM_NAME} ALIAS presence_${ROOM_NAME})
    set(rooms ${ROOM_DEPENDS})
    list(TRANSFORM rooms PREPEND "presence::")
    target_link_libraries(presence_${ROOM_NAME}
        PUBLIC presence::options ${rooms} ${ROOM_LIBRARIES})
    presence_use_pch(presence_${ROOM_NAME} presence_pch)
    file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
    list(JOIN ROOM_DEPENDS " " depends)
    set_property(GLOBAL APPEND PROPERTY presence_rooms "${ROOM_NAME} ${folder} ${depends}")
endfunction()

# Writes what presence_add_room was told to <build>/rooms.txt, a line a room: name, folder, rooms.
function(presence_write_room_table)
    get_property(rooms GLOBAL PROPERTY presence_rooms)
    list(JOIN rooms "\n" table)
    file(WRITE "${PROJECT_BINARY_DIR}/rooms.txt" "${table}\n")
endfunction()
