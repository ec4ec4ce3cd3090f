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
        target_link_libraries(engine::${name} INTERFACE ${${name}_ARCHIVE} m Threads::Threads)
    else()
        target_link_libraries(engine::${name} INTERFACE PkgConfig::${name})
    endif()
endforeach()

pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET GLOBAL libseccomp)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET GLOBAL jansson)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET GLOBAL libarchive)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET GLOBAL libzstd)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET GLOBAL zlib)
