// C ← A·B (+ C) (+ bias), any strides. INNER_BLOCK steps of the inner dimension at a time, B is packed into panels of
// TILE_COLUMNS columns (and A into panels of TILE_ROWS rows where neither its rows can be read as they lie), all
// workers packing; then tiles of C are shared out. Every element of C is one sum in the order of k.

typedef struct {
    const UnrollMatmul *m;
    ptrdiff_t first, count;  // this block of the inner dimension
    bool packs_a;
} MatmulBlock;

// Row i of A or C, and element k of the inner dimension, each in two levels (see UnrollMatmul).
INLINE ptrdiff_t row_offset(const UnrollMatmul *m, const UnrollView *view, const ptrdiff_t i) {
    return m->outer == 1 ? i * view->row : i / m->rows * view->batch + i % m->rows * view->row;
}

// B[first + k, column…] of one panel; columns past the end become 0.
static void pack_b_panel(const MatmulBlock *block, const ptrdiff_t panel) {
    const UnrollMatmul *m = block->m;
    const ptrdiff_t column = panel * TILE_COLUMNS;
    const ptrdiff_t columns = m->columns - column < TILE_COLUMNS ? m->columns - column : TILE_COLUMNS;
    float *to = m->packed_b + panel * TILE_COLUMNS * block->count;
    if (columns < TILE_COLUMNS) memset(to, 0, (size_t)(block->count * TILE_COLUMNS) * sizeof(float));
    if (block->count == 0) return;
    ptrdiff_t run = block->first / m->inner, k = block->first % m->inner;
    for (ptrdiff_t done = 0; done < block->count;) {
        const float *from = m->b.data + run * m->b.batch + k * m->b.row + column * m->b.column;
        const ptrdiff_t left = block->count - done;
        const ptrdiff_t count = m->inner - k < left ? m->inner - k : left;
        float *rows = to + done * TILE_COLUMNS;
        if (m->b.column == 1) {
            for (ptrdiff_t i = 0; i < count; ++i, rows += TILE_COLUMNS, from += m->b.row) {
                if (columns == TILE_COLUMNS) {
                    for (int v = 0; v < TILE_VECTORS; ++v) store(rows + v * VECTOR, load(from + v * VECTOR));
                } else {
                    memcpy(rows, from, (size_t)columns * sizeof(float));
                }
            }
        } else {  // B is a transposed matrix: read along k, which is contiguous, a few cache lines at a time
            enum { STRIP = 16 };
            for (ptrdiff_t strip = 0; strip < count; strip += STRIP) {
                const ptrdiff_t end = strip + STRIP < count ? strip + STRIP : count;
                for (ptrdiff_t j = 0; j < columns; ++j) {
                    const float *source = from + j * m->b.column;
                    for (ptrdiff_t i = strip; i < end; ++i) rows[i * TILE_COLUMNS + j] = source[i * m->b.row];
                }
            }
        }
        done += count;
        k = 0, ++run;
    }
}

// A[row…, first + k] of one panel of TILE_ROWS rows as [k][TILE_ROWS]; rows past the end become 0.
static void pack_a_panel(const MatmulBlock *block, const ptrdiff_t panel) {
    const UnrollMatmul *m = block->m;
    const ptrdiff_t row = panel * TILE_ROWS, all = m->outer * m->rows;
    const ptrdiff_t rows = all - row < TILE_ROWS ? all - row : TILE_ROWS;
    float *to = m->packed_a + panel * TILE_ROWS * block->count;
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

static void compute_tile(const MatmulBlock *block, const ptrdiff_t panel, const ptrdiff_t row_tile) {
    const UnrollMatmul *m = block->m;
    const ptrdiff_t row = row_tile * TILE_ROWS, column = panel * TILE_COLUMNS, all = m->outer * m->rows;
    const int rows = all - row < TILE_ROWS ? (int)(all - row) : TILE_ROWS;
    const ptrdiff_t columns = m->columns - column < TILE_COLUMNS ? m->columns - column : TILE_COLUMNS;
    const bool begins = block->first == 0;
    const float *a[TILE_ROWS];
    float *c[TILE_ROWS];
    float t[TILE_ROWS * TILE_COLUMNS];
    for (int i = 0; i < rows; ++i) {
        c[i] = m->c.data + row_offset(m, &m->c, row + i) + column;
        a[i] = block->packs_a ? m->packed_a + row_tile * TILE_ROWS * block->count + i
                              : m->a.data + row_offset(m, &m->a, row + i) + block->first * m->a.column;
        float *start = t + i * TILE_COLUMNS;
        if (columns < TILE_COLUMNS) memset(start, 0, TILE_COLUMNS * sizeof(float));
        if (m->accumulate || !begins) {
            memcpy(start, c[i], (size_t)columns * sizeof(float));
        } else {
            memset(start, 0, TILE_COLUMNS * sizeof(float));
        }
        if (m->bias && begins) {
            for (ptrdiff_t j = 0; j < columns; ++j) start[j] += m->bias[column + j];
        }
    }
    const float *panel_of_b = m->packed_b + panel * TILE_COLUMNS * block->count;
    tile(rows, block->count, a, block->packs_a ? TILE_ROWS : m->a.column, panel_of_b, t, TILE_COLUMNS);
    for (int i = 0; i < rows; ++i) memcpy(c[i], t + i * TILE_COLUMNS, (size_t)columns * sizeof(float));
}

static void matmul(const void *arguments, const UnrollWorker worker) {
    const UnrollMatmul *m = arguments;
    const ptrdiff_t panels = (m->columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const ptrdiff_t row_tiles = (m->outer * m->rows + TILE_ROWS - 1) / TILE_ROWS;
    const ptrdiff_t inner = m->inner_outer * m->inner;
    ptrdiff_t first, last;
    for (ptrdiff_t k = 0; k < inner || k == 0; k += INNER_BLOCK) {
        const ptrdiff_t count = inner - k < INNER_BLOCK ? inner - k : INNER_BLOCK;
        const MatmulBlock block = {m, k, count, m->packed_a != NULL};
        if (k > 0) unroll_pool_barrier(worker);
        part_of(panels, worker, &first, &last);
        for (ptrdiff_t panel = first; panel < last; ++panel) pack_b_panel(&block, panel);
        if (block.packs_a) {
            part_of(row_tiles, worker, &first, &last);
            for (ptrdiff_t row_tile = first; row_tile < last; ++row_tile) pack_a_panel(&block, row_tile);
        }
        unroll_pool_barrier(worker);
        part_of(panels * row_tiles, worker, &first, &last);
        for (ptrdiff_t item = first; item < last; ++item) compute_tile(&block, item / row_tiles, item % row_tiles);
    }
}
