#pragma once
#include "../../../Kernels/recurrence_options.h"

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
    float epsilon;  // forward
    const float *x, *scale;
    const float *_Nullable shift;  // forward
    float *statistics;             // [rows, 2]
    float *_Nullable dy;           // backward; becomes dy·x̂
    float *_Nullable result;       // y; backward: dx
} UnrollNormalize;

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

/// gather: y[i] ← table[indices[i]] (+ y[i]), rows so far apart. scatter: contiguous rows; `order` lists the rows of dy by
/// the table row they go to; row `segments[s]` of `order` starts the s-th run of equal indices.
typedef struct {
    ptrdiff_t count, columns, source_row, result_row, segment_count;
    int accumulate;
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
    int rule;  // UpdateRule.Kind
    ptrdiff_t count;
    float numbers[8], limit;
    int moments;
    float *_Nullable parameter;
    const float *_Nullable gradient;
    float *_Nullable moment[3];  // as many as the rule has
    const float *_Nullable scale;
} UnrollUpdate;

/// A batch of linear chains of tags (TagChains in SequenceLosses.swift). A row of `places` is how many steps are there, then
/// which.
typedef struct {
    ptrdiff_t batch, steps, tags, place_stride;
    const float *emissions;                  // [batch, steps, tags]
    const float *transitions, *start, *end;  // [from, to], [tags], [tags]
    const int32_t *places;
} UnrollTagChains;

typedef struct {
    UnrollTagChains chains;
    const int32_t *targets;             // [batch, steps]
    const float *_Nullable transposed;  // transitions, for the gradient
    ptrdiff_t kept;                     // steps of alpha kept: all for the gradient, else 2
    float *alpha, *scratch;             // [batch, kept, 1 + tags], [batch, 2, tags]
    float *losses;                      // [batch]
    float *_Nullable dx, *_Nullable dtransitions, *_Nullable dstart, *_Nullable dend;  // of each row's loss
} UnrollCRF;

typedef struct {
    UnrollTagChains chains;
    float *scratch;    // [batch, 2, tags]
    int32_t *origins;  // [batch, steps, tags]
    float *path;       // [batch, steps]
} UnrollViterbi;

/// A row of `labels` is how many there are, then which. States have a stride with room for two at either end.
typedef struct {
    ptrdiff_t batch, steps, classes, place_stride, label_stride, state_stride, kept;
    int32_t blank;
    bool zero_infinity;
    const float *x;  // [batch, steps, classes], logarithms of probabilities
    const int32_t *places, *labels;
    float *alpha, *scratch;  // [batch, kept, states], [batch, 3, states]
    float *losses;           // [batch]
    float *_Nullable dx;     // [batch, steps, classes], of each row's loss
} UnrollCTC;

/// A flag of a scan beside those of UnrollCellOptions: its activation is another than its kind's.
enum { UNROLL_SCAN_HAS_ACTIVATION = 1 << 30 };

/// A recurrence of single units (Scan.swift), forward or backward.
typedef struct {
    int kind;
    bool reverse, backward;
    UnrollCellOptions options;  // none of its flags where nothing is on
    ptrdiff_t batch, steps, hidden, block;
    const float *x;                   // [batch, steps, gates, hidden]
    const float *_Nullable weight;    // [hidden], of the independent kinds
    const float *_Nullable initial;   // [batch, hidden]
    const int32_t *_Nullable before;  // [batch, steps]: the step whose state a step begins with, −1 the initial one
    float *_Nullable carried;         // room for two states a block, where blocks are shared out
    float *y;                         // [batch, steps, hidden]
    float *_Nullable final;           // forward: [batch, hidden]
    const float *_Nullable dy, *_Nullable dfinal;
    float *_Nullable dx, *_Nullable dinitial, *_Nullable dweight;  // the last [batch, hidden], of each row
    float *_Nullable flow;                                         // [batch, steps, hidden]: ∂h of every step
} UnrollScan;

enum { UNROLL_MAX_STATES = 2 };

/// The steps [first, last) of one layer (RecurrentSweep in Recurrence.swift).
typedef struct {
    ptrdiff_t batch, steps, first, last, hidden, width;  // width: numbers of h
    const ptrdiff_t *_Nullable starts;                   // [steps + 2], of the rows of each step (StepRows)
    ptrdiff_t steps_of_batch;                            // of the batch's rows, which tell a step's place in it
    UnrollCellOptions options;
    const float *_Nullable packed;       // the recurrent weight, packed for this pass
    const float *_Nullable packed_bias;  // forward
    float *saved;
    float *_Nullable states[UNROLL_MAX_STATES];
    float *_Nullable carry[UNROLL_MAX_STATES];  // backward
    float *fed;                                 // what the matmul reads of h: states[0], or that times factors
    const float *_Nullable factors, *_Nullable peepholes;
    const int32_t *_Nullable order;
    float *_Nullable products, *_Nullable flow;       // backward
    const float *_Nullable above;                     // backward: ∂c of every step, from the layer above
    float *_Nullable output;                          // forward: where h goes besides; backward: the output's gradient
    ptrdiff_t output_row, output_step, output_start;  // strides: of a row, a step, and a row before the step's first
} UnrollSweep;

/// A stage of one step (SweepStages in SweepStages.swift); what it does not have is NULL.
typedef struct {
    UnrollSweep sweep;
    ptrdiff_t step;
    float *_Nullable x, *_Nullable q, *_Nullable v, *_Nullable memory, *_Nullable m;
    const float *_Nullable input_bias, *_Nullable bias, *_Nullable input_gain, *_Nullable recurrent_gain;
    const float *_Nullable memory_gain, *_Nullable memory_bias;
    float *_Nullable gains;
    const float *_Nullable from;  // of the step's rows: what settles, or what came back through a product
    float *_Nullable to;          // and what is unsettled
} UnrollStage;

/// Packs [gates·hidden, hidden] for a pass of a sweep.
typedef struct {
    ptrdiff_t hidden;
    const float *weight, *bias;
    float *packed, *_Nullable packed_bias;
} UnrollSweepPacking;

typedef struct {
    const char *name;  // `Cell.kernels`
    int gates, saved, states;
    UnrollTask _Nullable pack_forward;  // where there is none
    UnrollTask _Nullable pack_backward;
    UnrollTask _Nullable forward;
    UnrollTask _Nullable backward;
    UnrollTask units, units_backward;
    UnrollTask _Nullable reset;  // where there is a second product
    UnrollTask _Nullable reset_backward;
} UnrollCellKernels;

/// The most contexts and outputs one word is learned with.
enum { UNROLL_MOST_CONTEXTS = 128, UNROLL_MOST_OUTPUTS = 64 };

/// One round of negative sampling over [first, first + blocks·block) of a text, −1 between its sentences. `weights` holds
/// the words' vectors and, after them, their outputs: [2, words, columns], with zeros in columns that only fill up a
/// multiple of 16.
typedef struct {
    ptrdiff_t words, columns, count, window;
    int negatives;
    bool averages;               // continuous bag of words; else skip-gram
    const int32_t *tokens;       // [count]
    const uint32_t *kept;        // [words]: a random word below it keeps a token; the greatest always does
    const uint32_t *thresholds;  // [words], of the noise: a column of the alias table is itself below it,
    const int32_t *aliases;      // [words], and this word otherwise
    uint32_t key0, key1, epoch;
    float rate;
    ptrdiff_t first, blocks, block;
    float *weights;
    ptrdiff_t slots_of_block, listed;          // room for rows of a block, and for words of its list
    float *copies;                             // [blocks, slots, columns]
    int32_t *touched, *uses, *touched_counts;  // [blocks, slots], [blocks, slots], [blocks]
    int32_t *totals;                           // [2, words, 2], all 0
    int32_t *slots, *lists;                    // [workers, 2, words], all −1; [workers, 2, listed]
    float *dx;                                 // [workers, contexts + 1, columns]
    double *losses;                            // [blocks]
    ptrdiff_t *examples;                       // [blocks]
} UnrollNegativeSampling;

/// Once through all pairs of words that occur together. `starts` says where the pairs of each two groups begin; a word is
/// always in one group. Rows as in UnrollNegativeSampling, with their sums of squares.
typedef struct {
    ptrdiff_t words, columns, groups;
    const ptrdiff_t *starts;           // [groups, groups] + 1
    const int32_t *rows, *columns_of;  // of each pair
    const float *factors, *logarithms;
    float rate;
    float *weights, *squares;      // [2, words, columns]
    float *biases, *bias_squares;  // [2, words]
    double *losses;                // [groups]
} UnrollGloVe;

/// The primitives, built for one instruction set.
typedef struct {
    const char *name;
    ptrdiff_t vector, tile_rows, tile_columns, inner_block, a_panel_gap;
    UnrollTask matmul, pack, map, map_backward, zip, reduce, softmax, softmax_backward, cross_entropy,
        cross_entropy_backward, normalize, normalize_backward, gather, scatter_add, dropout, update,
        fused_multiply_adds, crf, viterbi, ctc, scan, settle, unsettle, negative_sampling, glove;
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
