// Everything once, for one instruction set. The includer defines
//     VECTOR        floats a vector
//     TILE_VECTORS  vectors a row of the matmul tile
//     TABLE         the name of the table to export, and NAME, the name users know it by
#include "pool.h"
#include "vector.h"

enum {
    TILE_ROWS = 6,
    A_PANEL_GAP = 16,    // a cache line; see panel_of_a
    INNER_BLOCK = 1024,  // 256 KB of a panel with AVX-512: a quarter of what a second-level cache holds
};

#include "../../Kernels/functions.h"
#include "../../Kernels/update.h"

typedef uint32_t philox_word __attribute__((vector_size(4 * VECTOR)));
typedef uint64_t philox_product __attribute__((vector_size(8 * VECTOR)));
INLINE philox_word philox_high(const uint32_t a, const philox_word b) {
    return __builtin_convertvector((__builtin_convertvector(b, philox_product) * a) >> 32, philox_word);
}
#include "../../Kernels/philox.h"

// What the texts of the cells ask of whoever includes them.
#define NOINLINE static __attribute__((noinline, unused))
#define global
#define store_units(x, p, n) store_part(p, x, n)
typedef ptrdiff_t place;
INLINE philox_word philox_word_of(const ptrdiff_t x) { return (uint32_t)x - (philox_word){0}; }
#if VECTOR == 16
#define lanes_ ((philox_word){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
#elif VECTOR == 8
#define lanes_ ((philox_word){0, 1, 2, 3, 4, 5, 6, 7})
#else
#define lanes_ ((philox_word){0, 1, 2, 3})
#endif
#define flags_of(options) ((options)->flags)
#define activation_of(options, index) ((options)->activations[index])
#define TEAM_PARAMETER
#define TEAM
#define team_first 0
#define team_step VECTOR
#define team_sum sum_of_lanes
#define sqrt_of sqrtf
#include "../../Kernels/recurrence_options.h"
#include "../../Kernels/activations.h"

#include "tile.h"
#include "matmul.h"
#include "sweep.h"
#include "elementwise.h"
#include "reduce.h"
#include "softmax.h"
#include "normalize.h"
#include "lookup.h"
#include "crf.h"
#include "ctc.h"
#include "scan.h"
#include "word_vectors.h"

#define LEAST_COMMON_MULTIPLE(a, b) \
    ((a) % (b) == 0 ? (a) : 2 * (a) % (b) == 0 ? 2 * (a) : 3 * (a) % (b) == 0 ? 3 * (a) : (a) * (b))

// The list of cells: counts as in Cell.swift, and equations.
#define CELL(part) rnn_##part
#define EQUATIONS "../../Kernels/cells/rnn.h"
#define GATES 1
#define SAVED 1
#define STATES 1
#define INPUT_BLOCKS \
    { 0 }
#include "cell.h"

#define CELL(part) ungated_##part
#define EQUATIONS "../../Kernels/cells/ungated.h"
#define GATES 1
#define SAVED 1
#define STATES 2
#define INPUT_BLOCKS \
    { 0 }
#include "cell.h"

#define CELL(part) lstm_##part
#define EQUATIONS "../../Kernels/cells/lstm.h"
#define GATES 4
#define SAVED 4
#define STATES 2
#define INPUT_BLOCKS \
    { 0, 1, 2, 3 }
#include "cell.h"

#define CELL(part) lstm_below_##part
#define EQUATIONS "../../Kernels/cells/lstm.h"
#define GATES 4
#define INPUTS 5
#define BELOW 1
#define SAVED 6
#define STATES 2
#define INPUT_BLOCKS \
    { 0, 1, 2, 3, 4, 5 }
#include "cell.h"

#define CELL(part) gru_##part
#define EQUATIONS "../../Kernels/cells/gru.h"
#define GATES 3
#define SAVED 4
#define STATES 1
#define INPUT_BLOCKS \
    { 0, 1, 3 }
#include "cell.h"

#define CELL(part) gru_reset_before_##part
#define EQUATIONS "../../Kernels/cells/gru_reset_before.h"
#define GATES 3
#define FIRST_GATES 2
#define SAVED 3
#define STATES 1
#define INPUT_BLOCKS \
    { 0, 1, 2 }
#include "cell.h"

#define TIME_LOOP(cell) cell##_pack_forward, cell##_pack_backward, cell##_sweep_forward, cell##_sweep_backward
#define STAGES(cell) cell##_units_stage, cell##_units_backward_stage

static const UnrollCellKernels cells[] = {
    {"rnn", 1, 1, 1, TIME_LOOP(rnn), STAGES(rnn), NULL, NULL},
    {"ungated", 1, 1, 2, TIME_LOOP(ungated), STAGES(ungated), NULL, NULL},
    {"lstm", 4, 4, 2, TIME_LOOP(lstm), STAGES(lstm), NULL, NULL},
    {"lstm_below", 4, 6, 2, TIME_LOOP(lstm_below), STAGES(lstm_below), NULL, NULL},
    {"gru", 3, 4, 1, TIME_LOOP(gru), STAGES(gru), NULL, NULL},
    {"gru_reset_before", 3, 3, 1, NULL, NULL, NULL, NULL, STAGES(gru_reset_before), gru_reset_before_reset_stage,
     gru_reset_before_reset_backward_stage},
};

const UnrollMicroKernels TABLE = {
    .name = NAME,
    .vector = VECTOR,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .inner_block = INNER_BLOCK,
    .a_panel_gap = A_PANEL_GAP,
    .matmul = matmul,
    .pack = pack,
    .map = map,
    .map_backward = map_backward,
    .zip = zip,
    .reduce = reduce,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .cross_entropy = cross_entropy,
    .cross_entropy_backward = cross_entropy_backward,
    .normalize = normalize,
    .normalize_backward = normalize_backward,
    .gather = gather,
    .scatter_add = scatter_add,
    .dropout = dropout,
    .update = update,
    .fused_multiply_adds = fused_multiply_adds,
    .crf = crf,
    .viterbi = viterbi,
    .ctc = ctc,
    .scan = scan,
    .settle = settle_stage,
    .unsettle = unsettle_stage,
    .negative_sampling = negative_sampling,
    .glove = glove,
    .cell_count = sizeof(cells) / sizeof(cells[0]),
    .cells = cells,
};
