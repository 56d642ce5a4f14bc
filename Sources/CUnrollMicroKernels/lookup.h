// Rows of a table by index, and the gradient's way back: rows that share an index are added in order by one worker.

INLINE void add_row(const float *x, float *y, const ptrdiff_t columns) {
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        const ptrdiff_t n = columns - j;
        store_part(y + j, load_part(y + j, n) + load_part(x + j, n), n);
    }
}

static void gather(const void *arguments, const UnrollWorker worker) {
    const UnrollLookup *l = arguments;
    ptrdiff_t first, last;
    part_of(l->count, worker, &first, &last);
    const size_t bytes = (size_t)l->columns * sizeof(float);
    for (ptrdiff_t i = first; i < last; ++i) {
        float *y = l->result + i * l->result_row;
        const float *x = l->source + l->indices[i] * l->source_row;
        if (l->indices[i] < 0) {
            if (!l->accumulate) memset(y, 0, bytes);
        } else if (l->accumulate) {
            add_row(x, y, l->columns);
        } else {
            memcpy(y, x, bytes);
        }
    }
}

static void scatter_add(const void *arguments, const UnrollWorker worker) {
    const UnrollLookup *l = arguments;
    ptrdiff_t first, last;
    part_of(l->segment_count, worker, &first, &last);
    for (ptrdiff_t segment = first; segment < last; ++segment) {
        float *to = l->result + l->indices[l->order[l->segments[segment]]] * l->columns;
        for (ptrdiff_t at = l->segments[segment]; at < l->segments[segment + 1]; ++at) {
            const float *from = l->source + l->order[at] * l->columns;
            add_row(from, to, l->columns);
        }
    }
}
