// Calls every primitive of every table with odd sizes on memory of exactly the size it needs, so that a step past the end
// is seen. What it computes is checked by the agreement tests; here only that nothing undefined happens.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CUnrollMicroKernels.h"

static float *numbers(const size_t count) {
    float *x = malloc((count ? count : 1) * sizeof(float));
    for (size_t i = 0; i < count; ++i) x[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return x;
}

static ptrdiff_t round_up(const ptrdiff_t count, const ptrdiff_t unit) { return (count + unit - 1) / unit * unit; }

static void check_matmul(const UnrollMicroKernels *k, UnrollPool *pool, const ptrdiff_t m, const ptrdiff_t n,
                         const ptrdiff_t inner) {
    for (int packs = 0; packs < 2; ++packs) {
        const ptrdiff_t block = inner < k->inner_block ? inner : k->inner_block;
        float *a = numbers((size_t)(m * inner)), *b = numbers((size_t)(inner * n)), *c = numbers((size_t)(m * n)),
              *bias = numbers((size_t)n);
        float *packed_a =
            numbers((size_t)(round_up(m, k->tile_rows) / k->tile_rows * (k->tile_rows * block + k->a_panel_gap)));
        float *packed_b = numbers((size_t)(round_up(n, k->vector) * block));
        const UnrollMatmul task = {.a = packs ? (UnrollView){a, 0, 1, m} : (UnrollView){a, 0, inner, 1},
                                   .b = packs ? (UnrollView){b, 0, 1, inner} : (UnrollView){b, 0, n, 1},
                                   .c = {c, 0, n, 1},
                                   .bias = bias,
                                   .outer = 1,
                                   .rows = m,
                                   .inner_outer = 1,
                                   .inner = inner,
                                   .columns = n,
                                   .accumulate = packs,
                                   .packed_a = packs ? packed_a : NULL,
                                   .packed_b = packed_b};
        unroll_pool_run(pool, 2, k->matmul, &task);
        free(a), free(b), free(c), free(bias), free(packed_a), free(packed_b);
    }
}

// Every stage of every step, with rows that are normalised and h projected where there is c; and with nothing of that.
static void check_stages(const UnrollMicroKernels *k, const UnrollCellKernels *cell, UnrollPool *pool,
                         UnrollSweep sweep, const bool is_plain) {
    const ptrdiff_t hidden = sweep.hidden,
                    gates = cell->gates + 1;  // and one that only sees the input, where there is one
    const size_t rows = (size_t)(sweep.batch * sweep.steps);
    float *products = numbers(rows * (size_t)((2 * gates + 2) * hidden)),
          *terms = numbers(rows * (size_t)((2 * gates + 2) * hidden));
    float *inner = numbers(rows * (size_t)hidden), *weights = numbers((size_t)(gates * hidden));
    float *x = numbers(rows * (size_t)(gates * hidden)), *v = numbers(rows * (size_t)hidden);
    if (is_plain) sweep.output = NULL, sweep.options.flags &= ~SWEEP_HAS_OUTPUT;
    sweep.width = !is_plain && cell->states > 1 ? hidden / 2 + 1 : hidden;
    if (!is_plain) sweep.options.flags |= CELL_IS_NORMALIZED | (cell->states > 1 ? CELL_IS_PROJECTED : 0);
    UnrollStage stage = {sweep,   0,       x,       products, v,       inner, v,     weights,
                         weights, weights, weights, weights,  weights, terms, inner, v};
    if (is_plain) stage.x = stage.memory = stage.gains = NULL;
    for (stage.step = 0; stage.step < sweep.steps; ++stage.step) {
        if (cell->reset) unroll_pool_run(pool, 2, cell->reset, &stage);
        unroll_pool_run(pool, 2, cell->units, &stage);
        unroll_pool_run(pool, 2, k->settle, &stage);
    }
    for (stage.step = sweep.steps - 1; stage.step >= -1; --stage.step) {
        unroll_pool_run(pool, 2, k->unsettle, &stage);
        if (stage.step < 0) break;
        unroll_pool_run(pool, 2, cell->units_backward, &stage);
        if (cell->reset_backward) unroll_pool_run(pool, 2, cell->reset_backward, &stage);
    }
    free(products), free(terms), free(inner), free(weights), free(x), free(v);
}

static void check_cell(const UnrollMicroKernels *k, const UnrollCellKernels *cell, UnrollPool *pool,
                       const ptrdiff_t batch, const ptrdiff_t steps, const ptrdiff_t hidden) {
    const ptrdiff_t gates = cell->gates, columns = round_up(hidden, k->vector) * gates;
    float *weight = numbers((size_t)(gates * hidden * hidden)), *bias = numbers((size_t)(gates * hidden));
    float *forward = numbers((size_t)(columns * hidden)), *forward_bias = numbers((size_t)columns);
    float *backward = numbers((size_t)(columns * hidden));
    float *saved = numbers((size_t)(steps * batch * cell->saved * hidden)),
          *output = numbers((size_t)(batch * steps * hidden));
    float *states[2] = {numbers((size_t)((steps + 1) * batch * hidden)),
                        numbers((size_t)((steps + 1) * batch * hidden))};
    float *carry[2] = {numbers((size_t)(batch * hidden)), numbers((size_t)(batch * hidden))};
    UnrollSweepPacking packing = {hidden, weight, bias, forward, forward_bias};
    if (cell->forward) {
        unroll_pool_run(pool, 2, cell->pack_forward, &packing);
        packing.packed = backward, packing.packed_bias = NULL;
        unroll_pool_run(pool, 2, cell->pack_backward, &packing);
    }
    // Rows that end one after the other, and all that can be turned on.
    ptrdiff_t *starts = calloc((size_t)steps + 2, sizeof *starts);
    for (ptrdiff_t step = 0; step < steps; ++step) {
        starts[step + 1] = starts[step] + (batch > step ? batch - step : 1);
    }
    starts[steps + 1] = starts[steps];
    float *extra = numbers((size_t)(batch * steps * 5 * hidden));  // as many vectors as any cell has peepholes
    UnrollCellOptions options = {.flags = CELL_HAS_PEEPHOLES | CELL_IS_COUPLED | CELL_IS_RANDOM | SWEEP_HAS_OUTPUT |
                                          SWEEP_SHOWS_GRADIENTS | (cell->states > 1 ? SWEEP_HAS_ABOVE : 0),
                                 .clip = 1,
                                 .state_clip = 1,
                                 .zoneout = {1u << 30, 1u << 29},
                                 .drop = 1u << 30,
                                 .drop_scale = 1};
    for (int i = 0; i < UNROLL_MAX_ACTIVATIONS; ++i) options.activations[i] = (UnrollActivation){2 * i, 0.5f, 0.5f};
    UnrollSweep sweep = {.batch = batch,
                         .steps = steps,
                         .hidden = hidden,
                         .width = hidden,
                         .starts = starts,
                         .steps_of_batch = steps,
                         .options = options,
                         .fed = states[0],
                         .peepholes = extra,
                         .products = extra,
                         .flow = extra,
                         .above = extra,
                         .packed = forward,
                         .packed_bias = forward_bias,
                         .saved = saved,
                         .states = {states[0], states[1]},
                         .carry = {carry[0], carry[1]},
                         .output = output,
                         .output_row = steps * hidden,
                         .output_step = hidden};
    const ptrdiff_t ends[] = {0, steps / 2, steps};
    check_stages(k, cell, pool, sweep, false);
    check_stages(k, cell, pool, sweep, true);
    for (int part = 0; part < 2 && cell->forward; ++part) {
        sweep.first = ends[part], sweep.last = ends[part + 1];
        unroll_pool_run(pool, 2, cell->forward, &sweep);
    }
    sweep.packed = backward;
    for (int part = 1; part >= 0 && cell->backward; --part) {
        sweep.first = ends[part], sweep.last = ends[part + 1];
        unroll_pool_run(pool, 2, cell->backward, &sweep);
    }
    free(starts), free(extra);
    free(weight), free(bias), free(forward), free(forward_bias), free(backward), free(saved), free(output);
    for (int i = 0; i < 2; ++i) free(states[i]), free(carry[i]);
}

static void check_elements(const UnrollMicroKernels *k, UnrollPool *pool, const ptrdiff_t rows,
                           const ptrdiff_t columns) {
    const ptrdiff_t count = rows * columns;
    float *x = numbers((size_t)count), *y = numbers((size_t)count), *dy = numbers((size_t)count),
          *result = numbers((size_t)count), *moment = numbers((size_t)count);
    float *row = numbers((size_t)columns), *row_of_rows = numbers((size_t)rows);
    double *partials = malloc(sizeof(double) * (size_t)(columns * (1 + rows / UNROLL_REDUCTION_BLOCK)));
    int32_t *indices = malloc(sizeof(int32_t) * (size_t)rows), *segments = malloc(sizeof(int32_t) * 2);
    for (ptrdiff_t i = 0; i < rows; ++i) indices[i] = i % 3 == 2 && rows > 3 ? -1 : 0;
    for (int function = 0; function <= 10; ++function) {
        const UnrollMap map = {function, 1.5f, 0.25f, count, x, y, dy, result};
        unroll_pool_run(pool, 2, k->map, &map);
        unroll_pool_run(pool, 2, k->map_backward, &map);
    }
    for (int function = 0; function <= 4; ++function) {
        const UnrollZip zip = {function,           function == 4,  function % 2,           1, rows, columns,
                               {x, 0, columns, 1}, {row, 0, 0, 1}, {result, 0, columns, 1}};
        unroll_pool_run(pool, 2, k->zip, &zip);
    }
    for (int reduction = 0; reduction <= 2; ++reduction) {
        UnrollReduce reduce = {reduction, reduction == 1, 0.5f, 1, rows, columns, {x, 0, columns, 1}, row, partials};
        unroll_pool_run(pool, 2, k->reduce, &reduce);
    }
    for (int logarithmic = 0; logarithmic < 2; ++logarithmic) {
        const UnrollSoftmax softmax = {logarithmic, rows, columns, x, dy, result};
        unroll_pool_run(pool, 2, k->softmax, &softmax);
        unroll_pool_run(pool, 2, k->softmax_backward, &softmax);
    }
    float *statistics = numbers(2 * (size_t)rows);
    for (int wants_dx = 0; wants_dx < 2; ++wants_dx) {
        const UnrollNormalize forward = {rows, columns, 1e-5f, x, row, row, statistics, NULL, result};
        unroll_pool_run(pool, 2, k->normalize, &forward);
        const UnrollNormalize backward = {rows, columns, 0, x, row, NULL, statistics, dy, wants_dx ? result : NULL};
        unroll_pool_run(pool, 2, k->normalize_backward, &backward);
    }
    float loss = 0, dloss = 1;
    const UnrollCrossEntropy entropy = {rows, columns, x, indices, 0.1f, row_of_rows, &loss, &dloss, result};
    unroll_pool_run(pool, 2, k->cross_entropy, &entropy);
    unroll_pool_run(pool, 2, k->cross_entropy_backward, &entropy);
    const UnrollLookup gather = {rows, columns, columns, columns, 0, 1, indices, NULL, NULL, row, result};
    unroll_pool_run(pool, 2, k->gather, &gather);
    int32_t *order = calloc((size_t)rows, sizeof(int32_t));
    segments[0] = 0, segments[1] = 1;
    const UnrollLookup scatter = {rows, columns, columns, columns, 1, 1, indices, order, segments, x, row};
    unroll_pool_run(pool, 2, k->scatter_add, &scatter);
    const UnrollDropout dropout = {
        1, 2, 0x80000000u, 2, true, 1, rows, columns, {x, 0, columns, 1}, {y, 0, columns, 1}};
    unroll_pool_run(pool, 2, k->dropout, &dropout);
    for (int rule = 0; rule < 7; ++rule) {
        const UnrollUpdate update = {
            rule, count, {0.1f, 0.9f, 0.9f, 1e-3f, 0.5f, 0.1f, 0.1f}, 0.5f, 3, x, dy, {y, result, moment}, &dloss};
        unroll_pool_run(pool, 2, k->update, &update);
    }
    free(x), free(y), free(dy), free(result), free(moment), free(row), free(row_of_rows), free(partials), free(indices),
        free(segments), free(order), free(statistics);
}

static int32_t *lists(const ptrdiff_t rows, const ptrdiff_t longest, const int32_t from, const int32_t below) {
    int32_t *x = malloc(sizeof(int32_t) * (size_t)(rows * (1 + longest)));
    for (ptrdiff_t row = 0; row < rows; ++row) {
        int32_t *list = x + row * (1 + longest);
        list[0] = (int32_t)(longest - row % (longest + 1));
        for (ptrdiff_t i = 0; i < longest; ++i) list[1 + i] = from + (int32_t)i % (below - from);
    }
    return x;
}

static void check_sequences(const UnrollMicroKernels *k, UnrollPool *pool, const ptrdiff_t batch, const ptrdiff_t steps,
                            const ptrdiff_t columns) {
    const size_t all = (size_t)(batch * steps * columns), square = (size_t)(columns * columns), rows = (size_t)batch;
    const ptrdiff_t longest = steps / 2 + 1, states = 2 * longest + 1 + 2;
    float *x = numbers(all), *dx = numbers(all), *losses = numbers(rows), *transitions = numbers(square);
    float *ends = numbers((size_t)columns), *pairs = numbers(rows * square), *starts = numbers(rows * (size_t)columns);
    float *alpha = numbers(rows * (size_t)(steps * (1 + columns))), *scratch = numbers(2 * rows * (size_t)columns);
    int32_t *places = lists(batch, steps, 0, (int32_t)steps), *labels = lists(batch, longest, 0, (int32_t)columns);
    int32_t *targets = calloc((size_t)(batch * steps), sizeof(int32_t)), *origins = malloc(sizeof(int32_t) * all);
    const UnrollTagChains chains = {batch, steps, columns, 1 + steps, x, transitions, ends, ends, places};
    const UnrollCRF crf = {chains, targets, transitions, steps, alpha, scratch, losses, dx, pairs, starts, starts};
    unroll_pool_run(pool, 2, k->crf, &crf);
    const UnrollViterbi viterbi = {chains, scratch, origins, alpha};
    unroll_pool_run(pool, 2, k->viterbi, &viterbi);
    float *paths = numbers(rows * (size_t)(steps * states)), *room = numbers(3 * rows * (size_t)states);
    for (int differentiated = 0; differentiated < 2; ++differentiated) {
        const UnrollCTC ctc = {.batch = batch,
                               .steps = steps,
                               .classes = columns,
                               .place_stride = 1 + steps,
                               .label_stride = 1 + longest,
                               .state_stride = states,
                               .kept = steps,
                               .x = x,
                               .places = places,
                               .labels = labels,
                               .alpha = paths,
                               .scratch = room,
                               .losses = losses,
                               .dx = differentiated ? dx : NULL};
        unroll_pool_run(pool, 2, k->ctc, &ctc);
    }
    for (int form = 0; form <= 9; ++form) {  // of each kind one without options, and one with
        const int kind = form % 5;
        const ptrdiff_t gates = kind == 2 ? 3 : kind < 2 ? 2 : 1, block = kind < 3 ? 4 : steps;
        const ptrdiff_t chains_of_units = batch * round_up(columns, k->vector), blocks = round_up(steps, block) / block;
        float *in = numbers(all * (size_t)gates), *din = numbers(all * (size_t)gates);
        float *carried = numbers((size_t)(chains_of_units * blocks * 2));
        UnrollScan scan = {.kind = kind,
                           .reverse = kind % 2,
                           .options = {.flags = form < 5 ? 0 : CELL_IS_RANDOM | CELL_HAS_CLIP,
                                       .clip = 0.5f,
                                       .key = {1, 2},
                                       .zoneout = {1u << 30},
                                       .drop = 1u << 30,
                                       .drop_scale = 4.0f / 3},
                           .batch = batch,
                           .steps = steps,
                           .hidden = columns,
                           .block = block,
                           .x = in,
                           .weight = kind < 3 ? NULL : ends,
                           .initial = starts,
                           .carried = carried,
                           .y = x,
                           .final = scratch};
        unroll_pool_run(pool, 2, k->scan, &scan);
        scan.backward = true, scan.dy = x, scan.dx = din, scan.dinitial = scratch, scan.dweight = starts;
        scan.flow = form < 5 ? NULL : dx;
        unroll_pool_run(pool, 2, k->scan, &scan);
        free(in), free(din), free(carried);
    }
    free(x), free(dx), free(losses), free(transitions), free(ends), free(pairs), free(starts), free(alpha),
        free(scratch);
    free(places), free(labels), free(targets), free(origins), free(paths), free(room);
}

int main(void) {
    UnrollPool *pool = unroll_pool_create(2);
    const ptrdiff_t sizes[][3] = {{1, 1, 1}, {5, 3, 7}, {13, 67, 17}, {8, 130, 600}};
    for (int index = 0; unroll_micro_kernels(index); ++index) {
        const UnrollMicroKernels *k = unroll_micro_kernels(index);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
            const ptrdiff_t *s = sizes[i];
            check_matmul(k, pool, s[0], s[1], s[2]);
            check_elements(k, pool, s[0], s[1]);
            check_sequences(k, pool, s[0], s[2], s[1]);
            for (ptrdiff_t cell = 0; cell < k->cell_count; ++cell) check_cell(k, &k->cells[cell], pool, s[0], 3, s[1]);
        }
        check_elements(k, pool, 9001, 1);
        printf("%s: nothing undefined\n", k->name);
    }
    return 0;
}
