// Rows of a table by index, and the gradient's way back: rows that share an index are added in order by one worker.

static void gather(const void *arguments, const UnrollWorker worker) {
    const UnrollLookup *l = arguments;
    ptrdiff_t first, last;
    part_of(l->count, worker, &first, &last);
    for (ptrdiff_t i = first; i < last; ++i) {
        float *y = l->result + i * l->columns;
        const size_t bytes = (size_t)l->columns * sizeof(float);
        if (l->indices[i] < 0) {
            memset(y, 0, bytes);
        } else {
            memcpy(y, l->source + l->indices[i] * l->columns, bytes);
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
            for (ptrdiff_t j = 0; j < l->columns; j += VECTOR) {
                const ptrdiff_t n = l->columns - j;
                store_part(to + j, load_part(to + j, n) + load_part(from + j, n), n);
            }
        }
    }
}
