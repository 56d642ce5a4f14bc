// Functions of one and two numbers over whole tensors, dropout, and the optimizers' updates: bound by memory, so one
// pass each, whole vectors shared out between workers.

// The vectors [first, last) of `count` numbers that are this worker's, in numbers.
INLINE void vectors_of(const ptrdiff_t count, const UnrollWorker worker, ptrdiff_t *first, ptrdiff_t *last) {
    part_of((count + VECTOR - 1) / VECTOR, worker, first, last);
    *first *= VECTOR;
    *last = *last * VECTOR < count ? *last * VECTOR : count;
}

static void map(const void *arguments, const UnrollWorker worker) {
    const UnrollMap *m = arguments;
    ptrdiff_t first, last;
    vectors_of(m->count, worker, &first, &last);
    for (ptrdiff_t i = first; i < last; i += VECTOR) {
        store_part(m->result + i, unary(m->function, load_part(m->x + i, last - i), m->alpha, m->beta), last - i);
    }
}

static void map_backward(const void *arguments, const UnrollWorker worker) {
    const UnrollMap *m = arguments;
    ptrdiff_t first, last;
    vectors_of(m->count, worker, &first, &last);
    for (ptrdiff_t i = first; i < last; i += VECTOR) {
        const ptrdiff_t n = last - i;
        const real slope = unary_slope(m->function, load_part(m->x + i, n), load_part(m->y + i, n), m->alpha);
        store_part(m->result + i, load_part(m->result + i, n) + load_part(m->dy + i, n) * slope, n);
    }
}

// Where row `line` (of all batches) of a view begins.
INLINE float *line_of(const UnrollView *view, const ptrdiff_t line, const ptrdiff_t rows) {
    return view->data + line / rows * view->batch + line % rows * view->row;
}

INLINE void zip_line(const UnrollZip *z, const ptrdiff_t line, const ptrdiff_t first, const ptrdiff_t last) {
    const float *a = line_of(&z->a, line, z->rows), *b = line_of(&z->b, line, z->rows);
    float *c = line_of(&z->c, line, z->rows);
    for (ptrdiff_t j = first; j < last; j += VECTOR) {
        const ptrdiff_t n = last - j;
        real y = load_strided(a + j * z->a.column, z->a.column, n);
        if (!z->copies) y = binary(z->function, y, load_strided(b + j * z->b.column, z->b.column, n));
        float *to = c + j * z->c.column;
        if (z->accumulate) y += load_strided(to, z->c.column, n);
        store_strided(to, z->c.column, y, n);
    }
}

static void zip(const void *arguments, const UnrollWorker worker) {
    const UnrollZip *z = arguments;
    const ptrdiff_t lines = z->batches * z->rows;
    ptrdiff_t first, last;
    if (lines == 1) {
        vectors_of(z->columns, worker, &first, &last);
        return zip_line(z, 0, first, last);
    }
    part_of(lines, worker, &first, &last);
    for (ptrdiff_t line = first; line < last; ++line) zip_line(z, line, 0, z->columns);
}

// Four numbers a counter: VECTOR counters give 4·VECTOR numbers in order of units.
static void dropout(const void *arguments, const UnrollWorker worker) {
    const UnrollDropout *d = arguments;
    ptrdiff_t first, last;
    part_of(d->batches * d->rows, worker, &first, &last);
    for (ptrdiff_t line = first; line < last; ++line) {
        const float *x = line_of(&d->x, line, d->rows);
        float *y = line_of(&d->y, line, d->rows);
        for (ptrdiff_t unit = 0; unit < d->columns; unit += 4 * VECTOR) {
            philox_word counter[4] = {philox_word_of(unit / 4) + lanes_, philox_word_of(line % d->rows),
                                      philox_word_of(line / d->rows), philox_word_of(0)};
            philox(counter, d->key0, d->key1);
            real mask[4];
            for (int word = 0; word < 4; ++word) {
                mask[word] = choose_(counter[word] < d->threshold, real_of(0), real_of(d->scale));
            }
            shuffle(mask, 4);
            shuffle(mask, 4);
            for (int v = 0; v < 4 && unit + v * VECTOR < d->columns; ++v) {
                const ptrdiff_t j = unit + v * VECTOR, n = d->columns - j;
                const real keep = mask[v];
                // A dropped number is 0 even where x is infinite.
                real value = choose_(keep == 0.0f, (real){0}, load_strided(x + j * d->x.column, d->x.column, n) * keep);
                if (d->accumulate) value += load_strided(y + j * d->y.column, d->y.column, n);
                store_strided(y + j * d->y.column, d->y.column, value, n);
            }
        }
    }
}

static void update(const void *arguments, const UnrollWorker worker) {
    const UnrollUpdate *u = arguments;
    const float scale = u->scale ? *u->scale : 1.0f;
    ptrdiff_t first, last;
    vectors_of(u->count, worker, &first, &last);
    for (ptrdiff_t i = first; i < last; i += VECTOR) {
        const ptrdiff_t n = last - i;
        const real g = limited(load_part(u->gradient + i, n) * scale, u->limit);
        real m[3] = {{0}, {0}, {0}};
        for (int k = 0; k < u->moments; ++k) m[k] = load_part(u->moment[k] + i, n);
        store_part(u->parameter + i, updated(u->rule, load_part(u->parameter + i, n), g, m, u->numbers), n);
        for (int k = 0; k < u->moments; ++k) store_part(u->moment[k] + i, m[k], n);
    }
}
