# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later

# presence::options: the language level, the warnings and the Qt switches of every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(PRESENCE_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

add_library(presence_options INTERFACE)
add_library(presence::options ALIAS presence_options)

target_include_directories(presence_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(presence_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    # Designated initialisers leave out what has a default on purpose.
    -Wno-missing-field-initializers)
target_compile_definitions(presence_options INTERFACE
    # As some packages ask for it: with one value everywhere the precompiled headers fit everywhere.
    _FILE_OFFSET_BITS=64
    QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING
    QT_NO_CAST_FROM_BYTEARRAY QT_NO_FOREACH QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    QT_DISABLE_DEPRECATED_BEFORE=0x060400)

# Dangling references are errors in every build.
include(CheckCXXCompilerFlag)
foreach(warning dangling dangling-gsl dangling-pointer dangling-reference return-local-addr
        return-stack-address use-after-free)
    string(MAKE_C_IDENTIFIER "PRESENCE_HAS_W_${warning}" known)
    check_cxx_compiler_flag("-Werror=${warning}" ${known})
    if(${known})
        target_compile_options(presence_options INTERFACE "-Werror=${warning}")
    endif()
endforeach()

option(PRESENCE_ASSERTIONS "Check the assertions of Qt and of the standard library" OFF)
if(PRESENCE_ASSERTIONS)
    target_compile_definitions(presence_options INTERFACE QT_FORCE_ASSERTS _GLIBCXX_ASSERTIONS)
endif()

if(PRESENCE_SANITIZE)
    target_compile_options(presence_options INTERFACE
        -fsanitize=${PRESENCE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(presence_options INTERFACE -fsanitize=${PRESENCE_SANITIZE})
endif()
