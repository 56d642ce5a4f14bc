#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The CPU's primitives. Each is written once (the .h files of this folder) and compiled for every instruction set; a
// table of them is chosen at run time.
//
// A primitive is a task: every worker of a pool calls it with the same arguments and its own number, does its part,
// and where parts depend on each other they meet at the pool's barrier. What a part is depends on the sizes and on the
// number of workers; a sum is never split, and its order depends on the sizes alone, so the result has the same bits for
// any number of workers.

typedef struct UnrollPool UnrollPool;
typedef struct {
    UnrollPool *_Nullable pool;  // where the workers meet
    int index, count;            // this worker, of how many
} UnrollWorker;
typedef void (*UnrollTask)(const void *arguments, UnrollWorker worker);

/// A pool of `threads` workers, the caller among them, which spin between tasks that follow closely and sleep otherwise.
UnrollPool *_Nullable unroll_pool_create(int threads);
/// Runs the task on `workers` workers (at most the pool's) and returns when all are done. Denormals count as zero
/// meanwhile. When another thread is using the pool, the caller does all parts itself.
void unroll_pool_run(UnrollPool *pool, int workers, UnrollTask task, const void *arguments);
int unroll_pool_threads(const UnrollPool *pool);

/// Cores this process may run on, at least 1.
int unroll_cores(void);

/// Element (b, i, j) of a view lies at b·batch + i·row + j·column.
typedef struct {
    float *data;
    ptrdiff_t batch, row, column;
} UnrollView;

/// C ← A·B. Rows of A and C come in `outer` runs of `rows` (a batch dimension folded into rows); the inner dimension
/// in `inner_outer` runs of `inner` (a batch dimension summed over). `packed_a` is scratch, and so is `packed_b` unless it
/// is all of B, packed before.
typedef struct {
    UnrollView a, b, c;
    const float *_Nullable bias;
    ptrdiff_t outer, rows, inner_outer, inner, columns;
    bool accumulate, b_is_packed;
    float *_Nullable packed_a, *packed_b;
} UnrollMatmul;

typedef struct {
    int function;
    float alpha, beta;
    ptrdiff_t count;
    const float *x;
    const float *_Nullable y, *_Nullable dy;
    float *result;
} UnrollMap;

/// c ← f(a, b), or c ← a where `copies`.
typedef struct {
    int function;
    bool copies, accumulate;
    ptrdiff_t batches, rows, columns;
    UnrollView a, b, c;
} UnrollZip;

typedef struct {
    int reduction;  // 0 sum, 1 sum of squares, 2 maximum
    bool accumulate;
    float scale;
    ptrdiff_t batches, rows, columns;
    UnrollView x;
    float *y;          // [batches, columns]
    double *partials;  // [batches·columns, blocks of rows], for reductions along contiguous rows
} UnrollReduce;

typedef struct {
    bool logarithmic;
    ptrdiff_t rows, columns;
    const float *x;  // backward: y
    const float *_Nullable dy;
    float *result;
} UnrollSoftmax;

typedef struct {
    ptrdiff_t rows, columns;
    const float *x;
    const int32_t *targets;
    float scale;
    float *log_sum_exp;            // [rows]
    float *_Nullable loss;         // forward: [1]
    const float *_Nullable dloss;  // backward: [1]
    float *_Nullable dx;
} UnrollCrossEntropy;

/// gather: y[i] ← table[indices[i]]. scatter: `order` lists the rows of dy by the table row they go to; row
/// `segments[s]` of `order` starts the s-th run of equal indices.
typedef struct {
    ptrdiff_t count, columns, segment_count;
    const int32_t *indices;
    const int32_t *_Nullable order, *_Nullable segments;
    const float *source;
    float *result;
} UnrollLookup;

typedef struct {
    uint32_t key0, key1, threshold;
    float scale;
    bool accumulate;
    ptrdiff_t batches, rows, columns;
    UnrollView x, y;
} UnrollDropout;

typedef struct {
    int rule;  // 0 sgd, 1 adam
    ptrdiff_t count;
    float rate, momentum, beta1, beta2, epsilon, root, decay, keep;
    float *parameter;
    const float *gradient;
    float *first;
    float *_Nullable second;
    const float *_Nullable scale;
} UnrollUpdate;

enum { UNROLL_MAX_STATES = 2 };

/// The steps [first, last) of one layer (RecurrentSweep in Recurrence.swift).
typedef struct {
    ptrdiff_t batch, steps, first, last, hidden;
    int flags;
    const float *packed;                 // the recurrent weight, packed for this pass
    const float *_Nullable packed_bias;  // forward
    float *saved;
    float *_Nullable states[UNROLL_MAX_STATES];
    float *_Nullable carry[UNROLL_MAX_STATES];  // backward
    float *_Nullable output;                    // forward: where h goes besides; backward: the output's gradient
    ptrdiff_t output_batch, output_step;        // strides
} UnrollSweep;

/// Packs [gates·hidden, hidden] for a pass of a sweep.
typedef struct {
    ptrdiff_t hidden;
    const float *weight, *bias;
    float *packed, *_Nullable packed_bias;
} UnrollSweepPacking;

typedef struct {
    const char *name;  // of the file in Kernels/cells
    int gates, saved, states;
    UnrollTask pack_forward, pack_backward, forward, backward;
} UnrollCellKernels;

/// The primitives, built for one instruction set.
typedef struct {
    const char *name;
    ptrdiff_t vector, tile_rows, tile_columns, inner_block, a_panel_gap;
    UnrollTask matmul, pack, map, map_backward, zip, reduce, softmax, softmax_backward, cross_entropy,
        cross_entropy_backward, gather, scatter_add, dropout, update, fused_multiply_adds;
    ptrdiff_t cell_count;
    const UnrollCellKernels *cells;
} UnrollMicroKernels;

/// Rows of a reduction that are summed in float before they join a sum in double.
enum { UNROLL_REDUCTION_BLOCK = 4096 };

/// The tables this processor runs, best first; `index` from 0, NULL past the last.
const UnrollMicroKernels *_Nullable unroll_micro_kernels(int index);

/// Philox 4x32-10 (Kernels/philox.h) on one counter, in place.
void unroll_philox(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3, uint32_t key0, uint32_t key1);

#pragma clang assume_nonnull end
