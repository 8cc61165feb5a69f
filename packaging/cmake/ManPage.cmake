# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# cmake -DPRESENCED=<program> -DVERSION=<version> -DTEMPLATE=<file> -DOUTPUT=<file> -P ManPage.cmake
# Puts the variables that `presenced --help` prints into a manual page:
#   "  NAME (default)", and in the next line "      meaning".
execute_process(COMMAND ${PRESENCED} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "<semicolon>" help "${help}") # or a meaning would be a list
string(REGEX MATCHALL "\n  [A-Z][A-Z_]+[^\n]*\n      [^\n]*" entries "${help}")
if(NOT entries)
    message(FATAL_ERROR "${PRESENCED} --help names no variables")
endif()
set(ENVIRONMENT "")
foreach(entry IN LISTS entries)
    string(REGEX REPLACE "\n  ([^ \n]+) *([^\n]*)\n      ([^\n]*)" ".TP\n.BR \\1 \" \\2\"\n\\3\n" text "${entry}")
    string(REPLACE "-" "\\-" text "${text}")
    string(APPEND ENVIRONMENT "${text}")
endforeach()
string(REPLACE "<semicolon>" ";" ENVIRONMENT "${ENVIRONMENT}")
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
