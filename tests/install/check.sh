#!/bin/sh
# check.sh BUILD: installs what BUILD holds into a fresh directory, and builds and runs a program
# against it as a user would: with pkg-config, and with CMake's find_package.
set -eu
build=$1
sources=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cmake --install "$build" --prefix "$place/usr" >"$place/log" || { cat "$place/log"; exit 1; }
library=$(find "$place/usr" -name libabibox.so)
libraries=$(dirname "$library")

foreign=$(nm -D --defined-only "$library" | awk '$3 !~ /^abx_/ { print $3 }')
if [ -n "$foreign" ]; then
    echo "libabibox exports more than abx_*: $foreign"
    exit 1
fi
symbol=$(nm -D --defined-only "$library" | awk '$2 == "T" { print $3; exit }')

export PKG_CONFIG_PATH="$libraries/pkgconfig"
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror -DSYMBOL="$symbol" "$sources/consumer.c" -o "$place/by-pkg-config" \
    $(pkg-config --cflags --libs abibox)
LD_LIBRARY_PATH=$libraries "$place/by-pkg-config"

cmake -S "$sources/consumer" -B "$place/by-cmake" -DSYMBOL="$symbol" \
    -DCMAKE_PREFIX_PATH="$place/usr" >"$place/log" && cmake --build "$place/by-cmake" >>"$place/log" ||
    { cat "$place/log"; exit 1; }
"$place/by-cmake/consumer"

"$place/usr/bin/abibox" --help >/dev/null
test -s "$place/usr/share/man/man1/abibox.1"
