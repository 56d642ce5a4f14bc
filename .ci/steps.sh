# The steps of .ci/run. Each is a function or a command; `step` runs it, keeps the time and stops at the first failure.

names=()
seconds=()
notes=()

step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if ! "$@" </dev/null; then
        printf '\n== %s: FAILED after %d s\n' "$name" $((SECONDS - start)) >&2
        exit 1
    fi
    names+=("$name")
    seconds+=($((SECONDS - start)))
}

# What could not be done here: said where it is left out, and again at the end.
note() {
    echo "$1"
    notes+=("$1")
}

summary() {
    printf '\n== all passed in %d s\n' "$SECONDS"
    for i in "${!names[@]}"; do printf '   %5d s  %s\n' "${seconds[$i]}" "${names[$i]}"; done
    for text in ${notes[@]+"${notes[@]}"}; do printf '   %s\n' "$text"; done
}

# What a bare Debian or Ubuntu with Swift lacks. Elsewhere (macOS) the tools come from the system.
install_packages() {
    command -v apt-get >/dev/null || return 0
    local missing=() root=()
    for package in opencl-headers ocl-icd-opencl-dev pocl-opencl-icd oclgrind clang-format python3 python3-venv; do
        [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    retry "${root[@]}" apt-get update -q
    retry "${root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
}

retry() {
    for pause in 5 15 0; do
        "$@" && return
        sleep "$pause"
    done
    return 1
}

# One concern a file, no flag that bars import by version, nothing at the top level that has no place there.
check_layout() {
    local long extra
    long=$(git ls-files '*.swift' '*.c' '*.h' '*.cl' '*.py' | xargs wc -l | awk '$2 != "total" && $1 > 420')
    [ -z "$long" ] || { printf 'longer than 420 lines:\n%s\n' "$long"; return 1; }
    ! grep -n unsafeFlags Package.swift || { echo "unsafeFlags bar import by version"; return 1; }
    extra=$(git ls-files | cut -d/ -f1 | sort -u |
        grep -vxE 'Package\.swift|Package\.resolved|Sources|Tests|Kernels|Benchmarks|README\.md|\..*' || true)
    [ -z "$extra" ] || { printf 'not in the top-level layout:\n%s\n' "$extra"; return 1; }
    ! git grep -nE '^ *(public |package )?import Foundation' -- 'Sources/*.swift' 'Benchmarks/*.swift' || return 1
}

check_c_format() {
    git ls-files 'Sources/*.c' 'Sources/*.h' 'Kernels/*.h' 'Kernels/*.cl' '.ci/*.c' |
        xargs clang-format --dry-run --Werror
}

# Runs the README's own command, the block after `<!-- NAME -->`, with further arguments: one place of truth.
readme_command() {
    local name=$1 text
    shift
    text=$(awk -v mark="<!-- $name -->" '$0 == mark { seen = 1; next } seen && /^```/ { if (open) exit; open = 1; next } seen && open' README.md)
    [ -n "$text" ] || { echo "README.md has no command marked <!-- $name -->"; return 1; }
    set -- $text "$@"
    echo "+ $*"
    "$@"
}

# Whether every path of the benchmark works, on every device. Its figures are of no account here.
quick_benchmark() { swift run -c release unroll-bench --quick --device all; }

# A machine with no OpenCL driver.
without_opencl() {
    mkdir -p "$work/no-drivers"
    env -u UNROLL_REQUIRE_OPENCL OCL_ICD_VENDORS="$work/no-drivers" "$@"
}

# PoCL itself leaks, hence no leak detection; its threads set signal stacks of their own, which the address sanitizer
# would take for its own. One test limits the size of files, which the sanitizers' own mappings do not survive; learning
# takes long and goes no other ways than the rest, what judges the reference is plain Swift in one thread, and a user's
# package is built without; one test at a time, since workers that spin on the same cores under a sanitizer wait for each
# other.
sanitized() {
    ASAN_OPTIONS=detect_leaks=0:use_sigaltstack=0 swift test -c release --sanitize="$1" \
        --scratch-path ".build-$1" --no-parallel \
        --skip 'survivesAFullDisk|LearningTests|ReferenceTests|gradientsAreThoseOfFiniteDifferences|UserPackageTests'
}

# Sets `python` to one that has what Unroll is compared with, in an environment of its own outside the repository.
peers_python() {
    local own=$HOME/.cache/unroll/peers
    python=${UNROLL_PEERS_PYTHON:-$own/bin/python}
    [ "$python" = "$own/bin/python" ] || return 0
    [ -x "$python" ] || python3 -m venv "$own" || return 1
    retry "$own/bin/pip" install -q -r Benchmarks/peers/requirements.txt
}

# The same training in PyTorch. Each command must answer for itself: `step` asks whether this function succeeds, which
# switches `set -e` off in it.
beside_pytorch() {
    local python
    peers_python || return 1
    swift run -c release unroll-bench --quick --peer all --python "$python" || return 1
    python3 Benchmarks/peers/side_by_side.py --python "$python" --unroll .build/release/unroll --least 1.0 \
        --within 0.02 || return 1
    cat README.md Kernels/README.md >"$work/text" || return 1
    .build/release/unroll train language-model --text "$work/text" --hidden 48 --batch 4 --steps 32 --epochs 3 \
        --output "$work/interchange" || return 1
    "$python" Benchmarks/peers/interchange.py --model "$work/interchange" --text "$work/text"
}

# What is learnt from data that does not come with the repository: tests, linear models beside scikit-learn's, and every row
# of the README's table, whose bars must be reached. Hours.
on_real_data() {
    if [ -z "$real_data" ]; then
        note "NOT TESTED on real data: UNROLL_DATA names no folder that has it"
        return
    fi
    local tests=(speakersAreToldApart forecastsTheStockExchange forecastsVolumes ClassifierRealDataTests) name
    UNROLL_DATA=$real_data swift test -c release --skip-build --filter "$(IFS='|'; echo "${tests[*]}")" 2>&1 |
        tee "$work/real" || return 1
    for name in "${tests[@]}"; do
        grep -qaE "$name.* passed" "$work/real" || { echo "$name did not run"; return 1; }
    done
    local python reviews=$real_data/classification/mr/rt-polarity
    peers_python || return 1
    "$python" Benchmarks/peers/linear_texts.py --class "negative=$reviews.neg" --class "positive=$reviews.pos" || return 1
    UNROLL_PEERS_PYTHON=$python Benchmarks/reproduce.sh --data "$real_data"
}

# Intel's OpenCL for processors: another compiler and another scheduler than PoCL's. It has an environment of its own outside
# the repository, and both devices train at once. Where it cannot be had, a note says so. Of options it is asked for those
# that are all on: for each and every pair its compiler takes hours, and keeps nothing.
on_intel_opencl() {
    local own=$HOME/.cache/unroll/intel-opencl only=$work/intel both=$work/intel-and-pocl
    [ -x "$own/bin/pip" ] || python3 -m venv "$own" || return 1
    if ! "$own/bin/pip" install -q intel-opencl-rt==2026.2.0 intel-cmplr-lib-rt==2026.2.0; then
        note "NOT TESTED on Intel's OpenCL runtime: it cannot be installed here"
        return
    fi
    mkdir -p "$only" "$both" || return 1
    echo "$own/lib/libintelocl.so" | tee "$only/intel.icd" >"$both/intel.icd"
    cp /etc/OpenCL/vendors/*.icd "$both" || return 1
    OCL_ICD_VENDORS=$only swift test -c release --skip-build --filter \
        'AgreementTests/agreement\(|DeterminismTests|KernelTests|OpenCLTests|OpenCLStepTests|RecurrentTests|TileTests' || return 1
    OCL_ICD_VENDORS=$both swift test -c release --skip-build --filter LostDeviceTests 2>&1 | tee "$work/both" || return 1
    grep -qa 'severalDevicesAtOnce() passed' "$work/both"
}

# Every format an hour long.
damaged_files() {
    local formats
    formats=$(grep -c 'FuzzedFormat("' Tests/UnrollDataTests/FuzzedFormats.swift) || return 1
    UNROLL_FUZZ_SECONDS=$((formats * 3600)) swift test -c release --skip-build --filter FuzzTests
}
