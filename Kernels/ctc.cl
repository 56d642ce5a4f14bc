// Connectionist temporal classification (Graves et al. 2006). A work-group of ITEMS for each row of the batch, whose items
// share out the states of its string l₁ … l_L: blank l₁ blank l₂ … l_L blank, 2·L + 1 of them. A path may stay, go on by one,
// or go on by two to a label that differs from the label before. In logarithms, relative to the largest number of a step.
// After prelude.cl, softmax.cl and crf.cl.

INLINE float log_sum_of_three(const float a, const float b, const float c) {
    float best = fmax(fmax(a, b), c);
    if (best == -INFINITY) best = 0.0f;
    return best + log(exp(a - best) + exp(b - best) + exp(c - best));
}

INLINE int ctc_class(global const int *labels, const int blank, const int state) {
    return state % 2 == 1 ? labels[state / 2] : blank;
}

// Whether a path may go on to this state by two.
INLINE bool ctc_may_skip(global const int *labels, const int state) {
    return state % 2 == 1 && state > 1 && labels[state / 2] != labels[state / 2 - 1];
}

// A row of `labels`: how many, then which. alpha is [batch, kept, width]. The loss is summed as in crf.cl.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void ctc_forward(
    const int steps, const int classes, const int blank, const int zero_infinity, const int kept, const int width,
    const int place_stride, const int label_stride, global const int *restrict places,
    global const int *restrict labels, global const float *restrict x, global float *alpha,
    global float *restrict losses) {
    local float part[ITEMS];
    const int row = get_group_id(0), count = COUNT(row), length = labels[row * label_stride], states = 2 * length + 1;
    global const int *place = PLACES(row), *label = labels + row * label_stride + 1;
    float sum = 0.0f, lost = 0.0f;
    for (int k = 0; k < count; ++k) {
        global const float *p = x + (row * steps + place[k]) * classes;
        global float *now = alpha + (row * kept + k % kept) * width;
        global const float *from = alpha + (row * kept + (k + kept - 1) % kept) * width;
        float best = -INFINITY;
        for (int s = get_local_id(0); s < states; s += ITEMS) {
            float arrived = s < 2 ? 0.0f : -INFINITY;
            if (k > 0) {
                arrived = log_sum_of_three(from[s], s > 0 ? from[s - 1] : -INFINITY,
                                           ctc_may_skip(label, s) ? from[s - 2] : -INFINITY);
            }
            now[s] = arrived + p[ctc_class(label, blank, s)];
            best = fmax(best, now[s]);
        }
        best = largest_of(part, best);
        for (int s = get_local_id(0); s < states; s += ITEMS) now[s] -= best;
        const float term = best - lost, total = sum + term;
        lost = (total - sum) - term;
        sum = total;
        barrier(CLK_GLOBAL_MEM_FENCE);
    }
    if (get_local_id(0) > 0) return;
    float loss = length == 0 ? 0.0f : INFINITY;
    if (count > 0) {
        global const float *last = alpha + (row * kept + (count - 1) % kept) * width + states - 1;
        loss = -(sum - lost + log_sum_of_three(last[0], length > 0 ? last[-1] : -INFINITY, -INFINITY));
    }
    losses[row] = zero_infinity && loss == INFINITY ? 0.0f : loss;
}

// With respect to what x is the log-softmax of: eˣ less how likely each class is at each step, given the string. A label's
// states are added up by one item: `order` has their places label by label, and `segments` where each label's begin, both
// as lists with their lengths first. beta has room for two steps; dx comes filled with zeros.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void ctc_backward(
    const int steps, const int classes, const int blank, const int width, const int place_stride,
    const int label_stride, const int segment_stride, global const int *restrict places,
    global const int *restrict labels, global const int *restrict order, global const int *restrict segments,
    global const float *restrict x, global float *alpha, global float *beta, global float *restrict dx) {
    local float part[ITEMS];
    const int row = get_group_id(0), count = COUNT(row), states = 2 * labels[row * label_stride] + 1;
    global const int *place = PLACES(row), *label = labels + row * label_stride + 1;
    global const int *by_label = order + row * label_stride + 1, *segment = segments + row * segment_stride + 1;
    if (count == 0) return;
    global const float *last = alpha + (row * steps + count - 1) * width + states - 1;
    if (last[0] == -INFINITY && (states == 1 || last[-1] == -INFINITY)) return;
    barrier(CLK_GLOBAL_MEM_FENCE);
    for (int k = count - 1; k >= 0; --k) {
        const int at = (row * steps + place[k]) * classes;
        global float *path = alpha + (row * steps + k) * width;
        global float *now = beta + (row * 2 + k % 2) * width;
        global const float *after = beta + (row * 2 + (k + 1) % 2) * width;  // with the probabilities of step k + 1
        float best = -INFINITY;
        for (int s = get_local_id(0); s < states; s += ITEMS) {
            now[s] = s >= states - 2 ? 0.0f : -INFINITY;
            if (k < count - 1) {
                now[s] = log_sum_of_three(after[s], s + 1 < states ? after[s + 1] : -INFINITY,
                                          s + 2 < states && ctc_may_skip(label, s + 2) ? after[s + 2] : -INFINITY);
            }
            best = fmax(best, now[s]);
        }
        best = largest_of(part, best);
        for (int s = get_local_id(0); s < states; s += ITEMS) now[s] -= best;
        const float total = log_sum_of_both(path, now, states, part);
        float of_blank = 0.0f;
        for (int s = get_local_id(0); s < states; s += ITEMS) {
            path[s] = exp(path[s] + now[s] - total);
            now[s] += x[at + ctc_class(label, blank, s)];
            if (s % 2 == 0) of_blank += path[s];
        }
        of_blank = tree(part, of_blank, 0);
        for (int j = get_local_id(0); j < classes; j += ITEMS) dx[at + j] = exp(x[at + j]);
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (get_local_id(0) == 0) dx[at + blank] -= of_blank;
        for (int n = get_local_id(0); n < segment[-1] - 1; n += ITEMS) {
            float sum = 0.0f;
            for (int i = segment[n]; i < segment[n + 1]; ++i) sum += path[2 * by_label[i] + 1];
            dx[at + label[by_label[segment[n]]]] -= sum;
        }
    }
}
