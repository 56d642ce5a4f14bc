// Chains of tags: the forward algorithm with its gradient, and Viterbi's. A work-group of ITEMS for each row of the batch,
// whose items share out the tags; everything is in logarithms, and every step's numbers are kept relative to the largest
// of them. After prelude.cl and softmax.cl, whose tree the items meet in.

// A row of `places`: how many steps are there, then which.
#define PLACES(row) (places + (row)*place_stride + 1)
#define COUNT(row) (places[(row)*place_stride])

// log Σᵢ exp(from[i] + scores[i][j])
INLINE float log_sum_through(global const float *from, global const float *scores, const int tags, const int j) {
    float best = -INFINITY, sum = 0.0f;
    for (int i = 0; i < tags; ++i) best = fmax(best, from[i] + scores[i * tags + j]);
    if (best == -INFINITY) best = 0.0f;
    for (int i = 0; i < tags; ++i) sum += exp(from[i] + scores[i * tags + j] - best);
    return best + log(sum);
}

// The log-sum of what each item has made of its own tags: `best` the largest, then `sum` relative to it.
INLINE float largest_of(local float *part, const float mine) {
    const float best = tree(part, mine, 1);
    return best == -INFINITY ? 0.0f : best;
}

INLINE float log_sum_of_both(global const float *a, global const float *b, const int count, local float *part) {
    float best = -INFINITY, sum = 0.0f;
    for (int j = get_local_id(0); j < count; j += ITEMS) best = fmax(best, a[j] + b[j]);
    best = largest_of(part, best);
    for (int j = get_local_id(0); j < count; j += ITEMS) sum += exp(a[j] + b[j] - best);
    return best + log(tree(part, sum, 0));
}

// alpha[k]: the logarithm of what all paths to each tag come to, less the largest of them, which comes before them. The loss
// is summed step by step as the difference it is, with what rounding loses carried along (Kahan 1965).
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void crf_forward(
    const int steps, const int tags, const int kept, const int place_stride, global const int *restrict places,
    global const float *restrict emissions, global const float *restrict transitions,
    global const float *restrict start, global const float *restrict end, global const int *restrict targets,
    global float *alpha, global float *restrict losses) {
    local float part[ITEMS];
    const int row = get_group_id(0), count = COUNT(row);
    global const int *place = PLACES(row);
    float loss = 0.0f, lost = 0.0f;
    int previous = 0;
    for (int k = 0; k < count; ++k) {
        const int at = row * steps + place[k], tag = targets[at];
        global const float *x = emissions + at * tags;
        global float *now = alpha + (row * kept + k % kept) * (1 + tags) + 1;
        global const float *before = alpha + (row * kept + (k + kept - 1) % kept) * (1 + tags) + 1;
        float best = -INFINITY;
        for (int j = get_local_id(0); j < tags; j += ITEMS) {
            now[j] = x[j] + (k == 0 ? start[j] : log_sum_through(before, transitions, tags, j));
            best = fmax(best, now[j]);
        }
        best = largest_of(part, best);
        for (int j = get_local_id(0); j < tags; j += ITEMS) now[j] -= best;
        if (get_local_id(0) == 0) now[-1] = best;
        const float term = (best - x[tag] - (k == 0 ? start[tag] : transitions[previous * tags + tag])) - lost;
        const float total = loss + term;
        lost = (total - loss) - term;
        loss = total;
        previous = tag;
        barrier(CLK_GLOBAL_MEM_FENCE);
    }
    if (count > 0) {
        global const float *last = alpha + (row * kept + (count - 1) % kept) * (1 + tags) + 1;
        loss += (log_sum_of_both(last, end, tags, part) - end[previous]) - lost;
    }
    if (get_local_id(0) == 0) losses[row] = loss;
}

// Marginals less what is so, in dx; and onward[k][j], which with alpha[k − 1] and the transitions gives the marginals of
// pairs. beta has room for two steps; dx, dstart and dend come filled with zeros.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void crf_backward(
    const int steps, const int tags, const int place_stride, global const int *restrict places,
    global const float *restrict emissions, global const float *restrict transposed, global const float *restrict end,
    global const int *restrict targets, global const float *restrict alpha, global float *beta, global float *onward,
    global float *restrict dx, global float *restrict dstart, global float *restrict dend) {
    local float part[ITEMS];
    const int row = get_group_id(0), count = COUNT(row);
    global const int *place = PLACES(row);
    for (int j = get_local_id(0); j < tags; j += ITEMS) beta[(row * 2 + count % 2) * tags + j] = end[j];
    for (int k = count - 1; k >= 0; --k) {
        const int at = row * steps + place[k], tag = targets[at];
        global const float *from = alpha + (row * steps + k) * (1 + tags) + 1;
        global const float *now = beta + (row * 2 + (k + 1) % 2) * tags;
        global float *before = beta + (row * 2 + k % 2) * tags, *on = onward + (row * steps + k) * tags;
        barrier(CLK_GLOBAL_MEM_FENCE);
        const float total = log_sum_of_both(from, now, tags, part);
        for (int j = get_local_id(0); j < tags; j += ITEMS) {
            const float excess = exp(from[j] + now[j] - total) - (j == tag ? 1.0f : 0.0f);
            dx[at * tags + j] = excess;
            if (k == count - 1) dend[row * tags + j] = excess;
            if (k == 0) dstart[row * tags + j] = excess;
            on[j] = emissions[at * tags + j] + now[j];
        }
        barrier(CLK_GLOBAL_MEM_FENCE);
        float best = -INFINITY;
        for (int j = get_local_id(0); k > 0 && j < tags; j += ITEMS) {
            before[j] = log_sum_through(on, transposed, tags, j);
            best = fmax(best, before[j]);
        }
        best = largest_of(part, best);
        barrier(CLK_GLOBAL_MEM_FENCE);
        for (int j = get_local_id(0); j < tags; j += ITEMS) {
            if (k > 0) before[j] -= best;
            on[j] -= from[-1] + total;
        }
    }
}

// The pair (i, j): a work item adds up its marginals less how often it is so.
kernel void crf_pairs(const int steps, const int tags, const int place_stride, global const int *restrict places,
                      global const float *restrict transitions, global const int *restrict targets,
                      global const float *restrict alpha, global const float *restrict onward,
                      global float *restrict dtransitions) {
    const int j = get_global_id(0), i = get_global_id(1), row = get_global_id(2), count = COUNT(row);
    if (j >= tags) return;
    global const int *place = PLACES(row);
    const float score = transitions[i * tags + j];
    float sum = 0.0f;
    for (int k = 1; k < count; ++k) {
        const int is_so = targets[row * steps + place[k - 1]] == i && targets[row * steps + place[k]] == j;
        sum += exp(alpha[(row * steps + k - 1) * (1 + tags) + 1 + i] + score + onward[(row * steps + k) * tags + j]) -
               (is_so ? 1.0f : 0.0f);
    }
    dtransitions[(row * tags + i) * tags + j] = sum;
}

// best[k][j] = maxᵢ best[k − 1][i] + transitions[i][j] + x[j]; then the way back. `best` has room for two steps.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void viterbi(
    const int steps, const int tags, const int place_stride, global const int *restrict places,
    global const float *restrict emissions, global const float *restrict transitions,
    global const float *restrict start, global const float *restrict end, global float *best, global int *origins,
    global float *restrict path) {
    local float part[ITEMS];
    const int row = get_group_id(0), count = COUNT(row);
    global const int *place = PLACES(row);
    for (int t = get_local_id(0); t < steps; t += ITEMS) path[row * steps + t] = -1.0f;
    for (int k = 0; k < count; ++k) {
        global const float *x = emissions + (row * steps + place[k]) * tags;
        global const float *from = best + (row * 2 + (k + 1) % 2) * tags;
        global float *to = best + (row * 2 + k % 2) * tags;
        float largest = -INFINITY;
        for (int j = get_local_id(0); j < tags; j += ITEMS) {
            float score = k == 0 ? start[j] : -INFINITY;
            int origin = 0;
            for (int i = 0; k > 0 && i < tags; ++i) {
                const float candidate = from[i] + transitions[i * tags + j];
                if (candidate > score) score = candidate, origin = i;
            }
            to[j] = score + x[j];
            origins[(row * steps + k) * tags + j] = origin;
            largest = fmax(largest, to[j]);
        }
        largest = largest_of(part, largest);
        for (int j = get_local_id(0); j < tags; j += ITEMS) to[j] -= largest;
        barrier(CLK_GLOBAL_MEM_FENCE);
    }
    if (get_local_id(0) > 0 || count == 0) return;
    global const float *last = best + (row * 2 + (count - 1) % 2) * tags;
    int tag = 0;
    for (int j = 1; j < tags; ++j) tag = last[j] + end[j] > last[tag] + end[tag] ? j : tag;
    for (int k = count - 1; k >= 0; --k) {
        path[row * steps + place[k]] = (float)tag;
        tag = origins[(row * steps + k) * tags + tag];
    }
}
