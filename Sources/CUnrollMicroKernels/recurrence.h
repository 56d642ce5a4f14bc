// The time loop of one cell, forward and backward. Included once for each cell of the list in kernels.h, with its
// counts and its equations (Kernels/cells) already there.
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

#include "../../Kernels/recurrence_units.h"
#ifndef UNITS_OF_A_SWEEP
#define UNITS_OF_A_SWEEP
INLINE SweepUnits units_of(const UnrollSweep *s) {
    return (SweepUnits){s->options, s->steps_of_batch, s->hidden,    s->width, s->saved,    s->states[0], s->states[1],
                        s->fed,     s->factors,        s->peepholes, s->order, s->carry[0], s->carry[1],  s->products,
                        s->flow,    s->above};
}
#endif

// Of one vector of units of one row; `q` is the finished tile's part of that row.
INLINE void CELL(finish_forward)(const UnrollSweep *s, const SweepUnits *u, const ptrdiff_t step, const ptrdiff_t row,
                                 const ptrdiff_t unit, const float *q) {
    static const int input_block[ARRIVING] = INPUT_BLOCKS;
    const ptrdiff_t old = place_before(s, step, row);
    real x[ARRIVING], gates[GATES];
    for (int gate = 0; gate < ARRIVING; ++gate) {
        x[gate] = load_part(s->saved + (old * SAVED + input_block[gate]) * s->hidden + unit, s->hidden - unit);
    }
    for (int gate = 0; gate < GATES; ++gate) gates[gate] = load(q + gate * VECTOR);
    float *output = s->output ? output_of(s, step, row) + unit : NULL;
    CELL(forward_units)(u, step, row, old, place_after(s, step, row), unit, x, gates, output);
}

// Asks for what the equations of a group of some rows will read, to be there when the tile is finished.
INLINE void CELL(prefetch)(const UnrollSweep *s, const ptrdiff_t step, const Span group, const ptrdiff_t first,
                           const ptrdiff_t last) {
    static const int input_block[ARRIVING] = INPUT_BLOCKS;
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *saved = s->saved + place_before(s, step, row) * SAVED * s->hidden + group.start;
        for (int gate = 0; gate < ARRIVING; ++gate) {
            for (int v = 0; v < group.vectors; ++v) {
                __builtin_prefetch(saved + input_block[gate] * s->hidden + v * VECTOR, 1);
            }
        }
    }
}

// A group of some rows, at most ROWS_OF_LONG: R·h + bᵣ, then the equations.
static void CELL(forward_item)(const UnrollSweep *s, const SweepUnits *u, const ptrdiff_t step, const ptrdiff_t index,
                               const ptrdiff_t first, const ptrdiff_t last) {
    const Span group = CELL(group)(s->hidden, index);
    float q[ROWS_OF_LONG * CELL(GROUP_COLUMNS)] __attribute__((aligned(64)));
    CELL(prefetch)(s, step, group, first, last);
    for (ptrdiff_t i = 0; i < CELL(panels)(group); ++i) {
        const Span panel = CELL(panel)(group, i);
        const SweepTile t = {.a = u->fed + place_before(s, step, first) * s->hidden,
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
            CELL(finish_forward)(s, u, step, row, group.start + unit, part);
        }
    }
}

static void CELL(sweep_forward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweep *s = arguments;
    const ptrdiff_t groups = CELL(groups)(s->hidden);
    const SweepUnits units = units_of(s);
    SweepShare share = share_of(s, groups, s->hidden, GATES * s->hidden, worker);
    for (ptrdiff_t step = s->first; step < s->last; ++step) {
        begin_step(&share, rows_of(s, step));
        ptrdiff_t group, first, last;
        for (ptrdiff_t next = share.first; next_item(&share, &next, &group, &first, &last);) {
            CELL(forward_item)(s, &units, step, group, first, last);
        }
        unroll_pool_barrier(share.others);
    }
}

// ∂h through the matmul of the step after (for rows that have one), then the equations of this step (if there is one).
static void CELL(backward_item)(const UnrollSweep *s, const SweepUnits *u, const ptrdiff_t step, const ptrdiff_t index,
                                const ptrdiff_t first, const ptrdiff_t last) {
    const Span panel = panel_of(s->hidden, index);
    const ptrdiff_t inner = GATES * s->hidden, width = panel.vectors * VECTOR;
    const ptrdiff_t going_on = rows_of(s, step + 1) < last ? rows_of(s, step + 1) : last;
    float dh[ROWS_OF_LONG * TILE_COLUMNS] __attribute__((aligned(64)));
    const SweepTile t = {.a = s->saved + place_before(s, step + 1, first) * SAVED * s->hidden,
                         .a_row = SAVED * s->hidden,
                         .rows = going_on > first ? going_on - first : 0,
                         .inner = inner,
                         .vectors = panel.vectors,
                         .panel = s->packed + panel.start * inner,
                         .start = zeros,
                         .result = dh,
                         .result_row = TILE_COLUMNS};
    sweep_tiles(&t);
    for (ptrdiff_t row = first; row < last; ++row) {
        for (ptrdiff_t i = 0; i < width; i += VECTOR) {
            const float *part = row < going_on ? dh + (row - first) * TILE_COLUMNS + i : zeros;
            if (step < 0) {
                bring_home(u, row, panel.start + i, load(part));
            } else {
                const float *output = s->output ? output_of(s, step, row) + panel.start + i : NULL;
                const ptrdiff_t old = place_before(s, step, row);
                CELL(backward_units)(u, step, row, old, panel.start + i, load(part), output);
            }
        }
    }
}

static void CELL(sweep_backward)(const void *arguments, const UnrollWorker worker) {
    const UnrollSweep *s = arguments;
    const ptrdiff_t panels = panels_of(s->hidden);
    const SweepUnits units = units_of(s);
    SweepShare share = share_of(s, panels, GATES * s->hidden, s->hidden, worker);
    for (ptrdiff_t step = s->last - 1; step >= (s->first > 0 ? s->first : -1); --step) {
        begin_step(&share, rows_of(s, step < 0 ? 0 : step));
        ptrdiff_t panel, first, last;
        for (ptrdiff_t next = share.first; next_item(&share, &next, &panel, &first, &last);) {
            CELL(backward_item)(s, &units, step, panel, first, last);
        }
        unroll_pool_barrier(share.others);
    }
}
