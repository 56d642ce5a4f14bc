// The stages of a cell's step (Kernels/recurrence_rows.h), rows shared out between workers. Included once for each cell, after
// its time loop.

#include "../../Kernels/recurrence_rows.h"
#ifndef STAGES_OF_ALL_CELLS
#define STAGES_OF_ALL_CELLS

INLINE RowUnits row_units_of(const UnrollStage *p) {
    return (RowUnits){units_of(&p->sweep),
                      p->x,
                      p->q,
                      p->v,
                      p->memory,
                      p->m,
                      p->input_bias,
                      p->bias,
                      p->input_gain,
                      p->recurrent_gain,
                      p->memory_gain,
                      p->memory_bias,
                      p->gains};
}

// The rows of a step, or of the first where a gradient only comes home.
INLINE void rows_of_stage(const UnrollStage *p, const UnrollWorker worker, ptrdiff_t *first, ptrdiff_t *last) {
    part_of(rows_of(&p->sweep, p->step < 0 ? 0 : p->step), worker, first, last);
}

static void settle_stage(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const UnrollSweep *s = &p->sweep;
    const RowUnits units = row_units_of(p);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        float *output = s->output ? output_of(s, p->step, row) : NULL;
        settle_row(&units, p->step, row, place_before(s, p->step, row), place_after(s, p->step, row), p->from, output);
    }
}

static void unsettle_stage(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const UnrollSweep *s = &p->sweep;
    const RowUnits units = row_units_of(p);
    const ptrdiff_t going_on = rows_of(s, p->step + 1);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *output = s->output && p->step >= 0 ? output_of(s, p->step, row) : NULL;
        const ptrdiff_t old = p->step < 0 ? 0 : place_before(s, p->step, row);
        unsettle_row(&units, p->step, row, old, row < going_on, p->from, output, p->to);
    }
}

#endif

static void CELL(units_stage)(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const UnrollSweep *s = &p->sweep;
    const RowUnits units = row_units_of(p);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        float *output = s->output ? output_of(s, p->step, row) : NULL;
        CELL(forward_row)(&units, p->step, row, place_before(s, p->step, row), place_after(s, p->step, row), output);
    }
}

static void CELL(units_backward_stage)(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const UnrollSweep *s = &p->sweep;
    const RowUnits units = row_units_of(p);
    const ptrdiff_t going_on = rows_of(s, p->step + 1);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *output = s->output ? output_of(s, p->step, row) : NULL;
        CELL(backward_row)(&units, p->step, row, place_before(s, p->step, row), row < going_on, p->from, output);
    }
}

#if FIRST_GATES < GATES
static void CELL(reset_stage)(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const RowUnits units = row_units_of(p);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        CELL(reset_row)(&units, row, place_before(&p->sweep, p->step, row));
    }
}

static void CELL(reset_backward_stage)(const void *arguments, const UnrollWorker worker) {
    const UnrollStage *p = arguments;
    const RowUnits units = row_units_of(p);
    ptrdiff_t first, last;
    rows_of_stage(p, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        CELL(reset_backward_row)(&units, row, place_before(&p->sweep, p->step, row), p->from);
    }
}
#endif
