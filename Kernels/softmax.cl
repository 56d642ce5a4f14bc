// Softmax, cross-entropy and normalisation along rows of a contiguous matrix: a work-group of ITEMS for each row,
// which meet in a tree of fixed shape.

#ifndef ITEMS
#define ITEMS 32  // work items a row (a power of two: 16, 32, 64)
#endif

INLINE float tree(local float *part, const float mine, const int takes_maximum) {
    const int item = get_local_id(0);
    barrier(CLK_LOCAL_MEM_FENCE);
    part[item] = mine;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_ = ITEMS / 2; half_ > 0; half_ /= 2) {
        if (item < half_)
            part[item] = takes_maximum ? fmax(part[item], part[item + half_]) : part[item] + part[item + half_];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    return part[0];
}

INLINE float log_sum_exp_of(global const float *x, const int columns, local float *part) {
    float best = -INFINITY, sum = 0.0f;
    for (int j = get_local_id(0); j < columns; j += ITEMS) best = fmax(best, x[j]);
    best = tree(part, best, 1);
    for (int j = get_local_id(0); j < columns; j += ITEMS) sum += exp(x[j] - best);
    return best + log(tree(part, sum, 0));
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void softmax_rows(const int columns, const int logarithmic,
                                                                            global const float *restrict x,
                                                                            global float *restrict y) {
    local float part[ITEMS];
    global const float *from = x + (int)get_group_id(0) * columns;
    global float *to = y + (int)get_group_id(0) * columns;
    const float shift = log_sum_exp_of(from, columns, part);
    for (int j = get_local_id(0); j < columns; j += ITEMS) to[j] = logarithmic ? from[j] - shift : exp(from[j] - shift);
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void softmax_rows_backward(const int columns,
                                                                                     const int logarithmic,
                                                                                     global const float *restrict y,
                                                                                     global const float *restrict dy,
                                                                                     global float *restrict dx) {
    local float part[ITEMS];
    const int start = (int)get_group_id(0) * columns;
    float sum = 0.0f;
    for (int j = get_local_id(0); j < columns; j += ITEMS)
        sum += logarithmic ? dy[start + j] : dy[start + j] * y[start + j];
    sum = tree(part, sum, 0);
    for (int j = get_local_id(0); j < columns; j += ITEMS) {
        const float p = y[start + j], d = dy[start + j];
        dx[start + j] += logarithmic ? d - exp(p) * sum : p * (d - sum);
    }
}

// The loss of each row, to be summed by reduce.cl.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void cross_entropy_rows(const int columns,
                                                                                  global const float *restrict x,
                                                                                  global const int *restrict targets,
                                                                                  global float *restrict log_sum_exp,
                                                                                  global float *restrict row_loss) {
    local float part[ITEMS];
    const int row = get_group_id(0);
    const float shift = log_sum_exp_of(x + row * columns, columns, part);
    if (get_local_id(0) == 0) {
        log_sum_exp[row] = shift;
        row_loss[row] = targets[row] < 0 ? 0.0f : shift - x[row * columns + targets[row]];
    }
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void cross_entropy_rows_backward(
    const int columns, const float scale, global const float *restrict x, global const int *restrict targets,
    global const float *restrict log_sum_exp, global const float *restrict dloss, global float *restrict dx) {
    const int row = get_group_id(0), target = targets[row];
    const float factor = *dloss * scale, shift = log_sum_exp[row];
    if (target < 0) return;
    for (int j = get_local_id(0); j < columns; j += ITEMS) {
        const float p = exp(x[row * columns + j] - shift);
        dx[row * columns + j] += factor * (j == target ? p - 1.0f : p);
    }
}

// y = scale·x̂ + shift with x̂ = (x − μ)·r, r = 1/√(σ² + ε), of each row; statistics are μ and r.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void normalize_rows(
    const int columns, const float epsilon, global const float *restrict x, global const float *restrict scale,
    global const float *restrict shift, global float *restrict statistics, global float *restrict y) {
    local float part[ITEMS];
    const int row = get_group_id(0), start = row * columns;
    float sum = 0.0f, squares = 0.0f;
    for (int j = get_local_id(0); j < columns; j += ITEMS) sum += x[start + j];
    const float mean = tree(part, sum, 0) / columns;
    for (int j = get_local_id(0); j < columns; j += ITEMS) squares += (x[start + j] - mean) * (x[start + j] - mean);
    const float r = 1.0f / sqrt(tree(part, squares, 0) / columns + epsilon);
    for (int j = get_local_id(0); j < columns; j += ITEMS) {
        y[start + j] = scale[j] * ((x[start + j] - mean) * r) + shift[j];
    }
    if (get_local_id(0) == 0) {
        statistics[2 * row] = mean;
        statistics[2 * row + 1] = r;
    }
}

// dx += r·(g − mean g − x̂·mean(g·x̂)) with g = dy·scale, where dx is wanted; then dy = dy·x̂.
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void normalize_rows_backward(
    const int columns, const int wants_dx, global const float *restrict x, global const float *restrict scale,
    global const float *restrict statistics, global float *restrict dy, global float *restrict dx) {
    local float part[ITEMS];
    const int row = get_group_id(0), start = row * columns;
    const float mean = statistics[2 * row], r = statistics[2 * row + 1];
    float sum = 0.0f, products = 0.0f;
    for (int j = get_local_id(0); j < columns; j += ITEMS) {
        const float g = dy[start + j] * scale[j];
        sum += g;
        products += g * ((x[start + j] - mean) * r);
    }
    const float mean_g = tree(part, sum, 0) / columns, mean_gx = tree(part, products, 0) / columns;
    for (int j = get_local_id(0); j < columns; j += ITEMS) {
        const float d = dy[start + j], normal = (x[start + j] - mean) * r;
        if (wants_dx) dx[start + j] += r * (d * scale[j] - mean_g - normal * mean_gx);
        dy[start + j] = d * normal;
    }
}
