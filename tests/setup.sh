#!/bin/sh
# tools/setup on made-up machines: dpkg-query, apt-get, sudo and id are stand-ins. setup.sh SCRATCH
set -eu
setup=$(cd "$(dirname "$0")/.." && pwd)/tools/setup
scratch=$1
bin=$scratch/bin
failures=0

rm -rf "$scratch"
mkdir -p "$bin"
for tool in sh cat tr mktemp rm grep dirname env ls; do
    ln -s "$(command -v "$tool")" "$bin/$tool"
done

stand_in() { # name, script
    printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
    chmod +x "$bin/$1"
}

# A machine: user number, packages installed.
machine() {
    rm -f "$bin/sudo"
    stand_in id "echo $1"
    stand_in dpkg-query "for p; do :; done; case ' $2 ' in *\" \$p \"*) echo 'install ok installed' ;; *) exit 1 ;; esac"
    stand_in apt-get "echo \"apt-get \$*\" >>$scratch/calls"
    : >"$scratch/calls"
}

run() { # arguments of setup
    status=0
    env -i PATH="$bin" "$setup" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
}

expect() { # what, condition
    what=$1
    shift
    "$@" && return
    echo "setup: $what" >&2
    cat "$scratch/calls" "$scratch/out" "$scratch/err" >&2
    failures=$((failures + 1))
}

all='gcc libc6-dev cmake ninja-build pkgconf libsqlite3-dev libjansson-dev zlib1g-dev librandom123-dev libigraph-dev check'

machine 0 "$all"
run
expect 'a complete machine needs nothing' [ $status = 0 ]
expect 'and nothing is installed' [ ! -s "$scratch/calls" ]
expect 'and nothing said' [ ! -s "$scratch/out" ]

machine 0 "${all% check}"
run
expect 'root installs' [ $status = 0 ]
expect 'updates first' grep -qx 'apt-get update' "$scratch/calls"
expect 'exactly what is missing' grep -qx 'apt-get install --yes --no-install-recommends check' "$scratch/calls"
expect 'and says what' grep -q 'installing check$' "$scratch/out"

machine 0 ''
run
expect 'an empty machine gets everything' \
    grep -q "install .* gcc libc6-dev cmake ninja-build pkg-config .* check$" "$scratch/calls"

machine 1000 "${all% check}"
run
expect 'without root or sudo it stops' [ $status = 1 ]
expect 'installs nothing' [ ! -s "$scratch/calls" ]
expect 'names what is missing' grep -q 'missing: check$' "$scratch/err"
expect 'and the command' grep -q 'apt-get install --no-install-recommends check$' "$scratch/err"

machine 1000 "${all% check}"
stand_in sudo 'exit 1'
run
expect 'a sudo that wants a password, without a terminal, is no use' [ $status = 1 ]

machine 1000 "${all% check}"
stand_in sudo "[ \"\$1\" = -n ] && exit 0; echo sudo >>$scratch/calls; exec \"\$@\""
run
expect 'sudo is used' [ $status = 0 ]
expect 'to install' grep -qx 'apt-get install --yes --no-install-recommends check' "$scratch/calls"
expect 'in its name' grep -qx sudo "$scratch/calls"

machine 0 "${all% check}"
stand_in apt-get 'exit 100'
run
expect 'an installation that fails is a failure' [ $status = 1 ]

most=$(echo "$all" | sed 's/ libigraph-dev//')
machine 1000 "$most"
run
expect 'what is optional does not stop anybody' [ $status = 0 ]
expect 'but is named' grep -q 'without the optional libigraph-dev' "$scratch/out"

machine 0 "$most"
stand_in apt-get 'case "$*" in *libigraph-dev*) exit 100 ;; esac'
run
expect 'nor where there is no such package' [ $status = 0 ]

machine 0 "${most% check}"
stand_in apt-get "case \"\$*\" in *libigraph-dev*) exit 100 ;; esac; echo \"apt-get \$*\" >>$scratch/calls"
run
expect 'and the rest is installed without it' grep -qx 'apt-get install --yes --no-install-recommends check' "$scratch/calls"

machine 0 "$all"
run --ci --list
expect 'CI needs more' grep -qx 'clang-format-14 g++ python3-networkx' "$scratch/out"
expect 'and --list only lists' [ ! -s "$scratch/calls" ]

[ "$failures" = 0 ]
