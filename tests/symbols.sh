#!/bin/sh
# The shared library exports exactly what the public headers declare with EL4ML_API: symbols.sh LIBRARY INCLUDE
set -eu
library=$1
include=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

nm --dynamic --defined-only "$library" | awk '{ print $NF }' | LC_ALL=C sort >"$folder/exported"

# In a declaration the function's name is the first one that an opening parenthesis follows.
cat "$include"/el4ml/*.h | grep -v '^#' | tr '\n' ' ' | tr ';' '\n' |
    sed -n 's/.*EL4ML_API \([^(]*\)(.*/\1/p' | grep -o 'el4ml_[a-z0-9_]*$' | LC_ALL=C sort >"$folder/declared"

[ -s "$folder/declared" ] || { echo "no declarations found in $include" >&2; exit 1; }
if ! diff "$folder/declared" "$folder/exported" >"$folder/differences"; then
    echo "declared with EL4ML_API but not exported (<), or exported but not public (>):" >&2
    grep '^[<>]' "$folder/differences" >&2
    exit 1
fi
echo "$(wc -l <"$folder/exported") symbols exported, all public"
