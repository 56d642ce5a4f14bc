// Softmax and the fused cross-entropy, a row at a time; rows are shared out between workers.

INLINE float row_maximum(const float *x, const ptrdiff_t columns) {
    enum { CHAINS = 4 };  // one would wait for itself
    real best[CHAINS];
    for (int i = 0; i < CHAINS; ++i) best[i] = real_of(-INFINITY);
    ptrdiff_t j = 0;
    for (; j + CHAINS * VECTOR <= columns; j += CHAINS * VECTOR) {
        UNROLLED(int i = 0; i < CHAINS; ++i) best[i] = maximum(load(x + j + i * VECTOR), best[i]);
    }
    float result = maximum_of_lanes(maximum(maximum(best[0], best[1]), maximum(best[2], best[3])));
    for (; j < columns; ++j) result = x[j] > result ? x[j] : result;
    return result;
}

// Σ exp(x − shift), and the terms themselves where asked for.
INLINE float row_exponentials(const float *x, const ptrdiff_t columns, const float shift, float *terms) {
    real sum = {0};
    ptrdiff_t j = 0;
    for (; j + VECTOR <= columns; j += VECTOR) {
        const real term = exp_of_negative(load(x + j) - shift);
        if (terms) store(terms + j, term);
        sum += term;
    }
    float rest = 0;
    if (j < columns) {
        const real term = exp_of_negative(load_part(x + j, columns - j) - shift);
        if (terms) store_part(terms + j, term, columns - j);
        for (ptrdiff_t lane = 0; lane < columns - j; ++lane) rest += term[lane];
    }
    return sum_of_lanes(sum) + rest;
}

static void softmax(const void *arguments, const UnrollWorker worker) {
    const UnrollSoftmax *s = arguments;
    ptrdiff_t first, last;
    part_of(s->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *x = s->x + row * s->columns;
        float *y = s->result + row * s->columns;
        const float shift = row_maximum(x, s->columns);
        const float sum = row_exponentials(x, s->columns, shift, s->logarithmic ? NULL : y);
        const float shift_of_log = shift + logf(sum), factor = 1.0f / sum;
        for (ptrdiff_t j = 0; j < s->columns; j += VECTOR) {
            const ptrdiff_t n = s->columns - j;
            store_part(y + j, s->logarithmic ? load_part(x + j, n) - shift_of_log : load_part(y + j, n) * factor, n);
        }
    }
}

static void softmax_backward(const void *arguments, const UnrollWorker worker) {
    const UnrollSoftmax *s = arguments;
    ptrdiff_t first, last;
    part_of(s->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *y = s->x + row * s->columns, *dy = s->dy + row * s->columns;
        float *dx = s->result + row * s->columns;
        real sum = {0};
        for (ptrdiff_t j = 0; j < s->columns; j += VECTOR) {
            const real d = load_part(dy + j, s->columns - j);
            sum += s->logarithmic ? d : d * load_part(y + j, s->columns - j);
        }
        const float total = sum_of_lanes(sum);
        for (ptrdiff_t j = 0; j < s->columns; j += VECTOR) {
            const ptrdiff_t n = s->columns - j;
            const real d = load_part(dy + j, n), p = load_part(y + j, n);
            store_part(dx + j,
                       load_part(dx + j, n) + (s->logarithmic ? d - exp_of_negative(p) * total : p * (d - total)), n);
        }
    }
}

static void cross_entropy(const void *arguments, const UnrollWorker worker) {
    const UnrollCrossEntropy *c = arguments;
    ptrdiff_t first, last;
    part_of(c->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const float *x = c->x + row * c->columns;
        const float shift = row_maximum(x, c->columns);
        c->log_sum_exp[row] = shift + logf(row_exponentials(x, c->columns, shift, NULL));
    }
    unroll_pool_barrier(worker);
    if (worker.index > 0) return;
    double sum = 0;
    for (ptrdiff_t row = 0; row < c->rows; ++row) {
        if (c->targets[row] >= 0) sum += c->log_sum_exp[row] - c->x[row * c->columns + c->targets[row]];
    }
    *c->loss = (float)(sum * c->scale);
}

static void cross_entropy_backward(const void *arguments, const UnrollWorker worker) {
    const UnrollCrossEntropy *c = arguments;
    const float factor = *c->dloss * c->scale;
    ptrdiff_t first, last;
    part_of(c->rows, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        if (c->targets[row] < 0) continue;
        const float *x = c->x + row * c->columns;
        float *dx = c->dx + row * c->columns;
        for (ptrdiff_t j = 0; j < c->columns; j += VECTOR) {
            const ptrdiff_t n = c->columns - j;
            const real p = exp_of_negative(load_part(x + j, n) - c->log_sum_exp[row]);
            store_part(dx + j, load_part(dx + j, n) + factor * p, n);
        }
        dx[c->targets[row]] -= factor;
    }
}
