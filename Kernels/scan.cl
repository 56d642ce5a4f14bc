// Recurrences of single units, VECTOR units of one row a chain: the equations are in scan.h. After prelude.cl and scan.h.
//
// What the steps of a block make of a state is p·h + e, whatever h is. So in three launches: p and e of every block side by
// side; the state every block begins with, one after the other; every block side by side again, from its state. Where all
// steps are one block the last is enough.

// Sizes, and where a step that is not there says so (`before` is −2; else the step whose state a step begins with).
#define SCAN_ARGUMENTS                                                                                                \
    const int kind, const int reverse, const int rows, const int steps, const int hidden, const int block,            \
        const int has_before, const int has_initial, global const float *restrict x,                                  \
        global const float *restrict weight, global const int *restrict before, global const float *restrict initial, \
        const UnrollCellOptions options

#define SCAN_BLOCKS max(1, (steps + block - 1) / block)
#define SCAN_STRIPS ((hidden + VECTOR - 1) / VECTOR)

// Of a work item: its strip of units, its row, and their place in [rows, hidden].
#define SCAN_CHAIN                                                                                        \
    const int unit = (int)get_global_id(0) * VECTOR, row = get_global_id(2), lanes = hidden - unit;       \
    const int number = get_global_id(1), gates = scan_gates(kind), linear = kind < SCAN_INDEPENDENT_RELU; \
    if (unit >= hidden) return;                                                                           \
    const int first = number * block, last = min(first + block, steps), at_row = row * hidden + unit

#define SCAN_PLACE(k) (row * steps + (reverse ? steps - 1 - (k) : (k)))
#define SCAN_IS_MISSING(place) (has_before && before[place] == -2)
#define SCAN_STEP(place) scan_step(kind, FLAGS != 0, &options, place, unit)
#define SCAN_LOAD(numbers, line) load_part(numbers + (line)*hidden + unit, lanes)

// States of blocks lie in [2, rows, blocks, hidden]: p, and e or the state the block begins with.
#define SCAN_CARRIED(which) (((which)*rows + row) * SCAN_BLOCKS + number) * hidden + unit

kernel void scan_passages(SCAN_ARGUMENTS, global float *restrict carried) {
    SCAN_CHAIN;
    real p = real_of(1.0f), e = real_of(0.0f);
    for (int k = first; k < last; ++k) {
        const int place = SCAN_PLACE(k);
        if (SCAN_IS_MISSING(place)) continue;
        real in[SCAN_MOST_GATES], a, b;
        for (int gate = 0; gate < gates; ++gate) in[gate] = SCAN_LOAD(x, place * gates + gate);
        const ScanStep step = SCAN_STEP(place);
        scan_line(&step, in, &a, &b);
        p = a * p;
        e = fma(a, e, b);
    }
    store_part(p, carried + SCAN_CARRIED(0), lanes);
    store_part(e, carried + SCAN_CARRIED(1), lanes);
}

// In place of e, the state before the block; of a backward pass, after it.
kernel void scan_starts(const int rows, const int hidden, const int blocks, const int backward, const int has_start,
                        global const float *restrict start, global float *carried) {
    const int unit = (int)get_global_id(0) * VECTOR, row = get_global_id(1), lanes = hidden - unit;
    if (unit >= hidden) return;
    real state = has_start ? load_part(start + row * hidden + unit, lanes) : real_of(0.0f);
    for (int n = 0; n < blocks; ++n) {
        const int at = (row * blocks + (backward ? blocks - 1 - n : n)) * hidden + unit;
        global float *e = carried + rows * blocks * hidden + at;
        const real next = fma(load_part(carried + at, lanes), state, load_part(e, lanes));
        store_part(state, e, lanes);
        state = next;
    }
}

kernel void scan_forward(SCAN_ARGUMENTS, global const float *restrict carried, global float *restrict y,
                         global float *restrict final) {
    SCAN_CHAIN;
    const real u = linear ? real_of(0.0f) : load_part(weight + unit, lanes);
    real h = SCAN_BLOCKS > 1 ? load_part(carried + SCAN_CARRIED(1), lanes)
             : has_initial   ? load_part(initial + at_row, lanes)
                             : real_of(0.0f);
    for (int k = first; k < last; ++k) {
        const int place = SCAN_PLACE(k);
        if (SCAN_IS_MISSING(place)) {
            store_part(real_of(0.0f), y + place * hidden + unit, lanes);
            continue;
        }
        real in[SCAN_MOST_GATES], a, b;
        for (int gate = 0; gate < gates; ++gate) in[gate] = SCAN_LOAD(x, place * gates + gate);
        const ScanStep step = SCAN_STEP(place);
        if (linear) {
            scan_line(&step, in, &a, &b);
            h = fma(a, h, b);
        } else {
            h = scan_bend(&step, in[0], u, h);
        }
        store_part(h, y + place * hidden + unit, lanes);
    }
    if (number == SCAN_BLOCKS - 1) store_part(h, final + at_row, lanes);
}

// From the gradient c of the state after a step to that of the state before: c ← a·(c + dy).
kernel void scan_passages_backward(SCAN_ARGUMENTS, const int has_dy, global const float *restrict dy,
                                   global float *restrict carried) {
    SCAN_CHAIN;
    real p = real_of(1.0f), e = real_of(0.0f);
    for (int k = last - 1; k >= first; --k) {
        const int place = SCAN_PLACE(k);
        if (SCAN_IS_MISSING(place)) continue;
        real in[SCAN_MOST_GATES], a, b;
        for (int gate = 0; gate < gates; ++gate) in[gate] = SCAN_LOAD(x, place * gates + gate);
        const ScanStep step = SCAN_STEP(place);
        scan_line(&step, in, &a, &b);
        p = a * p;
        e = a * (has_dy ? e + SCAN_LOAD(dy, place) : e);
    }
    store_part(p, carried + SCAN_CARRIED(0), lanes);
    store_part(e, carried + SCAN_CARRIED(1), lanes);
}

kernel void scan_backward(SCAN_ARGUMENTS, const int has_dy, global const float *restrict dy, const int has_dfinal,
                          global const float *restrict dfinal, global const float *restrict carried,
                          global const float *restrict y, global float *restrict dx, global float *restrict dweight,
                          const int has_dinitial, global float *restrict dinitial, const int has_flow,
                          global float *restrict flow) {
    SCAN_CHAIN;
    const real u = linear ? real_of(0.0f) : load_part(weight + unit, lanes);
    real c = SCAN_BLOCKS > 1 ? load_part(carried + SCAN_CARRIED(1), lanes)
             : has_dfinal    ? load_part(dfinal + at_row, lanes)
                             : real_of(0.0f);
    real of_weight = real_of(0.0f);
    for (int k = last - 1; k >= first; --k) {
        const int place = SCAN_PLACE(k);
        if (SCAN_IS_MISSING(place)) continue;
        int from = k == 0 ? -1 : SCAN_PLACE(k - 1);
        if (has_before) from = before[place] < 0 ? -1 : row * steps + before[place];
        const real h = from >= 0     ? SCAN_LOAD(y, from)
                       : has_initial ? load_part(initial + at_row, lanes)
                                     : real_of(0.0f);
        const real dh = has_dy ? c + SCAN_LOAD(dy, place) : c;
        if (has_flow) store_part(dh, flow + place * hidden + unit, lanes);
        real in[SCAN_MOST_GATES], d[SCAN_MOST_GATES], a, b;
        for (int gate = 0; gate < gates; ++gate) in[gate] = SCAN_LOAD(x, place * gates + gate);
        const ScanStep step = SCAN_STEP(place);
        if (linear) {
            scan_line(&step, in, &a, &b);
            scan_line_pullback(&step, in, dh * h, dh, d);
        } else {
            of_weight = fma(scan_bend_pullback(&step, in[0], u, h, SCAN_LOAD(y, place), dh, d, &a), h, of_weight);
        }
        for (int gate = 0; gate < gates; ++gate) {
            global float *to = dx + (place * gates + gate) * hidden + unit;
            store_part(load_part(to, lanes) + d[gate], to, lanes);
        }
        c = a * dh;
    }
    if (!linear) store_part(of_weight, dweight + at_row, lanes);
    if (number == 0 && has_dinitial) store_part(load_part(dinitial + at_row, lanes) + c, dinitial + at_row, lanes);
}
