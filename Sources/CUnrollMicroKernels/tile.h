// The one matmul micro-kernel: a tile of up to TILE_ROWS rows by TILE_VECTORS vectors, held in registers while it
// walks the inner dimension.
//
//                         panel: for each k, `vectors` neighbouring vectors of B
//                       ┌──────────────────────────────────┐
//                     k │ b₀        b₁        b₂        b₃ │   `vectors` loads
//                       └──────────────────────────────────┘
//     a[0][k·stride] ─▶ ┌──────────────────────────────────┐
//     a[1][k·stride] ─▶ │ rows × vectors                   │   one broadcast a row,
//          ⋮            │ accumulators                     │   `vectors` multiply-adds each
//                       └──────────────────────────────────┘
//
// A needs no packing when its rows or its columns are contiguous: the rows' pointers and one stride say where it is.
// The tile's shape suits the registers: 6 × 4 of AVX-512's and NEON's 32, 6 × 2 of 16 elsewhere.

#define TILE_COLUMNS (TILE_VECTORS * VECTOR)

INLINE ptrdiff_t vectors_in(const ptrdiff_t columns) { return (columns + VECTOR - 1) / VECTOR; }

// Vectors are cut into as few spans of at most `most` as hold them, as long as each other (a vector more or less): a
// short last one would leave the worker that has it waiting. A panel is a span of at most TILE_VECTORS vectors of
// columns; panels of k rows lie one after another, so that each begins at start·k.
typedef struct {
    ptrdiff_t start;  // in columns
    int vectors;
} Span;

INLINE ptrdiff_t spans_of(const ptrdiff_t vectors, const ptrdiff_t most) { return (vectors + most - 1) / most; }

INLINE Span span_of(const ptrdiff_t vectors, const ptrdiff_t most, const ptrdiff_t index) {
    const ptrdiff_t spans = spans_of(vectors, most);
    const ptrdiff_t first = index * vectors / spans, next = (index + 1) * vectors / spans;
    return (Span){first * VECTOR, (int)(next - first)};
}

// t[row] ← start[row] + Σₖ a[row][k·stride]·panel[k]: rows of `vectors` vectors, anywhere; `start` may be `t`.
INLINE void tile_rows(const int rows, const int vectors, const ptrdiff_t inner, const float *const *a,
                      const ptrdiff_t stride, const float *panel, const float *const *start, float *const *t) {
    real sum[TILE_ROWS][TILE_VECTORS];
    const float *row[TILE_ROWS];
    UNROLLED(int i = 0; i < rows; ++i) {
        row[i] = a[i];
        UNROLLED(int v = 0; v < vectors; ++v) sum[i][v] = load(start[i] + v * VECTOR);
    }
    for (ptrdiff_t k = 0, at = 0; k < inner; ++k, at += stride) {
        real b[TILE_VECTORS];
        UNROLLED(int v = 0; v < vectors; ++v) b[v] = load(panel + v * VECTOR);
        panel += vectors * VECTOR;
        UNROLLED(int i = 0; i < rows; ++i) {
            const real x = real_of(row[i][at]);
            UNROLLED(int v = 0; v < vectors; ++v) sum[i][v] += x * b[v];
        }
    }
    UNROLLED(int i = 0; i < rows; ++i) { UNROLLED(int v = 0; v < vectors; ++v) store(t[i] + v * VECTOR, sum[i][v]); }
}

INLINE void tile_vectors(const int vectors, const int rows, const ptrdiff_t inner, const float *const *a,
                         const ptrdiff_t stride, const float *panel, const float *const *start, float *const *t) {
    switch (rows) {
        case 1:
            return tile_rows(1, vectors, inner, a, stride, panel, start, t);
        case 2:
            return tile_rows(2, vectors, inner, a, stride, panel, start, t);
        case 3:
            return tile_rows(3, vectors, inner, a, stride, panel, start, t);
        case 4:
            return tile_rows(4, vectors, inner, a, stride, panel, start, t);
        case 5:
            return tile_rows(5, vectors, inner, a, stride, panel, start, t);
        default:
            return tile_rows(TILE_ROWS, vectors, inner, a, stride, panel, start, t);
    }
}

static __attribute__((noinline)) void tile(const int vectors, const int rows, const ptrdiff_t inner,
                                           const float *const *a, const ptrdiff_t stride, const float *panel,
                                           const float *const *start, float *const *t) {
    switch (vectors) {
        case 1:
            return tile_vectors(1, rows, inner, a, stride, panel, start, t);
#if TILE_VECTORS > 2
        case 2:
            return tile_vectors(2, rows, inner, a, stride, panel, start, t);
        case 3:
            return tile_vectors(3, rows, inner, a, stride, panel, start, t);
#endif
        default:
            return tile_vectors(TILE_VECTORS, rows, inner, a, stride, panel, start, t);
    }
}

// The speed everything is measured against: as many independent multiply-adds as registers hide the latency of.
static void fused_multiply_adds(const void *arguments, const UnrollWorker worker) {
    enum { CHAINS = 2 * TILE_VECTORS * 3 };
    const UnrollMap *task = arguments;  // count: how many rounds; result: somewhere for the sums to go
    real sum[CHAINS], x = real_of(task->alpha), y = real_of(task->beta);
    for (int i = 0; i < CHAINS; ++i) sum[i] = real_of((float)i);
    for (ptrdiff_t round = 0; round < task->count; ++round) {
        UNROLLED(int i = 0; i < CHAINS; ++i) sum[i] = sum[i] * x + y;
    }
    real total = {0};
    for (int i = 0; i < CHAINS; ++i) total += sum[i];
    task->result[worker.index] = sum_of_lanes(total) + CHAINS * VECTOR;
}
