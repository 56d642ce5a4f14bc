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
    unroll_pool_run(pool, 2, cell->pack_forward, &packing);
    packing.packed = backward, packing.packed_bias = NULL;
    unroll_pool_run(pool, 2, cell->pack_backward, &packing);
    UnrollSweep sweep = {.batch = batch,
                         .steps = steps,
                         .hidden = hidden,
                         .packed = forward,
                         .packed_bias = forward_bias,
                         .saved = saved,
                         .states = {states[0], states[1]},
                         .carry = {carry[0], carry[1]},
                         .output = output,
                         .output_batch = steps * hidden,
                         .output_step = hidden};
    const ptrdiff_t ends[] = {0, steps / 2, steps};
    for (int part = 0; part < 2; ++part) {
        sweep.first = ends[part], sweep.last = ends[part + 1];
        unroll_pool_run(pool, 2, cell->forward, &sweep);
    }
    sweep.packed = backward;
    for (int part = 1; part >= 0; --part) {
        sweep.first = ends[part], sweep.last = ends[part + 1];
        unroll_pool_run(pool, 2, cell->backward, &sweep);
    }
    free(weight), free(bias), free(forward), free(forward_bias), free(backward), free(saved), free(output);
    for (int i = 0; i < 2; ++i) free(states[i]), free(carry[i]);
}

static void check_elements(const UnrollMicroKernels *k, UnrollPool *pool, const ptrdiff_t rows,
                           const ptrdiff_t columns) {
    const ptrdiff_t count = rows * columns;
    float *x = numbers((size_t)count), *y = numbers((size_t)count), *dy = numbers((size_t)count),
          *result = numbers((size_t)count);
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
    float loss = 0, dloss = 1;
    const UnrollCrossEntropy entropy = {rows, columns, x, indices, 0.1f, row_of_rows, &loss, &dloss, result};
    unroll_pool_run(pool, 2, k->cross_entropy, &entropy);
    unroll_pool_run(pool, 2, k->cross_entropy_backward, &entropy);
    const UnrollLookup gather = {rows, columns, 0, indices, NULL, NULL, row, result};
    unroll_pool_run(pool, 2, k->gather, &gather);
    int32_t *order = calloc((size_t)rows, sizeof(int32_t));
    segments[0] = 0, segments[1] = 1;
    const UnrollLookup scatter = {rows, columns, 1, indices, order, segments, x, row};
    unroll_pool_run(pool, 2, k->scatter_add, &scatter);
    const UnrollDropout dropout = {
        1, 2, 0x80000000u, 2, true, 1, rows, columns, {x, 0, columns, 1}, {y, 0, columns, 1}};
    unroll_pool_run(pool, 2, k->dropout, &dropout);
    for (int rule = 0; rule < 2; ++rule) {
        const UnrollUpdate update = {rule, count, 0.1f, 0.9f, 0.9f, 0.99f, 1e-8f, 1, 0, 1, x, dy, y, result, &dloss};
        unroll_pool_run(pool, 2, k->update, &update);
    }
    free(x), free(y), free(dy), free(result), free(row), free(row_of_rows), free(partials), free(indices),
        free(segments), free(order);
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
            for (ptrdiff_t cell = 0; cell < k->cell_count; ++cell) check_cell(k, &k->cells[cell], pool, s[0], 3, s[1]);
        }
        check_elements(k, pool, 9001, 1);
        printf("%s: nothing undefined\n", k->name);
    }
    return 0;
}
