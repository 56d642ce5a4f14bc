// C ← A·B (+ C) (+ bias) in explicit vectors and register tiles, for devices whose work items are a processor's threads
// and whose compilers do not vectorise a loop over k. B is packed first into panels of COLUMNS columns:
//
//     panel p:  [k][ COLUMNS ]        so that the inner loop reads it straight through
//
// and A, where its rows are not contiguous, into panels of ROWS rows [k][ROWS]. Then each work item holds a tile of
// ROWS × COLUMNS sums in registers: one broadcast of A and VECTORS multiply-adds for each of its rows and each k.
// Every element of C is one sum in the order of k.
//
// Rows of A and C come in `outer` runs of `rows` (a batch dimension folded into rows), the inner dimension in runs of
// `inner` (a batch dimension summed over). Element (b, i, j) of a view lies at offset + b·batch + i·row + j·column.

#define ROWS 6                      // of the tile (with 4 vectors: 24 of 32 registers hold sums)
#define VECTORS 4                   // of the tile
#define COLUMNS (VECTORS * VECTOR)  // 64

// VECTOR vectors, the columns of which become vectors. Each round interleaves the first half with the second.
INLINE void transpose(real x[VECTOR]) {
#pragma unroll
    for (int round = 1; round < VECTOR; round *= 2) {
        real y[VECTOR];
#pragma unroll
        for (int i = 0; i < VECTOR / 2; ++i) {
            const real first = x[i], second = x[i + VECTOR / 2];
            y[2 * i].even = first.lo, y[2 * i].odd = second.lo;
            y[2 * i + 1].even = first.hi, y[2 * i + 1].odd = second.hi;
        }
#pragma unroll
        for (int i = 0; i < VECTOR; ++i) x[i] = y[i];
    }
}

// A work item copies VECTOR of the inner dimension.
kernel void pack_b(const int total, const int inner, const int columns, global const float *restrict b,
                   const int offset, const int batch, const int row, const int column, global float *restrict packed) {
    const int panel = get_global_id(0), start = (int)get_global_id(1) * VECTOR, first = panel * COLUMNS;
    global float *to = packed + (panel * total + start) * COLUMNS;
    if (row == 1 && start % inner + VECTOR <= inner && first + COLUMNS <= columns) {
        global const float *from = b + offset + start / inner * batch + start % inner + first * column;
        for (int v = 0; v < VECTORS; ++v) {
            real x[VECTOR];
#pragma unroll
            for (int j = 0; j < VECTOR; ++j) x[j] = vload_(0, from + (v * VECTOR + j) * column);
            transpose(x);
#pragma unroll
            for (int k = 0; k < VECTOR; ++k) vstore_(x[k], v, to + k * COLUMNS);
        }
        return;
    }
    for (int k = start; k < min(start + VECTOR, total); ++k, to += COLUMNS) {
        global const float *from = b + offset + k / inner * batch + k % inner * row;
        if (column == 1 && first + COLUMNS <= columns) {
            for (int v = 0; v < VECTORS; ++v) vstore_(vload_(v, from + first), v, to);
        } else {
            for (int j = 0; j < COLUMNS; ++j) to[j] = first + j < columns ? from[(first + j) * column] : 0.0f;
        }
    }
}

// A work item copies SPAN of the inner dimension, so that it divides once and not for every number.
#define SPAN 64

kernel void pack_a(const int total, const int inner, const int all_rows, const int rows, global const float *restrict a,
                   const int offset, const int batch, const int row, const int column, global float *restrict packed) {
    const int panel = get_global_id(0), start = (int)get_global_id(1) * SPAN;
    int from[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int at = min(panel * ROWS + i, all_rows - 1);
        from[i] = offset + at / rows * batch + at % rows * row;
    }
    // As in a transposed A, but where it ends or a run does.
    const bool adjacent = row == 1 && panel * ROWS + ROWS <= all_rows && from[ROWS - 1] - from[0] == ROWS - 1;
    int run = start / inner, within = start % inner;
    global float *to = packed + (panel * total + start) * ROWS;
    for (int k = start; k < min(start + SPAN, total); ++k, to += ROWS) {
        global const float *source = a + run * batch + within * column;
        if (adjacent) {
            vstore4(vload4(0, source + from[0]), 0, to);
            vstore2(vload2(0, source + from[0] + 4), 0, to + 4);
        } else {
#pragma unroll
            for (int i = 0; i < ROWS; ++i) to[i] = source[from[i]];
        }
        if (++within == inner) within = 0, ++run;
    }
}

kernel void matmul(const int total, const int all_rows, const int rows, const int columns, const int accumulate,
                   const int has_bias, const int packs_a, global const float *restrict a, const int a_offset,
                   const int a_batch, const int a_row, global const float *restrict packed,
                   global const float *restrict bias, const int bias_offset, global float *restrict c,
                   const int c_offset, const int c_batch, const int c_row) {
    const int panel = get_global_id(0), tile = get_global_id(1);
    const int first = tile * ROWS, column = panel * COLUMNS;
    if (first >= all_rows) return;

    global const float *from[ROWS];
    global float *to[ROWS];
    real sum[ROWS][VECTORS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int at = min(first + i, all_rows - 1);
        from[i] = packs_a ? a + (tile * total) * ROWS + i : a + a_offset + at / rows * a_batch + at % rows * a_row;
        to[i] = c + c_offset + at / rows * c_batch + at % rows * c_row + column;
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
            const int left = columns - column - v * VECTOR;
            sum[i][v] = real_of(0.0f);
            if (left > 0 && accumulate) sum[i][v] = load_part(to[i] + v * VECTOR, left);
            if (left > 0 && has_bias) sum[i][v] += load_part(bias + bias_offset + column + v * VECTOR, left);
        }
    }
    global const float *b = packed + panel * total * COLUMNS;
    const int stride = packs_a ? ROWS : 1;
    for (int k = 0; k < total; ++k, b += COLUMNS) {
        const real b0 = vload_(0, b), b1 = vload_(1, b), b2 = vload_(2, b), b3 = vload_(3, b);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
            const real x = real_of(from[i][k * stride]);
            sum[i][0] = fma(x, b0, sum[i][0]);
            sum[i][1] = fma(x, b1, sum[i][1]);
            sum[i][2] = fma(x, b2, sum[i][2]);
            sum[i][3] = fma(x, b3, sum[i][3]);
        }
    }
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
            const int left = columns - column - v * VECTOR;
            if (first + i < all_rows && left > 0) store_part(sum[i][v], to[i] + v * VECTOR, left);
        }
    }
}
