// The one matmul micro-kernel: a tile of up to TILE_ROWS rows by TILE_VECTORS vectors, held in registers while it
// walks the inner dimension.
//
//                         panel: for each k, TILE_COLUMNS neighbouring columns of B
//                       ┌──────────────────────────────────┐
//                     k │ b₀        b₁        b₂        b₃ │   TILE_VECTORS loads
//                       └──────────────────────────────────┘
//     a[0][k·stride] ─▶ ┌──────────────────────────────────┐
//     a[1][k·stride] ─▶ │ TILE_ROWS × TILE_VECTORS         │   one broadcast a row,
//          ⋮            │ accumulators                     │   TILE_VECTORS multiply-adds each
//                       └──────────────────────────────────┘
//
// A needs no packing when its rows or its columns are contiguous: the rows' pointers and one stride say where it is.
// The tile's shape suits the registers: 6 × 4 of AVX-512's and NEON's 32, 6 × 2 of 16 elsewhere.

#define TILE_COLUMNS (TILE_VECTORS * VECTOR)

// t[row] ← start[row] + Σₖ a[row][k·stride]·panel[k]: rows of TILE_COLUMNS floats, anywhere; `start` may be `t`.
INLINE void tile_rows(const int rows, const ptrdiff_t inner, const float *const *a, const ptrdiff_t stride,
                      const float *panel, const float *const *start, float *const *t) {
    real sum[TILE_ROWS][TILE_VECTORS];
    const float *row[TILE_ROWS];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; ++i) {
        row[i] = a[i];
        _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; ++v) {
            sum[i][v] = load(start[i] + v * VECTOR);
        }
    }
    for (ptrdiff_t k = 0, at = 0; k < inner; ++k, at += stride) {
        real b[TILE_VECTORS];
        _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; ++v) b[v] = load(panel + v * VECTOR);
        panel += TILE_COLUMNS;
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; ++i) {
            const real x = real_of(row[i][at]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; ++v) sum[i][v] += x * b[v];
        }
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; ++i) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; ++v) {
            store(t[i] + v * VECTOR, sum[i][v]);
        }
    }
}

static __attribute__((noinline)) void tile(const int rows, const ptrdiff_t inner, const float *const *a,
                                           const ptrdiff_t stride, const float *panel, const float *const *start,
                                           float *const *t) {
    switch (rows) {
        case 1:
            return tile_rows(1, inner, a, stride, panel, start, t);
        case 2:
            return tile_rows(2, inner, a, stride, panel, start, t);
        case 3:
            return tile_rows(3, inner, a, stride, panel, start, t);
        case 4:
            return tile_rows(4, inner, a, stride, panel, start, t);
        case 5:
            return tile_rows(5, inner, a, stride, panel, start, t);
        default:
            return tile_rows(TILE_ROWS, inner, a, stride, panel, start, t);
    }
}

// The speed everything is measured against: as many independent multiply-adds as registers hide the latency of.
static void fused_multiply_adds(const void *arguments, const UnrollWorker worker) {
    enum { CHAINS = 2 * TILE_VECTORS * 3 };
    const UnrollMap *task = arguments;  // count: how many rounds; result: somewhere for the sums to go
    real sum[CHAINS], x = real_of(task->alpha), y = real_of(task->beta);
    for (int i = 0; i < CHAINS; ++i) sum[i] = real_of((float)i);
    for (ptrdiff_t round = 0; round < task->count; ++round) {
        _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; ++i) sum[i] = sum[i] * x + y;
    }
    real total = {0};
    for (int i = 0; i < CHAINS; ++i) total += sum[i];
    task->result[worker.index] = sum_of_lanes(total) + CHAINS * VECTOR;
}
