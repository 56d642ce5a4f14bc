// C ← A·B (+ C) (+ bias), any strides. INNER_BLOCK steps of the inner dimension at a time, B is packed into panels of at
// most TILE_COLUMNS columns (and A into panels of TILE_ROWS rows where its rows cannot be read as they lie), all workers
// packing; then tiles of C are shared out. Every element of C is one sum in the order of k.

typedef struct {
    const UnrollMatmul *m;
    ptrdiff_t first, count;  // this block of the inner dimension
    float *packed_b;         // its panels
    bool packs_a;
} MatmulBlock;

// The length of blocks no longer than `most`, as few as will do.
INLINE ptrdiff_t inner_block(const ptrdiff_t inner, const ptrdiff_t most) {
    const ptrdiff_t blocks = (inner + most - 1) / most;
    return blocks <= 1 ? most : (inner + blocks - 1) / blocks;
}

INLINE ptrdiff_t panels_of(const ptrdiff_t columns) { return spans_of(vectors_in(columns), TILE_VECTORS); }
INLINE Span panel_of(const ptrdiff_t columns, const ptrdiff_t index) {
    return span_of(vectors_in(columns), TILE_VECTORS, index);
}

INLINE MatmulBlock block_of(const UnrollMatmul *m, const ptrdiff_t k, const ptrdiff_t length, float *packed_b) {
    const ptrdiff_t left = m->inner_outer * m->inner - k;
    return (MatmulBlock){m, k, left < length ? left : length, packed_b, m->packed_a != NULL};
}

// Row i of A or C, and element k of the inner dimension, each in two levels (see UnrollMatmul).
INLINE ptrdiff_t row_offset(const UnrollMatmul *m, const UnrollView *view, const ptrdiff_t i) {
    return m->outer == 1 ? i * view->row : i / m->rows * view->batch + i % m->rows * view->row;
}

static const float zeros[TILE_COLUMNS];

// B[first + k, column…] of one panel; columns past the end become 0.
static void pack_b_panel(const MatmulBlock *block, const ptrdiff_t index) {
    const UnrollMatmul *m = block->m;
    const Span panel = panel_of(m->columns, index);
    const ptrdiff_t width = panel.vectors * VECTOR, left = m->columns - panel.start;
    const ptrdiff_t columns = left < width ? left : width;
    float *to = block->packed_b + panel.start * block->count;
    if (block->count == 0) return;
    ptrdiff_t run = block->first / m->inner, k = block->first % m->inner;
    for (ptrdiff_t done = 0; done < block->count;) {
        const float *from = m->b.data + run * m->b.batch + k * m->b.row + panel.start * m->b.column;
        const ptrdiff_t rest = block->count - done;
        const ptrdiff_t count = m->inner - k < rest ? m->inner - k : rest;
        if (m->b.row == 1 && m->b.column != 1) {  // B is a transposed matrix
            for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
                const ptrdiff_t lanes = columns - j < VECTOR ? columns - j : VECTOR;
                pack_transposed(from + j * m->b.column, m->b.column, lanes, count, to + j, width);
            }
        } else if (m->b.column == 1 && columns == TILE_COLUMNS) {
            for (ptrdiff_t i = 0; i < count; ++i) {
                UNROLLED(int v = 0; v < TILE_VECTORS; ++v) {
                    store(to + i * TILE_COLUMNS + v * VECTOR, load(from + i * m->b.row + v * VECTOR));
                }
            }
        } else {
            for (ptrdiff_t i = 0; i < count; ++i) {
                for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
                    const float *lanes = from + i * m->b.row + j * m->b.column;
                    store(to + i * width + j, load_strided(lanes, m->b.column, columns - j));
                }
            }
        }
        to += count * width, done += count;
        k = 0, ++run;
    }
}

// Floats of a panel of A. Not a power of two: panels are written side by side, and would share the sets of a cache.
INLINE ptrdiff_t panel_of_a(const ptrdiff_t count) { return TILE_ROWS * count + A_PANEL_GAP; }

// A[row…, first + k] of whole panels of TILE_ROWS rows, each as [k][TILE_ROWS], where neighbouring rows are neighbours in
// memory (A is a transposed matrix): SIDE panels side by side, so that each k is read a few cache lines at a time.
static void pack_a_panels(const MatmulBlock *block, ptrdiff_t panel, const ptrdiff_t last) {
    enum { SIDE = 16 };
    const UnrollMatmul *m = block->m;
    for (; panel < last; panel += SIDE) {
        const ptrdiff_t side = last - panel < SIDE ? last - panel : SIDE;
        ptrdiff_t run = block->first / m->inner, k = block->first % m->inner;
        float *to = m->packed_a + panel * panel_of_a(block->count);
        for (ptrdiff_t done = 0; done < block->count; ++done, to += TILE_ROWS) {
            const float *from = m->a.data + run * m->a.batch + k * m->a.column + panel * TILE_ROWS;
            for (ptrdiff_t i = 0; i < side; ++i) {
                memcpy(to + i * panel_of_a(block->count), from + i * TILE_ROWS, TILE_ROWS * sizeof(float));
            }
            if (++k == m->inner) k = 0, ++run;
        }
    }
}

// The same of one panel, wherever its rows lie; rows past the end become 0.
static void pack_a_panel(const MatmulBlock *block, const ptrdiff_t panel) {
    const UnrollMatmul *m = block->m;
    const ptrdiff_t row = panel * TILE_ROWS, all = m->outer * m->rows;
    const ptrdiff_t rows = all - row < TILE_ROWS ? all - row : TILE_ROWS;
    float *to = m->packed_a + panel * panel_of_a(block->count);
    ptrdiff_t offset[TILE_ROWS];
    for (ptrdiff_t i = 0; i < TILE_ROWS; ++i) offset[i] = row_offset(m, &m->a, i < rows ? row + i : row);
    if (block->count == 0) return;
    ptrdiff_t run = block->first / m->inner, k = block->first % m->inner;
    for (ptrdiff_t done = 0; done < block->count; ++done, to += TILE_ROWS) {
        const float *from = m->a.data + run * m->a.batch + k * m->a.column;
        for (ptrdiff_t i = 0; i < TILE_ROWS; ++i) to[i] = from[offset[i]];
        if (++k == m->inner) k = 0, ++run;
    }
}

static void compute_tile(const MatmulBlock *block, const ptrdiff_t index, const ptrdiff_t row_tile) {
    const UnrollMatmul *m = block->m;
    const Span panel = panel_of(m->columns, index);
    const ptrdiff_t row = row_tile * TILE_ROWS, all = m->outer * m->rows;
    const int rows = all - row < TILE_ROWS ? (int)(all - row) : TILE_ROWS;
    const ptrdiff_t width = panel.vectors * VECTOR, left = m->columns - panel.start;
    // What the sums begin with: C, the bias, or nothing; in the end's partial vector, or for both, by way of `t`.
    const float *bias = m->bias && block->first == 0 ? m->bias + panel.start : NULL;
    const bool adds = m->accumulate || block->first > 0, is_whole = left >= width && !(adds && bias);
    const float *a[TILE_ROWS], *start[TILE_ROWS];
    float *c[TILE_ROWS], *result[TILE_ROWS];
    float t[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
    for (int i = 0; i < rows; ++i) {
        c[i] = m->c.data + row_offset(m, &m->c, row + i) + panel.start;
        a[i] = block->packs_a ? m->packed_a + row_tile * panel_of_a(block->count) + i
                              : m->a.data + row_offset(m, &m->a, row + i) + block->first * m->a.column;
        start[i] = adds ? c[i] : bias ? bias : zeros;
        result[i] = is_whole ? c[i] : t + i * TILE_COLUMNS;
        if (is_whole) continue;
        for (ptrdiff_t j = 0; j < width; j += VECTOR) {
            const real sum = adds ? load_part(c[i] + j, left - j) : real_of(0);
            store(result[i] + j, bias ? sum + load_part(bias + j, left - j) : sum);
        }
        start[i] = result[i];
    }
    const float *b = block->packed_b + panel.start * block->count;
    tile(panel.vectors, rows, block->count, a, block->packs_a ? TILE_ROWS : m->a.column, b, start, result);
    if (is_whole) return;
    for (int i = 0; i < rows; ++i) {
        for (ptrdiff_t j = 0; j < width; j += VECTOR) store_part(c[i] + j, load(result[i] + j), left - j);
    }
}

// Where a block that begins at k lies in a B that is packed as a whole: block after block, panel after panel.
INLINE float *packed_block(const UnrollMatmul *m, const ptrdiff_t k) {
    return m->packed_b + k * vectors_in(m->columns) * VECTOR;
}

static void pack(const void *arguments, const UnrollWorker worker) {
    const UnrollMatmul *m = arguments;
    ptrdiff_t first, last;
    part_of(panels_of(m->columns), worker, &first, &last);
    const ptrdiff_t length = inner_block(m->inner, INNER_BLOCK);
    for (ptrdiff_t k = 0; k < m->inner; k += length) {
        const MatmulBlock block = block_of(m, k, length, packed_block(m, k));
        for (ptrdiff_t panel = first; panel < last; ++panel) pack_b_panel(&block, panel);
    }
}

static void matmul(const void *arguments, const UnrollWorker worker) {
    const UnrollMatmul *m = arguments;
    const ptrdiff_t panels = panels_of(m->columns);
    const ptrdiff_t row_tiles = (m->outer * m->rows + TILE_ROWS - 1) / TILE_ROWS;
    const ptrdiff_t inner = m->inner_outer * m->inner, length = inner_block(inner, INNER_BLOCK);
    const ptrdiff_t whole = m->outer == 1 && m->a.row == 1 ? m->rows / TILE_ROWS : 0;
    ptrdiff_t first, last;
    for (ptrdiff_t k = 0; k < inner || k == 0; k += length) {
        const MatmulBlock block = block_of(m, k, length, m->b_is_packed ? packed_block(m, k) : m->packed_b);
        const bool packs = block.packs_a || !m->b_is_packed;
        if (k > 0 && packs) unroll_pool_barrier(worker);
        if (!m->b_is_packed) {
            part_of(panels, worker, &first, &last);
            for (ptrdiff_t panel = first; panel < last; ++panel) pack_b_panel(&block, panel);
        }
        if (block.packs_a) {
            part_of(row_tiles, worker, &first, &last);
            const ptrdiff_t middle = whole < first ? first : whole < last ? whole : last;
            pack_a_panels(&block, first, middle);
            for (ptrdiff_t row_tile = middle; row_tile < last; ++row_tile) pack_a_panel(&block, row_tile);
        }
        if (packs) unroll_pool_barrier(worker);
        part_of(panels * row_tiles, worker, &first, &last);
        for (ptrdiff_t item = first; item < last; ++item) compute_tile(&block, item / row_tiles, item % row_tiles);
    }
}
