// Chains of tags: the forward algorithm with its gradient, and Viterbi's. Rows of the batch are shared out.
//
// Everything is in logarithms, and every step's numbers are kept relative to the largest of them, so that they stay small
// and precise over any number of steps. The loss is summed step by step as the difference it is, not as one large number
// less another.

INLINE float row_log_sum_exp(const float *x, const ptrdiff_t columns) {
    const float best = row_maximum(x, columns), shift = best == -INFINITY ? 0 : best;
    return shift + logf(row_exponentials(x, columns, shift, NULL));
}

// to[j] = log Σᵢ exp(from[i] + scores[i][j])
static void log_sums_through(const float *from, const float *scores, const ptrdiff_t tags, float *to) {
    for (ptrdiff_t j = 0; j < tags; j += VECTOR) {
        const ptrdiff_t n = tags - j;
        real best = real_of(-INFINITY), sum = real_of(0.0f);
        for (ptrdiff_t i = 0; i < tags; ++i) best = maximum(from[i] + load_part(scores + i * tags + j, n), best);
        best = choose_(best == -INFINITY, real_of(0.0f), best);
        for (ptrdiff_t i = 0; i < tags; ++i) {
            sum += exp_of_negative(from[i] + load_part(scores + i * tags + j, n) - best);
        }
        store_part(to + j, best + log_(sum), n);
    }
}

// y ← a + b
INLINE void add_rows(const float *a, const float *b, const ptrdiff_t columns, float *y) {
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        const ptrdiff_t n = columns - j;
        store_part(y + j, load_part(a + j, n) + load_part(b + j, n), n);
    }
}

// Takes the largest number off all of them; returns it.
INLINE float level(float *x, const ptrdiff_t columns) {
    const float best = row_maximum(x, columns), shift = best == -INFINITY ? 0 : best;
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        store_part(x + j, load_part(x + j, columns - j) - shift, columns - j);
    }
    return shift;
}

// A row of the batch: what there is of it, and the k-th of its steps.
typedef struct {
    const UnrollTagChains *chains;
    ptrdiff_t row, count;
    const int32_t *places;
} TagChain;

INLINE TagChain tag_chain(const UnrollTagChains *c, const ptrdiff_t row) {
    const int32_t *list = c->places + row * c->place_stride;
    return (TagChain){c, row, list[0], list + 1};
}
INLINE ptrdiff_t chain_step(const TagChain *c, const ptrdiff_t k) { return c->row * c->chains->steps + c->places[k]; }
INLINE const float *chain_emissions(const TagChain *c, const ptrdiff_t k) {
    return c->chains->emissions + chain_step(c, k) * c->chains->tags;
}

// alpha[k]: the logarithm of what all paths to each tag come to, less the largest of them, which comes before them.
INLINE float *crf_alpha(const UnrollCRF *r, const TagChain *c, const ptrdiff_t k) {
    return r->alpha + (c->row * r->kept + k % r->kept) * (1 + c->chains->tags);
}

static float crf_row_loss(const UnrollCRF *r, const TagChain *c) {
    const ptrdiff_t tags = c->chains->tags;
    const UnrollTagChains *s = c->chains;
    double loss = 0;
    int32_t previous = 0;
    for (ptrdiff_t k = 0; k < c->count; ++k) {
        float *alpha = crf_alpha(r, c, k) + 1;
        const float *x = chain_emissions(c, k), *arrived = s->start;
        const int32_t tag = r->targets[chain_step(c, k)];
        if (k > 0) {
            log_sums_through(crf_alpha(r, c, k - 1) + 1, s->transitions, tags, alpha);
            arrived = alpha;
        }
        add_rows(arrived, x, tags, alpha);
        alpha[-1] = level(alpha, tags);
        loss += (double)alpha[-1] - x[tag] - (k == 0 ? s->start[tag] : s->transitions[previous * tags + tag]);
        previous = tag;
    }
    if (c->count == 0) return 0;
    float *ends = r->scratch + c->row * 2 * tags;
    add_rows(crf_alpha(r, c, c->count - 1) + 1, s->end, tags, ends);
    return (float)(loss + row_log_sum_exp(ends, tags) - s->end[previous]);
}

// Marginals less what is so: of tags dx, of pairs of tags dtransitions.
static void crf_row_gradient(const UnrollCRF *r, const TagChain *c) {
    const UnrollTagChains *s = c->chains;
    const ptrdiff_t tags = s->tags, row = c->row;
    float *beta = r->scratch + row * 2 * tags, *onward = beta + tags,
          *dtransitions = r->dtransitions + row * tags * tags;
    memset(r->dx + row * s->steps * tags, 0, (size_t)(s->steps * tags) * sizeof(float));
    memset(dtransitions, 0, (size_t)(tags * tags) * sizeof(float));
    memset(r->dstart + row * tags, 0, (size_t)tags * sizeof(float));
    memset(r->dend + row * tags, 0, (size_t)tags * sizeof(float));
    memcpy(beta, s->end, (size_t)tags * sizeof(float));
    for (ptrdiff_t k = c->count - 1; k >= 0; --k) {
        const float *alpha = crf_alpha(r, c, k) + 1;
        const int32_t tag = r->targets[chain_step(c, k)];
        float *dx = r->dx + chain_step(c, k) * tags;
        add_rows(alpha, beta, tags, dx);
        const float total = row_log_sum_exp(dx, tags);
        for (ptrdiff_t j = 0; j < tags; j += VECTOR) {
            store_part(dx + j, exp_of_negative(load_part(dx + j, tags - j) - total), tags - j);
        }
        dx[tag] -= 1;
        if (k == c->count - 1) memcpy(r->dend + row * tags, dx, (size_t)tags * sizeof(float));
        if (k == 0) break;
        add_rows(chain_emissions(c, k), beta, tags, onward);
        const float *before = crf_alpha(r, c, k - 1) + 1, norm = alpha[-1] + total;
        for (ptrdiff_t i = 0; i < tags; ++i) {
            float *pairs = dtransitions + i * tags;
            for (ptrdiff_t j = 0; j < tags; j += VECTOR) {
                const ptrdiff_t n = tags - j;
                const real score = load_part(s->transitions + i * tags + j, n) + load_part(onward + j, n);
                store_part(pairs + j, load_part(pairs + j, n) + exp_of_negative(before[i] + score - norm), n);
            }
        }
        dtransitions[r->targets[chain_step(c, k - 1)] * tags + tag] -= 1;
        log_sums_through(onward, r->transposed, tags, beta);
        level(beta, tags);
    }
    if (c->count > 0) memcpy(r->dstart + row * tags, r->dx + chain_step(c, 0) * tags, (size_t)tags * sizeof(float));
}

static void crf(const void *arguments, const UnrollWorker worker) {
    const UnrollCRF *r = arguments;
    ptrdiff_t first, last;
    part_of(r->chains.batch, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const TagChain c = tag_chain(&r->chains, row);
        r->losses[row] = crf_row_loss(r, &c);
        if (r->dx) crf_row_gradient(r, &c);
    }
}

// to[j] = maxᵢ from[i] + transitions[i][j] + x[j], and the first i for which it is so.
static void best_through(const float *from, const float *transitions, const float *x, const ptrdiff_t tags, float *to,
                         int32_t *origin) {
    for (ptrdiff_t j = 0; j < tags; j += VECTOR) {
        const ptrdiff_t n = tags - j;
        real best = real_of(-INFINITY);
        integers at = {0};
        for (ptrdiff_t i = 0; i < tags; ++i) {
            const real score = from[i] + load_part(transitions + i * tags + j, n);
            const integers better = score > best;
            best = choose_(better, score, best);
            at = (better & (integers){0} + (int32_t)i) | (~better & at);
        }
        store_part(to + j, best + load_part(x + j, n), n);
        memcpy(origin + j, &at, (size_t)(n < VECTOR ? n : VECTOR) * sizeof(int32_t));
    }
}

INLINE int32_t first_largest(const float *x, const ptrdiff_t columns) {
    int32_t best = 0;
    for (int32_t j = 1; j < columns; ++j) best = x[j] > x[best] ? j : best;
    return best;
}

static void viterbi(const void *arguments, const UnrollWorker worker) {
    const UnrollViterbi *v = arguments;
    const UnrollTagChains *s = &v->chains;
    ptrdiff_t first, last;
    part_of(s->batch, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const TagChain c = tag_chain(s, row);
        float *best = v->scratch + row * 2 * s->tags, *next = best + s->tags;
        int32_t *origins = v->origins + row * s->steps * s->tags;
        for (ptrdiff_t t = 0; t < s->steps; ++t) v->path[row * s->steps + t] = -1;
        for (ptrdiff_t k = 0; k < c.count; ++k) {
            if (k == 0) {
                add_rows(s->start, chain_emissions(&c, 0), s->tags, next);
            } else {
                best_through(best, s->transitions, chain_emissions(&c, k), s->tags, next, origins + k * s->tags);
            }
            level(next, s->tags);
            float *swap = best;
            best = next, next = swap;
        }
        if (c.count == 0) continue;
        add_rows(best, s->end, s->tags, next);
        int32_t tag = first_largest(next, s->tags);
        for (ptrdiff_t k = c.count - 1; k >= 0; --k) {
            v->path[chain_step(&c, k)] = (float)tag;
            if (k > 0) tag = origins[k * s->tags + tag];
        }
    }
}
