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

#include "tile.h"
#include "matmul.h"
#include "sweep.h"
#include "elementwise.h"
#include "reduce.h"
#include "softmax.h"
#include "lookup.h"

#define LEAST_COMMON_MULTIPLE(a, b) \
    ((a) % (b) == 0 ? (a) : 2 * (a) % (b) == 0 ? 2 * (a) : 3 * (a) % (b) == 0 ? 3 * (a) : (a) * (b))

// The list of cells: counts as in Cell.swift, equations from Kernels/cells.
#define CELL(part) rnn_##part
#define GATES 1
#define SAVED 1
#define STATES 1
#define INPUT_BLOCKS \
    { 0 }
#include "../../Kernels/cells/rnn.h"
#include "recurrence.h"

#define CELL(part) lstm_##part
#define GATES 4
#define SAVED 4
#define STATES 2
#define INPUT_BLOCKS \
    { 0, 1, 2, 3 }
#include "../../Kernels/cells/lstm.h"
#include "recurrence.h"

#define CELL(part) gru_##part
#define GATES 3
#define SAVED 4
#define STATES 1
#define INPUT_BLOCKS \
    { 0, 1, 3 }
#include "../../Kernels/cells/gru.h"
#include "recurrence.h"

#define CELL_KERNELS(cell, gates, saved, states)                                                      \
    {                                                                                                 \
#cell, gates, saved, states, cell##_pack_forward, cell##_pack_backward, cell##_sweep_forward, \
            cell##_sweep_backward                                                                     \
    }

static const UnrollCellKernels cells[] = {
    CELL_KERNELS(rnn, 1, 1, 1),
    CELL_KERNELS(lstm, 4, 4, 2),
    CELL_KERNELS(gru, 3, 4, 1),
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
    .gather = gather,
    .scatter_add = scatter_add,
    .dropout = dropout,
    .update = update,
    .fused_multiply_adds = fused_multiply_adds,
    .cell_count = sizeof(cells) / sizeof(cells[0]),
    .cells = cells,
};
