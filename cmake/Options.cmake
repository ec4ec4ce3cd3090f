# Compiler settings. What concerns abibox's own code alone (and not the guest programs, which are
# plain programs of the system's compiler) hangs on the target abibox_options.

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, RelWithDebInfo or Release" FORCE)
endif()

set(ABIBOX_SANITIZE "" CACHE STRING "Value for -fsanitize=, as address,undefined or thread")
option(ABIBOX_COVERAGE "Instrument abibox for gcov" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options($<$<COMPILE_LANGUAGE:C>:-Wall> $<$<COMPILE_LANGUAGE:C>:-Wextra>
    $<$<COMPILE_LANGUAGE:C>:-Werror>)

# Generated sources of every layer: included as "abi/x.h", found under gen.
set(ABIBOX_GEN ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${ABIBOX_GEN}/abi)

add_library(abibox_options INTERFACE)
# An empty value, so that a file may also define it without a redefinition.
target_compile_definitions(abibox_options INTERFACE _GNU_SOURCE=)
target_compile_options(abibox_options INTERFACE -fno-omit-frame-pointer)
target_include_directories(abibox_options INTERFACE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${ABIBOX_GEN})
if(ABIBOX_SANITIZE)
    target_compile_options(abibox_options INTERFACE
        -fsanitize=${ABIBOX_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(abibox_options INTERFACE -fsanitize=${ABIBOX_SANITIZE})
    # ThreadSanitizer does not model atomic_thread_fence; gcc warns of each one.
    if(ABIBOX_SANITIZE MATCHES thread AND CMAKE_C_COMPILER_ID STREQUAL GNU)
        target_compile_options(abibox_options INTERFACE -Wno-tsan)
    endif()
endif()
if(ABIBOX_COVERAGE)
    target_compile_options(abibox_options INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(abibox_options INTERFACE --coverage)
endif()
