// The time loop of one cell, forward and backward. Included once for each cell of the list in kernels.h, with its
// counts (GATES, SAVED, STATES, INPUT_BLOCKS) and its equations (Kernels/cells) already there.
//
// The recurrent weight is packed once for each value it has, so that the gates of one vector of units lie side by side:
//
//     forward    vectors  [ u₀: i f g o ][ u₁: i f g o ] …    cut into panels, each [k = h][columns]
//
// A group is the smallest number of panels that holds whole units: one panel for lstm with four vectors a tile, three
// for gru; as with panels, there are as few as hold all units, of equal lengths. A finished tile of a group, still in
// first-level cache, has every gate of its units, and the equations run on it at once. Work is shared out as (group,
// rows) items: units and rows are split between workers, sums never. Backward, B is the weight as it lies,
// [k = gates·hidden][units], and a finished tile is ∂h of a panel's units.

enum {
    CELL(GROUP_VECTORS) = LEAST_COMMON_MULTIPLE(GATES, TILE_VECTORS),
    CELL(GROUP_UNITS) = CELL(GROUP_VECTORS) / GATES * VECTOR,
    CELL(GROUP_COLUMNS) = CELL(GROUP_VECTORS) * VECTOR,
};

// A group, in units, and its panels, in columns of all groups.
INLINE ptrdiff_t CELL(groups)(const ptrdiff_t hidden) {
    return spans_of(vectors_in(hidden), CELL(GROUP_UNITS) / VECTOR);
}
INLINE Span CELL(group)(const ptrdiff_t hidden, const ptrdiff_t index) {
    return span_of(vectors_in(hidden), CELL(GROUP_UNITS) / VECTOR, index);
}
INLINE ptrdiff_t CELL(panels)(const Span group) { return spans_of(group.vectors * GATES, TILE_VECTORS); }
INLINE Span CELL(panel)(const Span group, const ptrdiff_t index) {
    Span panel = span_of(group.vectors * GATES, TILE_VECTORS, index);
    panel.start += group.start * GATES;
    return panel;
}

static void CELL(pack_forward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweepPacking *p = arguments;
    const ptrdiff_t hidden = p->hidden;
    const ptrdiff_t groups = CELL(groups)(hidden);
    ptrdiff_t first, last;
    part_of(groups, worker, &first, &last);
    for (ptrdiff_t index = first; index < last; ++index) {
        const Span group = CELL(group)(hidden, index);
        for (ptrdiff_t i = 0; i < CELL(panels)(group); ++i) {
            const Span panel = CELL(panel)(group, i);
            for (ptrdiff_t v = 0; v < panel.vectors; ++v) {
                const ptrdiff_t at = panel.start / VECTOR + v, unit = at / GATES * VECTOR, gate = at % GATES;
                const ptrdiff_t units = hidden - unit < VECTOR ? hidden - unit : VECTOR;
                pack_transposed(p->weight + (gate * hidden + unit) * hidden, hidden, units, hidden,
                                p->packed + panel.start * hidden + v * VECTOR, panel.vectors * VECTOR);
                store(p->packed_bias + at * VECTOR, load_part(p->bias + gate * hidden + unit, units));
            }
        }
    }
}

static void CELL(pack_backward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweepPacking *p = arguments;
    const UnrollMatmul m = {
        .b = {(float *)p->weight, 0, p->hidden, 1}, .inner = GATES * p->hidden, .columns = p->hidden};
    const MatmulBlock block = {&m, 0, GATES * p->hidden, p->packed, false};
    ptrdiff_t first, last;
    part_of(panels_of(p->hidden), worker, &first, &last);
    for (ptrdiff_t panel = first; panel < last; ++panel) pack_b_panel(&block, panel);
}

// The equations for one vector of units of one row; `q` is the finished tile's part of that row.
INLINE void CELL(forward_units)(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t row, const ptrdiff_t unit,
                                const float *q) {
    static const int input_block[GATES] = INPUT_BLOCKS;
    const ptrdiff_t units = s->hidden - unit;
    const ptrdiff_t at = (step * s->batch + row) * s->hidden + unit;
    float *saved = s->saved + (step * s->batch + row) * SAVED * s->hidden + unit;
    real x[GATES], gates[GATES], state[STATES], next[STATES], keep[SAVED];
    for (int gate = 0; gate < GATES; ++gate) {
        x[gate] = load_part(saved + input_block[gate] * s->hidden, units);
        gates[gate] = load(q + gate * VECTOR);
    }
    for (int i = 0; i < STATES; ++i) state[i] = load_part(s->states[i] + at, units);
    CELL(forward)(x, gates, state, next, keep, s->flags);
    for (int i = 0; i < STATES; ++i) store_part(s->states[i] + at + s->batch * s->hidden, next[i], units);
    for (int i = 0; i < SAVED; ++i) store_part(saved + i * s->hidden, keep[i], units);
    if (s->output) store_part(s->output + row * s->output_batch + step * s->output_step + unit, next[0], units);
}

// Asks for what the equations of a group of some rows will read, to be there when the tile is finished.
INLINE void CELL(prefetch)(const UnrollSweep *s, const ptrdiff_t step, const Span group, const ptrdiff_t first,
                           const ptrdiff_t last) {
    static const int input_block[GATES] = INPUT_BLOCKS;
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *saved = s->saved + (step * s->batch + row) * SAVED * s->hidden + group.start;
        for (int gate = 0; gate < GATES; ++gate) {
            for (int v = 0; v < group.vectors; ++v) {
                __builtin_prefetch(saved + input_block[gate] * s->hidden + v * VECTOR, 1);
            }
        }
    }
}

// A group of some rows, at most ROWS_OF_LONG: R·h + bᵣ, then the equations.
static void CELL(forward_item)(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t index, const ptrdiff_t first,
                               const ptrdiff_t last) {
    const Span group = CELL(group)(s->hidden, index);
    float q[ROWS_OF_LONG * CELL(GROUP_COLUMNS)] __attribute__((aligned(64)));
    CELL(prefetch)(s, step, group, first, last);
    for (ptrdiff_t i = 0; i < CELL(panels)(group); ++i) {
        const Span panel = CELL(panel)(group, i);
        const SweepTile t = {.a = s->states[0] + (step * s->batch + first) * s->hidden,
                             .a_row = s->hidden,
                             .rows = last - first,
                             .inner = s->hidden,
                             .vectors = panel.vectors,
                             .panel = s->packed + panel.start * s->hidden,
                             .start = s->packed_bias + panel.start,
                             .result = q + panel.start - group.start * GATES,
                             .result_row = CELL(GROUP_COLUMNS)};
        sweep_tiles(&t);
    }
    for (ptrdiff_t row = first; row < last; ++row) {
        for (ptrdiff_t unit = 0; unit < group.vectors * VECTOR; unit += VECTOR) {
            const float *part = q + (row - first) * CELL(GROUP_COLUMNS) + unit * GATES;
            CELL(forward_units)(s, step, row, group.start + unit, part);
        }
    }
}

static void CELL(sweep_forward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweep *s = arguments;
    const ptrdiff_t groups = CELL(groups)(s->hidden);
    const SweepShare share = share_of(groups, s->hidden, GATES * s->hidden, s->batch, worker);
    for (ptrdiff_t step = s->first; step < s->last; ++step) {
        ptrdiff_t group, first, last;
        for (ptrdiff_t next = share.first; next_item(&share, &next, &group, &first, &last);) {
            CELL(forward_item)(s, step, group, first, last);
        }
        unroll_pool_barrier(share.others);
    }
}

// The derivative for one vector of units of one row; `dh` is what came back through the recurrent matmul.
INLINE void CELL(backward_units)(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t row, const ptrdiff_t unit,
                                 const float *dh) {
    const ptrdiff_t units = s->hidden - unit;
    const ptrdiff_t at = (step * s->batch + row) * s->hidden + unit, carried = row * s->hidden + unit;
    float *saved = s->saved + (step * s->batch + row) * SAVED * s->hidden + unit;
    real keep[SAVED], state[STATES], next[STATES], gradient[STATES];
    for (int i = 0; i < SAVED; ++i) keep[i] = load_part(saved + i * s->hidden, units);
    for (int i = 0; i < STATES; ++i) {
        state[i] = load_part(s->states[i] + at, units);
        next[i] = load_part(s->states[i] + at + s->batch * s->hidden, units);
        gradient[i] = load_part(s->carry[i] + carried, units);
    }
    gradient[0] += load(dh);
    if (s->output) {
        gradient[0] += load_part(s->output + row * s->output_batch + step * s->output_step + unit, units);
    }
    CELL(backward)(keep, state, next, gradient, s->flags);
    for (int i = 0; i < SAVED; ++i) store_part(saved + i * s->hidden, keep[i], units);
    for (int i = 0; i < STATES; ++i) store_part(s->carry[i] + carried, gradient[i], units);
}

// ∂h through the matmul of the step after (if there is one), then the equations of this step (if there is one).
static void CELL(backward_item)(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t index,
                                const ptrdiff_t first, const ptrdiff_t last) {
    const Span panel = panel_of(s->hidden, index);
    const ptrdiff_t inner = GATES * s->hidden, width = panel.vectors * VECTOR;
    float dh[ROWS_OF_LONG * TILE_COLUMNS] __attribute__((aligned(64)));
    const SweepTile t = {.a = s->saved + ((step + 1) * s->batch + first) * SAVED * s->hidden,
                         .a_row = SAVED * s->hidden,
                         .rows = last - first,
                         .inner = step + 1 < s->steps ? inner : 0,
                         .vectors = panel.vectors,
                         .panel = s->packed + panel.start * inner,
                         .start = zeros,
                         .result = dh,
                         .result_row = TILE_COLUMNS};
    sweep_tiles(&t);
    for (ptrdiff_t row = first; row < last; ++row) {
        for (ptrdiff_t i = 0; i < width; i += VECTOR) {
            const float *part = dh + (row - first) * TILE_COLUMNS + i;
            const ptrdiff_t unit = panel.start + i, units = s->hidden - unit;
            if (step >= 0) {
                CELL(backward_units)(s, step, row, unit, part);
            } else {
                float *carry = s->carry[0] + row * s->hidden + unit;
                store_part(carry, load_part(carry, units) + load(part), units);
            }
        }
    }
}

static void CELL(sweep_backward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweep *s = arguments;
    const ptrdiff_t panels = panels_of(s->hidden);
    const SweepShare share = share_of(panels, GATES * s->hidden, s->hidden, s->batch, worker);
    for (ptrdiff_t step = s->last - 1; step >= (s->first > 0 ? s->first : -1); --step) {
        ptrdiff_t panel, first, last;
        for (ptrdiff_t next = share.first; next_item(&share, &next, &panel, &first, &last);) {
            CELL(backward_item)(s, step, panel, first, last);
        }
        unroll_pool_barrier(share.others);
    }
}

#undef GATES
#undef SAVED
#undef STATES
#undef INPUT_BLOCKS
#undef CELL
