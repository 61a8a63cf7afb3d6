#!/bin/sh
# Install into a scratch folder, then use what was installed as a stranger would: install.sh CMAKE BUILD SOURCE CC
set -eu
cmake=$1
build=$2
source=$3
cc=$4
warnings='-Wall -Wextra -Wpedantic -Werror'

scratch=$build/tests/install
prefix=$scratch/prefix
rm -rf "$scratch"
mkdir -p "$scratch"

fail() {
    echo "install: $*" >&2
    exit 1
}

# --- Into a prefix. A DESTDIR of the caller's is not this test's.
DESTDIR='' "$cmake" --install "$build" --prefix "$prefix" >"$scratch/log"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name el4ml.pc)")
export PKG_CONFIG_PATH
version=$(pkg-config --modversion el4ml)
[ "$(pkg-config --variable=prefix el4ml)" = "$prefix" ] || fail "el4ml.pc names another prefix"
libdir=$(pkg-config --variable=libdir el4ml)
[ -f "$libdir/libel4ml.so" ] || fail "no library in $libdir"
pkg-config --static --libs el4ml | grep -q -- '-lsqlite3' || fail "static linking would miss SQLite"
readelf --dynamic "$libdir/libel4ml.so" | grep -q 'SONAME.*\[libel4ml\.so\.0\]' || fail "no SONAME libel4ml.so.0"
[ -e "$libdir/libel4ml.so.0" ] || fail "no libel4ml.so.0"
grep -q "el4ml $version" "$prefix/share/man/man1/el4ml.1" || fail "no manual page of version $version"

# --- A C program of a stranger's finds the global minimum of LJ13: -44.326801 (Cambridge Cluster Database).
# shellcheck disable=SC2046,SC2086 # several words each
"$cc" -std=c11 $warnings "$source/examples/c/find_minimum.c" $(pkg-config --cflags --libs el4ml) -lm \
    -o "$scratch/find_minimum"
found=$(LD_LIBRARY_PATH=$libdir "$scratch/find_minimum")
[ "$found" = -44.326801 ] || fail "find_minimum printed '$found', not -44.326801"

# --- Every header stands alone, in C and, where there is a compiler for it, in C++.
each_header() { # compiler and its options
    (cd "$prefix/include" && find . -name '*.h') | while read -r header; do
        echo "#include <${header#./}>" >"$scratch/header.c"
        # shellcheck disable=SC2046
        "$@" $(pkg-config --cflags el4ml) -fsyntax-only "$scratch/header.c" || exit 1
    done || fail "a header does not compile with $*"
}
# shellcheck disable=SC2086
each_header "$cc" -std=c11 $warnings -Wstrict-prototypes
if command -v g++ >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    each_header g++ -std=c++11 $warnings -x c++
    # And the names link from C++.
    cat >"$scratch/link.cpp" <<'END'
#include <el4ml.h>
#include <cstdio>
int main() { return std::puts(el4ml_version()) < 0; }
END
    # shellcheck disable=SC2046,SC2086
    g++ -std=c++11 $warnings "$scratch/link.cpp" $(pkg-config --cflags --libs el4ml) -o "$scratch/link"
    [ "$(LD_LIBRARY_PATH=$libdir "$scratch/link")" = "$version" ] || fail "library and el4ml.pc disagree on the version"
fi

# --- The program runs from the prefix, without the build folder's or the prefix's library in any path.
"$prefix/bin/el4ml" --version >"$scratch/version" || fail "the installed program does not run"
grep -q "$version" "$scratch/version" || fail "the program's version is not $version: $(cat "$scratch/version")"

# --- The manual page has no errors.
if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -ww "$prefix/share/man/man1/el4ml.1" >/dev/null 2>"$scratch/groff"
    [ ! -s "$scratch/groff" ] || fail "the manual page: $(head -3 "$scratch/groff")"
fi

# --- Staged for a package: everything below DESTDIR, for the prefix it will have.
DESTDIR=$scratch/stage "$cmake" --install "$build" --prefix /opt/el4ml >"$scratch/log"
pc=$(find "$scratch/stage/opt/el4ml" -name el4ml.pc)
grep -q '^prefix=/opt/el4ml$' "$pc" || fail "el4ml.pc names the stage and not the prefix"
[ -x "$scratch/stage/opt/el4ml/bin/el4ml" ] || fail "no program below DESTDIR"
echo "installed, built against and run: el4ml $version"
