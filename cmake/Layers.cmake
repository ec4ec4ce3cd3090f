# abibox_layer(NAME [NEEDS LAYER...] [LIBRARIES TARGET...] [GENERATED FILE...])
#
# One layer of the house: a static library of every .c and .S file in the calling directory and
# below it, and of the GENERATED ones. NEEDS names the layers that it may include; tests/style checks that it includes no other.
# Position-independent, because the public library is a shared one made of the same objects.
function(abibox_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "NEEDS;LIBRARIES;GENERATED")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.c *.S)
    if(NOT sources)
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE abibox_options ${layer_NEEDS} ${layer_LIBRARIES})
        return()
    endif()
    add_library(${name} STATIC ${sources} ${layer_GENERATED})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${name} PUBLIC abibox_options ${layer_NEEDS} ${layer_LIBRARIES})
endfunction()
