#!/usr/bin/env bash
# Runs every task of the README on real data and writes the table of what it reached:
#
#     swift build -c release
#     Benchmarks/reproduce.sh --data DIR [--only NAME,…] [--output FILE] [--charts DIR] [--readme]
#
# DIR is laid out as Benchmarks/README.md says; nothing is written there. Compressed files are unpacked, and formats of
# their own made ones that `unroll` reads, in a folder that goes at the end.
set -euo pipefail
start=$PWD
cd "$(dirname "$0")/.."

data= arguments=()
whole() { case $1 in /*) echo "$1" ;; *) echo "$start/$1" ;; esac }
while [ $# -gt 0 ]; do
    case $1 in
        --data) data=$(whole "${2:?--data needs a folder}"); shift 2 ;;
        --output | --charts) arguments+=("$1" "$(whole "${2:?$1 needs a path}")"); shift 2 ;;
        *) arguments+=("$1"); shift ;;
    esac
done
[ -n "$data" ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ -d "$data" ] || { echo "$data: no such folder" >&2; exit 2; }
[ -x .build/release/unroll ] || { echo "build first: swift build -c release" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in images/t10k-images-idx3-ubyte images/t10k-labels-idx1-ubyte images/digits.csv tagging/ud_ewt/en_ewt-ud-train.conllu; do
    [ -f "$data/$file.gz" ] && gunzip -c "$data/$file.gz" >"$work/${file##*/}"
done
python3 Benchmarks/reproduce.py prepare --data "$data" --work "$work"
python3 Benchmarks/reproduce.py run --data "$data" --work "$work" --unroll .build/release/unroll ${arguments[@]+"${arguments[@]}"}
