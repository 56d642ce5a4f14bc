// Functions of one and two numbers over whole tensors, and the optimizers' updates: one number a work item.
// After prelude.cl, functions.h and update.h, with real = float.

kernel void fill(const int count, const float value, global float *y) {
    const int i = get_global_id(0);
    if (i < count) y[i] = value;
}

kernel void map(const int function, const float alpha, const float beta, const int count, global const float *x,
                global float *y) {
    const int i = get_global_id(0);
    if (i < count) y[i] = unary(function, x[i], alpha, beta);
}

kernel void map_backward(const int function, const float alpha, const int count, global const float *restrict x,
                         global const float *restrict y, global const float *dy, global float *dx) {
    const int i = get_global_id(0);
    if (i < count) dx[i] += dy[i] * unary_slope(function, x[i], y[i], alpha);
}

kernel void copy(const int accumulate, const int batches, const int rows, const int columns, global const float *x,
                 VIEW(x), global float *y, VIEW(y)) {
    const int j = get_global_id(0), i = get_global_id(1), b = get_global_id(2);
    if (j >= columns) return;
    const float value = AT(x, b, i, j);
    AT(y, b, i, j) = accumulate ? AT(y, b, i, j) + value : value;
}

// A slice of each of up to two states from one place to another; zeros where there is no source.
kernel void copy_states(const int count, const int has_source, const int from, const int to, global const float *x0,
                        global const float *x1, global float *y0, global float *y1) {
    const int i = get_global_id(0), state = get_global_id(1);
    if (i >= count) return;
    global float *y = state == 0 ? y0 : y1;
    y[to + i] = has_source ? (state == 0 ? x0 : x1)[from + i] : 0.0f;
}

kernel void zip(const int function, const int accumulate, const int batches, const int rows, const int columns,
                global const float *a, VIEW(a), global const float *b, VIEW(b), global float *c, VIEW(c)) {
    const int j = get_global_id(0), i = get_global_id(1), n = get_global_id(2);
    if (j >= columns) return;
    const float value = binary(function, AT(a, n, i, j), AT(b, n, i, j));
    AT(c, n, i, j) = accumulate ? AT(c, n, i, j) + value : value;
}

// One step of an optimizer; moments the rule has none of are not touched.
kernel void update(const int rule, const int count, const int moments, const float n0, const float n1, const float n2,
                   const float n3, const float n4, const float n5, const float n6, const float n7, const float limit,
                   const int has_scale, global const float *scale, global float *parameter,
                   global const float *gradient, global float *first, global float *second, global float *third) {
    const int i = get_global_id(0);
    if (i >= count) return;
    const float n[8] = {n0, n1, n2, n3, n4, n5, n6, n7};
    float m[3] = {0.0f, 0.0f, 0.0f};
    if (moments > 0) m[0] = first[i];
    if (moments > 1) m[1] = second[i];
    if (moments > 2) m[2] = third[i];
    const float g = limited(gradient[i] * (has_scale ? *scale : 1.0f), limit);
    parameter[i] = updated(rule, parameter[i], g, m, n);
    if (moments > 0) first[i] = m[0];
    if (moments > 1) second[i] = m[1];
    if (moments > 2) third[i] = m[2];
}
