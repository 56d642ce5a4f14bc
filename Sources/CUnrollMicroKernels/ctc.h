// Connectionist temporal classification (Graves et al. 2006). Rows of the batch are shared out.
//
// The states of a string l₁ … l_L are blank l₁ blank l₂ … l_L blank: S = 2·L + 1 of them. A path may stay, go on by one, or
// go on by two to a label that differs from the label before. As in crf.h, all is in logarithms and kept relative to the
// largest number of a step.

enum { CTC_PAD = 2 };  // states that cannot be, before the first and after the last

// log (eᵃ + eᵇ + eᶜ)
INLINE real log_sum_of_three(const real a, const real b, const real c) {
    real best = maximum(maximum(a, b), c);
    best = choose_(best == -INFINITY, real_of(0.0f), best);
    return best + log_(exp_of_negative(a - best) + exp_of_negative(b - best) + exp_of_negative(c - best));
}

typedef struct {
    ptrdiff_t row, count, length, states;
    const int32_t *places, *labels;
    float *emissions, *skips, *beta;  // [S + pads], scratch
} Alignment;

INLINE Alignment ctc_alignment(const UnrollCTC *c, const ptrdiff_t row) {
    const int32_t *places = c->places + row * c->place_stride, *labels = c->labels + row * c->label_stride;
    float *scratch = c->scratch + row * 3 * c->state_stride;
    return (Alignment){.row = row,
                       .count = places[0],
                       .length = labels[0],
                       .states = 2 * labels[0] + 1,
                       .places = places + 1,
                       .labels = labels + 1,
                       .emissions = scratch,
                       .skips = scratch + c->state_stride,
                       .beta = scratch + 2 * c->state_stride};
}

INLINE int32_t ctc_class(const UnrollCTC *c, const Alignment *a, const ptrdiff_t state) {
    return state % 2 ? a->labels[state / 2] : c->blank;
}

INLINE const float *ctc_step(const UnrollCTC *c, const Alignment *a, const ptrdiff_t k) {
    return c->x + (a->row * c->steps + a->places[k]) * c->classes;
}

// alpha[k], its first state; pads come before it.
INLINE float *ctc_alpha(const UnrollCTC *c, const Alignment *a, const ptrdiff_t k) {
    return c->alpha + (a->row * c->kept + k % c->kept) * c->state_stride + CTC_PAD;
}

INLINE void ctc_emissions(const UnrollCTC *c, const Alignment *a, const ptrdiff_t k) {
    const float *x = ctc_step(c, a, k);
    for (ptrdiff_t s = 0; s < a->states; ++s) a->emissions[s] = x[ctc_class(c, a, s)];
}

static float ctc_row_loss(const UnrollCTC *c, const Alignment *a) {
    if (a->count == 0) return a->length == 0 ? 0 : INFINITY;
    for (ptrdiff_t s = 0; s < a->states + CTC_PAD; ++s) {  // what a step of two to state s costs
        const bool may = s % 2 == 1 && s > 1 && s < a->states && a->labels[s / 2] != a->labels[s / 2 - 1];
        a->skips[s] = may ? 0 : -INFINITY;
    }
    double sum = 0;
    for (ptrdiff_t k = 0; k < a->count; ++k) {
        float *alpha = ctc_alpha(c, a, k);
        alpha[-1] = alpha[-2] = -INFINITY;
        ctc_emissions(c, a, k);
        if (k == 0) {
            for (ptrdiff_t s = 0; s < a->states; ++s) alpha[s] = s < 2 ? a->emissions[s] : -INFINITY;
        } else {
            const float *from = ctc_alpha(c, a, k - 1);
            for (ptrdiff_t s = 0; s < a->states; s += VECTOR) {
                const ptrdiff_t n = a->states - s;
                const real skipped = load_part(from + s - 2, n) + load_part(a->skips + s, n);
                const real all = log_sum_of_three(load_part(from + s, n), load_part(from + s - 1, n), skipped);
                store_part(alpha + s, all + load_part(a->emissions + s, n), n);
            }
        }
        sum += level(alpha, a->states);
    }
    const float *last = ctc_alpha(c, a, a->count - 1) + a->states;
    return (float)-(sum + row_log_sum_exp(last - (a->states < 2 ? 1 : 2), a->states < 2 ? 1 : 2));
}

// With respect to what x is the log-softmax of: eˣ less how likely each class is at each step, given the string.
static void ctc_row_gradient(const UnrollCTC *c, const Alignment *a) {
    float *beta = a->beta;
    for (ptrdiff_t s = 0; s < a->states + CTC_PAD; ++s) {
        beta[s] = s < a->states && s >= a->states - 2 ? 0 : -INFINITY;
    }
    for (ptrdiff_t k = a->count - 1; k >= 0; --k) {
        float *path = ctc_alpha(c, a, k), *dx = c->dx + (a->row * c->steps + a->places[k]) * c->classes;
        const float *x = ctc_step(c, a, k);
        for (ptrdiff_t j = 0; j < c->classes; j += VECTOR) {
            const ptrdiff_t n = c->classes - j;
            store_part(dx + j, exp_of_negative(load_part(x + j, n)), n);
        }
        add_rows(path, beta, a->states, path);
        const float total = row_log_sum_exp(path, a->states);
        for (ptrdiff_t s = 0; s < a->states; s += VECTOR) {
            const ptrdiff_t n = a->states - s;
            store_part(path + s, exp_of_negative(load_part(path + s, n) - total), n);
        }
        for (ptrdiff_t s = 0; s < a->states; ++s) dx[ctc_class(c, a, s)] -= path[s];
        if (k == 0) break;
        ctc_emissions(c, a, k);
        add_rows(beta, a->emissions, a->states, beta);
        for (ptrdiff_t s = 0; s < a->states; s += VECTOR) {  // in place: later states are still to come
            const ptrdiff_t n = a->states - s;
            const real skipped = load_part(beta + s + 2, n) + load_part(a->skips + s + 2, n);
            store_part(beta + s, log_sum_of_three(load_part(beta + s, n), load_part(beta + s + 1, n), skipped), n);
        }
        level(beta, a->states);
    }
}

static void ctc(const void *arguments, const UnrollWorker worker) {
    const UnrollCTC *c = arguments;
    ptrdiff_t first, last;
    part_of(c->batch, worker, &first, &last);
    for (ptrdiff_t row = first; row < last; ++row) {
        const Alignment a = ctc_alignment(c, row);
        const float loss = ctc_row_loss(c, &a);
        c->losses[row] = c->zero_infinity && loss == INFINITY ? 0 : loss;
        if (!c->dx) continue;
        memset(c->dx + row * c->steps * c->classes, 0, (size_t)(c->steps * c->classes) * sizeof(float));
        if (loss != INFINITY) ctc_row_gradient(c, &a);
    }
}
