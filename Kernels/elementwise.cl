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

kernel void update_sgd(const int count, const float rate, const float momentum, const float decay, const int has_scale,
                       global const float *scale, global float *parameter, global const float *gradient,
                       global float *first) {
    const int i = get_global_id(0);
    if (i >= count) return;
    float v = first[i];
    parameter[i] = sgd(parameter[i], gradient[i] * (has_scale ? *scale : 1.0f), &v, rate, momentum, decay);
    first[i] = v;
}

kernel void update_adam(const int count, const float rate, const float beta1, const float beta2, const float epsilon,
                        const float root, const float decay, const float keep, const int has_scale,
                        global const float *scale, global float *parameter, global const float *gradient,
                        global float *first, global float *second) {
    const int i = get_global_id(0);
    if (i >= count) return;
    float m = first[i], v = second[i];
    parameter[i] = adam(parameter[i], gradient[i] * (has_scale ? *scale : 1.0f), &m, &v, rate, beta1, beta2, epsilon,
                        root, decay, keep);
    first[i] = m;
    second[i] = v;
}
