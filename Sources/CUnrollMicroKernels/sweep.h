// What the time loops of all cells share: how a step's work is cut into items, and the matmul of an item.
//
// A small weight is read whole by every worker, from its own second-level cache: each has rows of its own for all steps, and
// nobody waits. A large one is shared out, panel by panel, and workers meet after every step.
//
// An item is a panel (or a group of them, with whole units) by some rows of the batch; a share is a contiguous part of
// them, panel by panel. A panel longer than SWEEP_BLOCK is walked in blocks, each by all rows of the item before the next,
// so that it is read from second-level cache however long it is; a short one stays in first-level cache, and so do the
// finished tiles of a few rows.

enum {
    ROWS_OF_LONG = 16 * TILE_ROWS,
    ROWS_OF_SHORT = 3 * TILE_ROWS,
    SWEEP_BLOCK = 512,
    SMALL_WEIGHT = 1 << 17,       // floats: 512 KB, half of a second-level cache
    SMALL_LONG_WEIGHT = 5 << 15,  // 640 KB, where panels are too long for the first level anyway
    LEAST_ROWS = 4,               // with fewer a worker has too few sums at once
};

typedef struct {
    ptrdiff_t panels, first_row, end_row;  // of all steps
    ptrdiff_t last_row, row_tiles, tiles_at_once;
    ptrdiff_t first, last;  // of this worker's tiles
    UnrollWorker others;    // to meet after every step
} SweepShare;

INLINE ptrdiff_t rows_of(const UnrollSweep *s, const ptrdiff_t step) { return s->starts[step + 1] - s->starts[step]; }

// Where a worker's rows begin, so that all have as many rows of the part's steps; for the one after the last, where they end.
static ptrdiff_t first_row_of(const UnrollSweep *s, const ptrdiff_t index, const ptrdiff_t count) {
    if (index == count) return s->batch;
    const ptrdiff_t before = (s->starts[s->last] - s->starts[s->first]) * index / count;
    ptrdiff_t row = 0, sum = 0, step = s->last;
    for (; row < s->batch; ++row) {
        while (step > s->first && rows_of(s, step - 1) <= row) --step;  // where the row ends
        if (sum + step - s->first > before) break;
        sum += step - s->first;
    }
    return row;
}

// Of a weight of `inner` by `columns` in so many panels or groups of them.
INLINE SweepShare share_of(const UnrollSweep *s, const ptrdiff_t panels, const ptrdiff_t inner, const ptrdiff_t columns,
                           const UnrollWorker worker) {
    const bool is_long = inner > SWEEP_BLOCK;
    const bool by_rows =
        inner * columns <= (is_long ? SMALL_LONG_WEIGHT : SMALL_WEIGHT) && s->batch >= LEAST_ROWS * worker.count;
    const UnrollWorker alone = {NULL, 0, 1};
    SweepShare share = {.panels = panels,
                        .end_row = s->batch,
                        .tiles_at_once = (is_long ? ROWS_OF_LONG : ROWS_OF_SHORT) / TILE_ROWS,
                        .others = worker};
    if (by_rows) {
        share.first_row = first_row_of(s, worker.index, worker.count);
        share.end_row = first_row_of(s, worker.index + 1, worker.count);
        share.others = alone;
    }
    return share;
}

// The tiles of a step of so many rows.
INLINE void begin_step(SweepShare *share, const ptrdiff_t rows) {
    share->last_row = rows < share->end_row ? rows : share->end_row;
    const ptrdiff_t own = share->last_row > share->first_row ? share->last_row - share->first_row : 0;
    share->row_tiles = (own + TILE_ROWS - 1) / TILE_ROWS;
    part_of(share->panels * share->row_tiles, share->others, &share->first, &share->last);
}

// Of a row in a step: the place of its state before the step, and of that after it (StepRows.place).
INLINE ptrdiff_t place_before(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t row) {
    return s->starts[step] + row;
}
INLINE ptrdiff_t place_after(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t row) {
    return s->starts[row < rows_of(s, step + 1) ? step + 1 : s->steps] + row;
}

INLINE float *output_of(const UnrollSweep *s, const ptrdiff_t step, const ptrdiff_t row) {
    return s->output + row * s->output_row + step * s->output_step + s->starts[step] * s->output_start;
}

// The item that begins with tile `*next`, which becomes the first tile after it; false when there is none left.
INLINE bool next_item(const SweepShare *share, ptrdiff_t *next, ptrdiff_t *panel, ptrdiff_t *first, ptrdiff_t *last) {
    if (*next >= share->last) return false;
    const ptrdiff_t tile = *next % share->row_tiles;
    ptrdiff_t tiles = share->row_tiles - tile < share->tiles_at_once ? share->row_tiles - tile : share->tiles_at_once;
    if (share->last - *next < tiles) tiles = share->last - *next;
    *panel = *next / share->row_tiles;
    *first = share->first_row + tile * TILE_ROWS;
    *last = *first + tiles * TILE_ROWS < share->last_row ? *first + tiles * TILE_ROWS : share->last_row;
    *next += tiles;
    return true;
}

// result ← start + A·panel for `rows` rows of A, each `inner` contiguous floats.
typedef struct {
    const float *a;
    ptrdiff_t a_row, rows, inner;
    int vectors;
    const float *panel, *start;  // start: the same for every row
    float *result;
    ptrdiff_t result_row;
} SweepTile;

static void sweep_tiles(const SweepTile *t) {
    const ptrdiff_t length = inner_block(t->inner, SWEEP_BLOCK);
    for (ptrdiff_t k = 0; k < t->inner || k == 0; k += length) {
        const ptrdiff_t count = t->inner - k < length ? t->inner - k : length;
        for (ptrdiff_t row = 0; row < t->rows; row += TILE_ROWS) {
            const int rows = t->rows - row < TILE_ROWS ? (int)(t->rows - row) : TILE_ROWS;
            const float *a[TILE_ROWS], *start[TILE_ROWS];
            float *result[TILE_ROWS];
            for (int i = 0; i < rows; ++i) {
                a[i] = t->a + (row + i) * t->a_row + k;
                result[i] = t->result + (row + i) * t->result_row;
                start[i] = k == 0 ? t->start : result[i];
            }
            tile(t->vectors, rows, count, a, 1, t->panel + k * t->vectors * VECTOR, start, result);
        }
    }
}
