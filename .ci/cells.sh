# What the programs of a cell are compiled with; from the folder Kernels.

# `definitions` of a cell, by the counts in Sources/UnrollCompute/Cell.swift.
cell() {
    local line
    line=$(grep -m 1 "equations: \"$1\"" ../Sources/UnrollCompute/Cell.swift)
    count() { sed -E "s/.*$1: ([0-9]+).*/\1/" <<<"$line"; }
    gates=$(count gates)
    first=$(sed -nE 's/.*firstGates: ([0-9]+).*/\1/p' <<<"$line")
    first=${first:-$gates}
    blocks=$(sed -E 's/.*inputBlocks: \[([0-9, ]+)\].*/\1/' <<<"$line")
    definitions=("-DCELL(part)=cell_##part" "-DGATES=$gates" "-DFIRST_GATES=$first" "-DSAVED=$(count saved)" "-DSTATES=$(count states)"
        "-DINPUT_BLOCKS={$blocks}" "-DFLAGS=${flags:-0}"
        "-DACTIVATIONS={{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 1, 0}, {4, 1, 0}}" -include prelude.cl
        -include functions.h -include philox.h -include recurrence_options.h -include activations.h
        -include "cells/$1.h" -include recurrence_units.h -include recurrence_step.h)
}
