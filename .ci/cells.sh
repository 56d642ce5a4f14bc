# What the programs of a cell are compiled with; from the folder Kernels.

# `definitions` of a cell, by the counts in Sources/UnrollCompute/Cell.swift.
cell() {
    local line
    line=$(grep -m 1 "equations: \"$1\"" ../Sources/UnrollCompute/Cell.swift)
    count() { sed -E "s/.*$1: ([0-9]+).*/\1/" <<<"$line"; }
    blocks=$(sed -E 's/.*inputBlocks: \[([0-9, ]+)\].*/\1/' <<<"$line")
    definitions=("-DCELL(part)=cell_##part" "-DGATES=$(count gates)" "-DSAVED=$(count saved)" "-DSTATES=$(count states)"
        "-DINPUT_BLOCKS={$blocks}" -include prelude.cl -include functions.h -include "cells/$1.h")
}
