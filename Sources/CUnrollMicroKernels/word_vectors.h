// Learning a vector for every word of a text: skip-gram and continuous bag of words with negative sampling
// (Mikolov et al. 2013, arXiv:1310.4546), and GloVe (Pennington, Socher & Manning 2014).
//
// No two workers ever write the same number. Negative sampling goes by rounds of blocks of the text: a block works on
// copies of the rows it needs, as they were when the round began, and all blocks' changes are then added in the order of
// the blocks. GloVe goes by strata of pairs whose groups of words are disjoint (Gemulla et al. 2011). What a block is
// depends on the text alone, so the bits are the same for any number of workers.

// Of the loss along a row, roughly: ¼·|x|² at most.
#define CURVATURE 0.25f

// The sums of lanes of VECTOR vectors, each in the order of its lanes.
INLINE real sums_of_lanes(real *rows) {
    transpose(rows);
    real sum = rows[0];
    UNROLLED(int i = 1; i < VECTOR; ++i) sum += rows[i];
    return sum;
}

// sums[k] ← x·yₖ, lane by lane, of `group` rows.
INLINE void dot_group(const float *x, float *const *y, const int group, const ptrdiff_t columns, real *sums) {
    real sum[4] = {{0}};
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        const real at = load(x + j);
        UNROLLED(int k = 0; k < group; ++k) sum[k] += at * load(y[k] + j);
    }
    UNROLLED(int k = 0; k < group; ++k) sums[k] = sum[k];
}

// dxᵢ ← Σ gᵢₖ·yₖ (added where not the first group) and yₖ ← yₖ + Σ gᵢₖ·xᵢ, of `group` rows yₖ; g's rows are `stride` apart.
INLINE void update_group(const float *const *x, const ptrdiff_t contexts, float *const *y, const int group,
                         const bool is_first, const float *g, const ptrdiff_t stride, const ptrdiff_t columns,
                         float *dx) {
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        real at[4], change[4] = {{0}};
        UNROLLED(int k = 0; k < group; ++k) at[k] = load(y[k] + j);
        for (ptrdiff_t i = 0; i < contexts; ++i) {
            const real context = load(x[i] + j);
            real sum = is_first ? real_of(0) : load(dx + i * columns + j);
            UNROLLED(int k = 0; k < group; ++k) {
                const real slope = real_of(g[i * stride + k]);
                sum += slope * at[k];
                change[k] += slope * context;
            }
            store(dx + i * columns + j, sum);
        }
        // A word drawn twice is one row: it takes both changes.
        UNROLLED(int k = 0; k < group; ++k) store(y[k] + j, load(y[k] + j) + change[k]);
    }
}

// One step on every pair of a context's row xᵢ and an output's yₖ, of which y₀ is the word itself and the others are noise:
//     sᵢₖ = xᵢ·yₖ    gᵢₖ = rate·([k = 0] − σ(sᵢₖ))    dxᵢ = Σ gᵢₖ·yₖ    yₖ ← yₖ + Σ gᵢₖ·xᵢ
// Adds the loss −log σ(sᵢ₀) − Σ log σ(−sᵢₖ) to `loss`, spread over its lanes.
static void negative_sampling_step(const float *const *x, const ptrdiff_t contexts, float *const *y,
                                   const ptrdiff_t outputs, const ptrdiff_t columns, const float rate, float *dx,
                                   real *loss) {
    float s[UNROLL_MOST_CONTEXTS * UNROLL_MOST_OUTPUTS + VECTOR];
    real sums[VECTOR + 4];
    const ptrdiff_t count = contexts * outputs;
    ptrdiff_t done = 0, pending = 0;
    for (ptrdiff_t i = 0; i < contexts; ++i) {
        for (ptrdiff_t k = 0; k < outputs;) {
            const ptrdiff_t rest = outputs - k, group = rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
            if (group == 4) {
                dot_group(x[i], y + k, 4, columns, sums + pending);
            } else if (group == 2) {
                dot_group(x[i], y + k, 2, columns, sums + pending);
            } else {
                dot_group(x[i], y + k, 1, columns, sums + pending);
            }
            k += group, pending += group;
            if (pending < VECTOR) continue;
            store(s + done, sums_of_lanes(sums));
            done += VECTOR, pending -= VECTOR;
            UNROLLED(int over = 0; over < 4; ++over) sums[over] = sums[VECTOR + over];
        }
    }
    if (pending > 0) store(s + done, sums_of_lanes(sums));
    for (ptrdiff_t p = count; p < count + VECTOR; ++p) s[p] = -100;  // costs nothing

    float positive = 0;
    for (ptrdiff_t i = 0; i < contexts; ++i) positive += s[i * outputs];
    for (ptrdiff_t p = 0; p < count; p += VECTOR) {
        const real at = load(s + p);
        *loss += choose_(at > 0.0f, at, real_of(0)) + log_(1.0f + exp_of_negative(-abs_(at)));  // log(1 + eˢ)
        store(s + p, -rate * sigmoid_(at));
    }
    (*loss)[0] -= positive;
    for (ptrdiff_t i = 0; i < contexts; ++i) s[i * outputs] += rate;

    for (ptrdiff_t k = 0; k < outputs;) {
        const ptrdiff_t rest = outputs - k, group = rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
        if (group == 4) {
            update_group(x, contexts, y + k, 4, k == 0, s + k, outputs, columns, dx);
        } else if (group == 2) {
            update_group(x, contexts, y + k, 2, k == 0, s + k, outputs, columns, dx);
        } else {
            update_group(x, contexts, y + k, 1, k == 0, s + k, outputs, columns, dx);
        }
        k += group;
    }
}

// What one worker needs for a block: see UnrollNegativeSampling for the sizes.
typedef struct {
    const UnrollNegativeSampling *all;
    int32_t *slots;              // [2·words]: where a row's copy is, −1 where it has none
    int32_t *words, *positions;  // the block's words that were kept, and some before and after; −1 between sentences
    float *dx;                   // [contexts + 1, columns]
    float *copies;               // [slots, columns]
    int32_t *touched, *uses;     // [slots]: whose copies, and in how many pairs
    int32_t count;               // of copies
} NegativeSamplingBlock;

// Four random words for a place in the text.
INLINE void draw(const UnrollNegativeSampling *all, const ptrdiff_t position, const uint32_t purpose, uint32_t *drawn) {
    drawn[0] = (uint32_t)position, drawn[1] = (uint32_t)((uint64_t)position >> 32);
    drawn[2] = all->epoch, drawn[3] = purpose;
    unroll_philox(drawn, drawn + 1, drawn + 2, drawn + 3, all->key0, all->key1);
}

// A number below `count` from 32 random bits.
INLINE uint32_t below(const uint32_t count, const uint32_t drawn) { return (uint32_t)((uint64_t)count * drawn >> 32); }

INLINE bool is_kept(const UnrollNegativeSampling *all, const ptrdiff_t position) {
    const uint32_t threshold = all->kept[all->tokens[position]];
    if (threshold == UINT32_MAX) return true;
    uint32_t drawn[4];
    draw(all, position, 0, drawn);
    return drawn[0] < threshold;
}

static float *copy_of_row(NegativeSamplingBlock *block, const ptrdiff_t row, const ptrdiff_t uses) {
    const ptrdiff_t columns = block->all->columns;
    if (block->slots[row] < 0) {
        block->slots[row] = block->count;
        block->touched[block->count] = (int32_t)row;
        block->uses[block->count] = 0;
        memcpy(block->copies + block->count * columns, block->all->weights + row * columns,
               (size_t)columns * sizeof(float));
        ++block->count;
    }
    block->uses[block->slots[row]] += (int32_t)uses;
    return block->copies + block->slots[row] * columns;
}

// Lists the words of [first, last) that are kept, with up to a window of the same sentence on either side. The block's own
// are [*from, *to) of the list.
static ptrdiff_t list_words(NegativeSamplingBlock *block, const ptrdiff_t first, const ptrdiff_t last, ptrdiff_t *from,
                            ptrdiff_t *to) {
    const UnrollNegativeSampling *all = block->all;
    ptrdiff_t before = first, count = 0;
    for (ptrdiff_t kept = 0; kept < all->window && before > 0 && all->tokens[before - 1] >= 0;) {
        kept += is_kept(all, --before);
    }
    *from = *to = 0;
    for (ptrdiff_t p = before, after = 0; p < all->count; ++p) {
        if (p == first) *from = count;
        if (p == last) *to = count;
        if (p >= last && (after == all->window || all->tokens[p] < 0)) return count;
        if (all->tokens[p] >= 0 && !is_kept(all, p)) continue;
        after += p >= last;
        block->words[count] = all->tokens[p];
        block->positions[count++] = (int32_t)(p - first);
    }
    if (last == all->count) *to = count;
    return count;
}

// The rows a word is told from and by: y₀ its own, the others noise, which is drawn in proportion to counts^¾ by the alias
// method (Walker 1977). A draw that is the word itself is left out.
static ptrdiff_t list_outputs(NegativeSamplingBlock *block, const int32_t word, const ptrdiff_t position,
                              const ptrdiff_t uses, float **y) {
    const UnrollNegativeSampling *all = block->all;
    ptrdiff_t count = 0;
    uint32_t drawn[4];
    y[count++] = copy_of_row(block, all->words + word, uses);
    for (int n = 0; n < all->negatives; ++n) {
        if (n % 2 == 0) draw(all, position, 1 + (uint32_t)n / 2, drawn);
        const uint32_t *pair = drawn + n % 2 * 2, column = below((uint32_t)all->words, pair[0]);
        const int32_t noise = pair[1] < all->thresholds[column] ? (int32_t)column : all->aliases[column];
        if (noise != word) y[count++] = copy_of_row(block, all->words + noise, uses);
    }
    return count;
}

INLINE void add_scaled(const float scale, const float *x, float *y, const ptrdiff_t columns) {
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) store(y + j, load(y + j) + scale * load(x + j));
}

static void negative_sampling_block(NegativeSamplingBlock *block, const ptrdiff_t first, const ptrdiff_t last,
                                    double *loss, ptrdiff_t *examples) {
    const UnrollNegativeSampling *all = block->all;
    const ptrdiff_t columns = all->columns;
    float *x[UNROLL_MOST_CONTEXTS], *y[UNROLL_MOST_OUTPUTS], *mean = block->dx + UNROLL_MOST_CONTEXTS * columns;
    real sum = {0};
    ptrdiff_t from, to;
    const ptrdiff_t listed = list_words(block, first, last, &from, &to);
    for (ptrdiff_t at = from; at < to; ++at) {
        if (block->words[at] < 0) continue;
        const ptrdiff_t position = first + block->positions[at];
        uint32_t drawn[4];
        draw(all, position, 0, drawn);
        const ptrdiff_t reach = 1 + below((uint32_t)all->window, drawn[1]);

        ptrdiff_t contexts = 0, low = at, high = at;
        while (low > 0 && at - low < reach && block->words[low - 1] >= 0) --low;
        while (high + 1 < listed && high - at < reach && block->words[high + 1] >= 0) ++high;
        for (ptrdiff_t i = low; i <= high; ++i) {
            if (i != at) x[contexts++] = copy_of_row(block, block->words[i], 1 + all->negatives);
        }
        if (contexts == 0) continue;
        const ptrdiff_t outputs = list_outputs(block, block->words[at], position, all->averages ? 1 : contexts, y);

        const float *const *inputs = (const float *const *)x;
        if (all->averages) {
            const float *const one[1] = {mean};
            memset(mean, 0, (size_t)columns * sizeof(float));
            for (ptrdiff_t i = 0; i < contexts; ++i) add_scaled(1.0f / (float)contexts, x[i], mean, columns);
            negative_sampling_step(one, 1, y, outputs, columns, all->rate, block->dx, &sum);
        } else {
            negative_sampling_step(inputs, contexts, y, outputs, columns, all->rate, block->dx, &sum);
        }
        *examples += all->averages ? 1 : contexts;
        for (ptrdiff_t i = 0; i < contexts; ++i) {
            add_scaled(1, block->dx + (all->averages ? 0 : i * columns), x[i], columns);
        }
    }
    *loss += sum_of_lanes(sum);
}

// Copies become changes, and the worker's list of rows is empty again.
static void take_changes(NegativeSamplingBlock *block) {
    const ptrdiff_t columns = block->all->columns;
    for (ptrdiff_t slot = 0; slot < block->count; ++slot) {
        const ptrdiff_t row = block->touched[slot];
        add_scaled(-1, block->all->weights + row * columns, block->copies + slot * columns, columns);
        block->slots[row] = -1;
    }
}

// Adds the blocks' changes of this worker's rows, in the order of the blocks.
//
// Each of the n blocks that used a row took it part of the way to where the loss is least, as if it were alone. One after
// the other would go less far together than the sum of their ways, and where they all used it often the sum would be beyond
// the aim, further each round. With a slope that shrinks like that of a parabola of curvature h/rate, and steps taken
// implicitly, c uses go the part h·c / (1 + h·c) of the way: so the sum is scaled by (1 + h·c/n) / (1 + h·c), c the uses in
// all blocks. That is 1 for nearly all rows, and 1/n for those that every block moves as far as it can.
static void add_changes(const UnrollNegativeSampling *all, const UnrollWorker worker) {
    for (int pass = 0; pass < 3; ++pass) {
        for (ptrdiff_t b = 0; b < all->blocks; ++b) {
            const int32_t *touched = all->touched + b * all->slots_of_block;
            const int32_t *uses = all->uses + b * all->slots_of_block;
            const float *changes = all->copies + b * all->slots_of_block * all->columns;
            for (ptrdiff_t slot = 0; slot < all->touched_counts[b]; ++slot) {
                const ptrdiff_t row = touched[slot];
                if (row % worker.count != worker.index) continue;
                int32_t *total = all->totals + 2 * row;
                if (pass == 0) {
                    total[0] += uses[slot], ++total[1];
                } else if (pass == 1) {
                    const float way = all->rate * CURVATURE * (float)total[0];
                    add_scaled((1 + way / (float)total[1]) / (1 + way), changes + slot * all->columns,
                               all->weights + row * all->columns, all->columns);
                } else {
                    total[0] = total[1] = 0;
                }
            }
        }
    }
}

static void negative_sampling(const void *arguments, const UnrollWorker worker) {
    const UnrollNegativeSampling *all = arguments;
    ptrdiff_t first, last;
    part_of(all->blocks, worker, &first, &last);
    for (ptrdiff_t b = first; b < last; ++b) {
        NegativeSamplingBlock block = {
            .all = all,
            .slots = all->slots + worker.index * 2 * all->words,
            .words = all->lists + worker.index * 2 * all->listed,
            .positions = all->lists + (worker.index * 2 + 1) * all->listed,
            .dx = all->dx + worker.index * (UNROLL_MOST_CONTEXTS + 1) * all->columns,
            .copies = all->copies + b * all->slots_of_block * all->columns,
            .touched = all->touched + b * all->slots_of_block,
            .uses = all->uses + b * all->slots_of_block,
        };
        const ptrdiff_t start = all->first + b * all->block, end = start + all->block;
        all->losses[b] = 0, all->examples[b] = 0;
        negative_sampling_block(&block, start, end < all->count ? end : all->count, all->losses + b, all->examples + b);
        take_changes(&block);
        all->touched_counts[b] = block.count;
    }
    unroll_pool_barrier(worker);
    add_changes(all, worker);
}

// One pair of words that occur together x times, with the weight f(x) = min(1, (x / xₘ)^α) and log x given:
//     e = w·v + b + c − log x    loss f·e²    slopes f·e·v, f·e·w, f·e, f·e
// by AdaGrad: a ← a + slope², parameter ← parameter − rate·slope/√a, where a began with 1.
INLINE float glove_step(const UnrollGloVe *g, const ptrdiff_t row, const ptrdiff_t column, const float weight,
                        const float logarithm) {
    const ptrdiff_t columns = g->columns, to = g->words + column;
    float *w = g->weights + row * columns, *v = g->weights + to * columns;
    float *a = g->squares + row * columns, *c = g->squares + to * columns;
    real sum = {0};
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) sum += load(w + j) * load(v + j);
    const float error = sum_of_lanes(sum) + g->biases[row] + g->biases[to] - logarithm;
    const float slope = fminf(fmaxf(weight * error, -100), 100);
    for (ptrdiff_t j = 0; j < columns; j += VECTOR) {
        const real dw = slope * load(v + j), dv = slope * load(w + j);
        const real aw = load(a + j) + dw * dw, av = load(c + j) + dv * dv;
        store(a + j, aw), store(c + j, av);
        store(w + j, load(w + j) - g->rate * dw / sqrt_(aw)), store(v + j, load(v + j) - g->rate * dv / sqrt_(av));
    }
    g->bias_squares[row] += slope * slope, g->bias_squares[to] += slope * slope;
    g->biases[row] -= g->rate * slope / sqrtf(g->bias_squares[row]);
    g->biases[to] -= g->rate * slope / sqrtf(g->bias_squares[to]);
    return weight * error * error;
}

static void glove(const void *arguments, const UnrollWorker worker) {
    const UnrollGloVe *g = arguments;
    ptrdiff_t first, last;
    part_of(g->groups, worker, &first, &last);
    for (ptrdiff_t group = first; group < last; ++group) g->losses[group] = 0;
    for (ptrdiff_t stratum = 0; stratum < g->groups; ++stratum) {
        for (ptrdiff_t group = first; group < last; ++group) {
            const ptrdiff_t block = group * g->groups + (group + stratum) % g->groups;
            for (ptrdiff_t p = g->starts[block]; p < g->starts[block + 1]; ++p) {
                g->losses[group] += glove_step(g, g->rows[p], g->columns_of[p], g->factors[p], g->logarithms[p]);
            }
        }
        unroll_pool_barrier(worker);
    }
}
