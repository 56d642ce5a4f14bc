# What the programs of a cell are compiled with; from the folder Kernels.

# The names in Sources/UnrollCompute/Cell.swift, but for those that share another's kernels.
cell_names() { grep -oE ' name: "[a-z-]+"' ../Sources/UnrollCompute/Cell.swift | cut -d '"' -f 2 | grep -v '^rnn-relu$'; }

# `definitions` of a cell by its name, from the counts in that file.
cell() {
    local descriptor equations inputs blocks below activations
    descriptor=$(grep -A 4 -m 1 "name: \"$1\"" ../Sources/UnrollCompute/Cell.swift | tr '\n' ' ')
    descriptor=${descriptor%%activations:*}
    count() { grep -oE " $1: [0-9]+" <<<"$descriptor" | grep -oE '[0-9]+' || echo "${2:-}"; }
    equations=$(sed -E 's/.*equations: "([a-z_]+)".*/\1/' <<<"$descriptor")
    gates=$(count gates)
    first=$(count firstGates "$gates")
    blocks=$(sed -E 's/.*inputBlocks: \[([0-9, ]+)\].*/\1/' <<<"$descriptor")
    inputs=$(wc -w <<<"$blocks")
    below=$(count below)
    activations="{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 1, 0}, {4, 1, 0}, {5, 1, 0}"
    definitions=("-DCELL(part)=cell_##part" "-DGATES=$gates" "-DFIRST_GATES=$first" "-DINPUTS=$inputs"
        "-DBELOW=$((${#below} > 0))" "-DSAVED=$(count saved)" "-DSTATES=$(count states)"
        "-DINPUT_BLOCKS={$blocks${below:+, $below}}" "-DFLAGS=${flags:-0}" "-DACTIVATIONS={$activations}"
        -include prelude.cl -include functions.h -include philox.h -include recurrence_options.h -include activations.h
        -include "cells/$equations.h" -include recurrence_units.h -include recurrence_step.h)
}
