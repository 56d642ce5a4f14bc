// Layer normalisation, a row at a time; rows are shared out between workers.

// The first `count` lanes; zeros in the others.
INLINE real lanes_of(real x, const ptrdiff_t count) {
    for (ptrdiff_t lane = count; lane < VECTOR; ++lane) x[lane] = 0;
    return x;
}

static void normalize(const void *arguments, const UnrollWorker worker) {
    const UnrollNormalize *s = arguments;
    const ptrdiff_t columns = s->columns;
    ptrdiff_t first, last;
    part_of(s->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *x = s->x + row * columns;
        float *y = s->result + row * columns;
        real sum = {0}, squares = {0};
        for (ptrdiff_t j = 0; j < columns; j += VECTOR) sum += load_part(x + j, columns - j);
        const float mean = sum_of_lanes(sum) / (float)columns;
        for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
            const real d = lanes_of(load_part(x + j, columns - j) - mean, columns - j);
            squares += d * d;
        }
        const float r = 1.0f / sqrtf(sum_of_lanes(squares) / (float)columns + s->epsilon);
        for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
            const ptrdiff_t n = columns - j;
            const real normal = (load_part(x + j, n) - mean) * r;
            store_part(y + j, load_part(s->scale + j, n) * normal + load_part(s->shift + j, n), n);
        }
        s->statistics[2 * row] = mean;
        s->statistics[2 * row + 1] = r;
    }
}

static void normalize_backward(const void *arguments, const UnrollWorker worker) {
    const UnrollNormalize *s = arguments;
    const ptrdiff_t columns = s->columns;
    ptrdiff_t first, last;
    part_of(s->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float mean = s->statistics[2 * row], r = s->statistics[2 * row + 1];
        const float *x = s->x + row * columns;
        float *dy = s->dy + row * columns, *dx = s->result ? s->result + row * columns : NULL;
        real sum = {0}, products = {0};
        for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
            const ptrdiff_t n = columns - j;
            const real g = load_part(dy + j, n) * load_part(s->scale + j, n);  // 0 past the end
            sum += g;
            products += g * ((load_part(x + j, n) - mean) * r);
        }
        const float mean_g = sum_of_lanes(sum) / (float)columns, mean_gx = sum_of_lanes(products) / (float)columns;
        for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
            const ptrdiff_t n = columns - j;
            const real d = load_part(dy + j, n), normal = (load_part(x + j, n) - mean) * r;
            const real g = d * load_part(s->scale + j, n);
            if (dx) store_part(dx + j, load_part(dx + j, n) + r * (g - mean_g - normal * mean_gx), n);
            store_part(dy + j, d * normal, n);
        }
    }
}
