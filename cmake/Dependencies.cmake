# The libraries of others that abibox stands on. tools/setup installs them all.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# Before 2.1 Unicorn sends every guest store down a slow path (30 to 70 times slower) and lacks
# controls that emu/ relies on.
pkg_check_modules(unicorn IMPORTED_TARGET GLOBAL unicorn)
if(NOT unicorn_FOUND OR unicorn_VERSION VERSION_LESS 2.1)
    if(unicorn_FOUND)
        set(found "${unicorn_VERSION} is installed")
    else()
        set(found "none is installed")
    endif()
    # The space at its start keeps CMake from breaking the line.
    message(FATAL_ERROR " abibox needs Unicorn 2.1 or newer (older ones make each guest store 30 \
to 70 times slower) and ${found}: run tools/setup")
endif()

pkg_check_modules(capstone REQUIRED IMPORTED_TARGET GLOBAL capstone>=5.0)
# The archives, where they are installed: with the shared objects a start spends more time on 140,000
# relocations than on running a small program (measured: 7 of 20 ms).
foreach(name unicorn capstone)
    find_library(${name}_ARCHIVE lib${name}.a HINTS ${${name}_LIBRARY_DIRS} ${${name}_LIBDIR})
    add_library(engine::${name} INTERFACE IMPORTED GLOBAL)
    if(${name}_ARCHIVE)
        target_include_directories(engine::${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
    else()
        target_link_libraries(engine::${name} INTERFACE PkgConfig::${name})
    endif()
endforeach()
if(capstone_ARCHIVE)
    target_link_libraries(engine::capstone INTERFACE ${capstone_ARCHIVE})
endif()

# Unicorn has translated code ask for a stop after each memory access, in the middle of a block, where
# registers and RIP do not belong together: a stop from another thread then corrupts the guest. The
# function that plants these checks is replaced (emu/cpu_unicorn.c), which leaves the checks at the
# beginning of blocks, and makes code faster. It can be replaced only in the archive.
if(unicorn_ARCHIVE)
    set(archive ${CMAKE_BINARY_DIR}/engine/libunicorn.a)
    add_custom_command(OUTPUT ${archive} DEPENDS ${unicorn_ARCHIVE} VERBATIM
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/engine
        COMMAND ${CMAKE_OBJCOPY} --weaken-symbol=check_exit_request_x86_64
            ${unicorn_ARCHIVE} ${archive}
        COMMENT "Taking the checks in the middle of blocks out of the engine")
    add_custom_target(engine-archive DEPENDS ${archive})
    add_dependencies(engine::unicorn engine-archive)
    target_link_libraries(engine::unicorn INTERFACE ${archive} m Threads::Threads)
    target_compile_definitions(engine::unicorn INTERFACE ENGINE_EXACT_STOP=1)
else()
    message(STATUS "libunicorn.a is missing: guests run about 1.3 times slower with the shared one")
    target_compile_definitions(engine::unicorn INTERFACE ENGINE_EXACT_STOP=0)
endif()

pkg_check_modules(jansson REQUIRED IMPORTED_TARGET GLOBAL jansson)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET GLOBAL libarchive)
