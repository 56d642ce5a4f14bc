// The part of a product A·B that one work-group of a GPU computes: TILE_M rows by BLOCKS × TILE_N columns of sums, in the
// registers of ITEMS_M × ITEMS_N work items. DEPTH of the inner dimension at a time come into local memory:
//
//                          BLOCKS × TILE_N
//                       ┌─────────┬─────────┐
//                       │ b       │         │ DEPTH
//                       └─────────┴─────────┘
//             ┌───────┐ ┌────┬────┬────┬────┐     An item has EACH_M × EACH_N sums of every block: runs of WIDTH rows and
//             │ a     │ │ 00 │ 01 │ 00 │ 01 │     columns, which it reads as vectors. Its next run is a run of every other
//      TILE_M │       │ ├────┼────┼────┼────┤     item further on, so that neighbours read neighbouring banks.
//             │       │ │ 10 │ 11 │ 10 │ 11 │     (Here ITEMS_M = ITEMS_N = BLOCKS = 2.)
//             └───────┘ └────┴────┴────┴────┘
//               DEPTH
//
// There are two tiles of each operand: while one is multiplied the next is on its way from memory, with one barrier a
// round. Every sum is in the order of the inner dimension, so that all shapes give the same bits.
//
// After mma.cl warps multiply instead: the grid of items is made of warps 8 down and 4 across, DEPTH is a multiple of
// MMA_K, EACH_M and EACH_N are even, and only ROW, COLUMN and multiply are others.

#ifndef TILE_M
#define TILE_M 64  // rows (4 … 128)
#endif
#ifndef TILE_N
#define TILE_N 64  // columns of a block (8 … 128)
#endif
#ifndef DEPTH
#define DEPTH 16  // inner steps a round (8, 16, 32)
#endif
#ifndef ITEMS_M
#define ITEMS_M 16  // items down (2 … 16)
#endif
#ifndef ITEMS_N
#define ITEMS_N 16  // items across (8 … 32)
#endif
#ifndef BLOCKS
#define BLOCKS 1
#endif

#define ITEMS (ITEMS_M * ITEMS_N)
#define ITEM ((int)get_local_id(1) * ITEMS_N + (int)get_local_id(0))
#define COLUMNS (BLOCKS * TILE_N)
#define EACH_M (TILE_M / ITEMS_M)
#define EACH_N (TILE_N / ITEMS_N)
#define SUMS_N (BLOCKS * EACH_N)

#ifndef MMA_K

#define PADDING 4  // to a row in local memory: its columns fall into different banks, and vectors stay aligned
#define operand(x) (x)

#if EACH_M % 4 == 0
#define WIDTH_M 4
#elif EACH_M % 2 == 0
#define WIDTH_M 2
#else
#define WIDTH_M 1
#endif
#if EACH_N % 4 == 0
#define WIDTH_N 4
#elif EACH_N % 2 == 0
#define WIDTH_N 2
#else
#define WIDTH_N 1
#endif

// Where an item's i-th row, or j-th column of a block, lies in the tile.
#define PLACE(i, width, items, item) ((i) / (width) * (width) * (items) + (item) * (width) + (i) % (width))
#define ROW(i) PLACE(i, WIDTH_M, ITEMS_M, (int)get_local_id(1))
#define COLUMN(j) PLACE(j, WIDTH_N, ITEMS_N, (int)get_local_id(0))

#endif

// What a work-group has in local memory.
typedef struct {
    local float *a, *b;            // [2][DEPTH][lines + PADDING]
    local int *row, *column;       // where the rows of A and the columns of B start; −1 for what is outside,
    local int *a_inner, *b_inner;  // [2][DEPTH], and how much further on each of the inner steps lies
} tiles;

#define LOCAL_TILES(t)                                                                            \
    local float a_tile[2 * DEPTH * (TILE_M + PADDING)] __attribute__((aligned(16)));              \
    local float b_tile[2 * DEPTH * (COLUMNS + PADDING)] __attribute__((aligned(16)));             \
    local int rows_start[TILE_M], columns_start[COLUMNS], a_steps[2 * DEPTH], b_steps[2 * DEPTH]; \
    tiles t;                                                                                      \
    t.a = a_tile, t.b = b_tile;                                                                   \
    t.row = rows_start, t.column = columns_start;                                                 \
    t.a_inner = a_steps, t.b_inner = b_steps;

// The inner dimension: `total` steps in runs of `length`, and how far apart steps and runs lie.
typedef struct {
    int total, length, a_step, a_run, b_step, b_run;
} inner_dimension;

INLINE void take1(float *to, local const float *from) { *to = *from; }
INLINE void take2(float *to, local const float *from) { vstore2(*(local const float2 *)from, 0, to); }
INLINE void take4(float *to, local const float *from) { vstore4(*(local const float4 *)from, 0, to); }

// Where the inner steps of a round lie: divided here, once for all rows and columns.
INLINE void place_inner(const tiles t, const inner_dimension inner, const int round) {
    for (int i = ITEM; i < DEPTH; i += ITEMS) {
        const int k = round * DEPTH + i, run = k / inner.length, step = k - run * inner.length;
        t.a_inner[round % 2 * DEPTH + i] = k < inner.total ? run * inner.a_run + step * inner.a_step : -1;
        t.b_inner[round % 2 * DEPTH + i] = k < inner.total ? run * inner.b_run + step * inner.b_step : -1;
    }
}

// An operand's tile: how many lines (rows of A, columns of B) it has, and whether memory goes on along the inner
// dimension or from line to line. Neighbouring items read along whichever it is.
#define LINE(at, lines, along_inner) ((along_inner) ? (at) / DEPTH : (at) % (lines))
#define STEP(at, lines, along_inner) ((along_inner) ? (at) % DEPTH : (at) / (lines))
#define HELD(lines) (((lines)*DEPTH + ITEMS - 1) / ITEMS)

INLINE void fetch(float *held, global const float *from, const int lines, const bool along_inner, local const int *line,
                  local const int *inner, const float outside) {
#pragma unroll
    for (int n = 0; n < HELD(lines); ++n) {
        const int at = n * ITEMS + ITEM;
        held[n] = outside;
        if (at < lines * DEPTH) {
            const int start = line[LINE(at, lines, along_inner)], step = inner[STEP(at, lines, along_inner)];
            if ((start | step) >= 0) held[n] = from[start + step];
        }
    }
}

INLINE void store(const float *held, local float *tile, const int lines, const bool along_inner) {
#pragma unroll
    for (int n = 0; n < HELD(lines); ++n) {
        const int at = n * ITEMS + ITEM;
        if (at < lines * DEPTH)
            tile[STEP(at, lines, along_inner) * (lines + PADDING) + LINE(at, lines, along_inner)] = operand(held[n]);
    }
}

#ifdef MMA_K

INLINE void multiply(float sum[EACH_M][SUMS_N], const tiles t, const int slot) {
#pragma unroll
    for (int k = slot * DEPTH; k < (slot + 1) * DEPTH; k += MMA_K) {
        fragment_a a[EACH_M / 2];
        fragment_b b[SUMS_N / 2];
#pragma unroll
        for (int i = 0; i < EACH_M / 2; ++i)
            a[i] = read_a(t.a + k * (TILE_M + PADDING) + FRAGMENT_ROW(i), TILE_M + PADDING, LANE);
#pragma unroll
        for (int j = 0; j < SUMS_N / 2; ++j) {
            const int column = j / (EACH_N / 2) * TILE_N + FRAGMENT_COLUMN(j % (EACH_N / 2));
            b[j] = read_b(t.b + k * (COLUMNS + PADDING) + column, COLUMNS + PADDING, LANE);
        }
#pragma unroll
        for (int i = 0; i < EACH_M / 2; ++i) {
#pragma unroll
            for (int j = 0; j < SUMS_N / 2; ++j) mma(sum[2 * i] + 2 * j, sum[2 * i + 1] + 2 * j, a[i], b[j], LANE);
        }
    }
}

#else

INLINE void multiply(float sum[EACH_M][SUMS_N], const tiles t, const int slot) {
#pragma unroll 4
    for (int k = 0; k < DEPTH; ++k) {
        float left[EACH_M], right[SUMS_N];
#pragma unroll
        for (int i = 0; i < EACH_M; i += WIDTH_M)
            JOIN(take, WIDTH_M)(left + i, t.a + (slot * DEPTH + k) * (TILE_M + PADDING) + ROW(i));
#pragma unroll
        for (int j = 0; j < SUMS_N; j += WIDTH_N) {
            const int column = j / EACH_N * TILE_N + COLUMN(j % EACH_N);
            JOIN(take, WIDTH_N)(right + j, t.b + (slot * DEPTH + k) * (COLUMNS + PADDING) + column);
        }
#pragma unroll
        for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
            for (int j = 0; j < SUMS_N; ++j) sum[i][j] = fma(left[i], right[j], sum[i][j]);
        }
    }
}

#endif

// sum += A·B, once t.row and t.column are filled. Steps beyond the last multiply −0 by 0, which no sum can tell.
INLINE void add_product(float sum[EACH_M][SUMS_N], const tiles t, const inner_dimension inner, global const float *a,
                        const bool a_along_inner, global const float *b, const bool b_along_inner) {
    const int rounds = (inner.total + DEPTH - 1) / DEPTH;
    float held_a[HELD(TILE_M)], held_b[HELD(COLUMNS)];
    place_inner(t, inner, 0);
    place_inner(t, inner, 1);
    for (int round = -1; round < rounds; ++round) {
        const int now = round & 1, next = now ^ 1;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (round + 1 < rounds) {
            fetch(held_a, a, TILE_M, a_along_inner, t.row, t.a_inner + next * DEPTH, -0.0f);
            fetch(held_b, b, COLUMNS, b_along_inner, t.column, t.b_inner + next * DEPTH, 0.0f);
        }
        if (round >= 0) {
            place_inner(t, inner, round + 2);
            multiply(sum, t, now);
        }
        if (round + 1 < rounds) {
            store(held_a, t.a + next * DEPTH * (TILE_M + PADDING), TILE_M, a_along_inner);
            store(held_b, t.b + next * DEPTH * (COLUMNS + PADDING), COLUMNS, b_along_inner);
        }
    }
}
