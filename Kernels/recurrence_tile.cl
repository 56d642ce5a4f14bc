// One step of a recurrent layer, forward and backward, with tiles in local memory, for GPUs: a work-group of
// SIDE × SIDE items takes SIDE rows of the batch by SIDE units; each item holds the sums of all gates of one unit of one
// row, so the cell's equations follow in registers. GATES, SAVED, STATES, INPUT_BLOCKS and the equations (cells/*.h, over
// real = float) come from the host; layouts as in recurrence_vector.cl.

#ifndef SIDE
#define SIDE 8  // rows and units a work-group (8, 16)
#endif
#ifndef DEPTH
#define DEPTH 32  // inner steps a round (16, 32)
#endif

kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void step_forward(
    const int step, const int batch, const int hidden, const int flags, global const float *restrict weight,
    global const float *restrict bias, global float *restrict saved, global float *h, global float *c,
    const int has_output, global float *restrict output, const int output_offset, const int output_batch,
    const int output_step) {
    local float h_tile[SIDE][DEPTH + 1], w_tile[GATES][SIDE][DEPTH + 1];
    const int x_ = get_local_id(0), y_ = get_local_id(1), item = y_ * SIDE + x_;
    const int first_unit = (int)get_group_id(0) * SIDE, first_row = (int)get_group_id(1) * SIDE;
    const int unit = first_unit + x_, row = first_row + y_;
    real q[GATES];
    for (int gate = 0; gate < GATES; ++gate) q[gate] = unit < hidden ? bias[gate * hidden + unit] : 0.0f;
    for (int start = 0; start < hidden; start += DEPTH) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int at = item; at < SIDE * DEPTH; at += SIDE * SIDE) {
            const int i = at / DEPTH, k = start + at % DEPTH;
            const bool inside = k < hidden;
            h_tile[i][at % DEPTH] =
                inside && first_row + i < batch ? h[(step * batch + first_row + i) * hidden + k] : 0.0f;
            for (int gate = 0; gate < GATES; ++gate) {
                w_tile[gate][i][at % DEPTH] =
                    inside && first_unit + i < hidden ? weight[(gate * hidden + first_unit + i) * hidden + k] : 0.0f;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < DEPTH; ++k) {
            const float value = h_tile[y_][k];
            for (int gate = 0; gate < GATES; ++gate) q[gate] = fma(value, w_tile[gate][x_][k], q[gate]);
        }
    }
    if (unit >= hidden || row >= batch) return;
    const int input_block[GATES] = INPUT_BLOCKS;
    const int at = step * batch + row, old = at * hidden + unit, new = old + batch *hidden;
    global float *kept = saved + at * SAVED * hidden + unit;
    real x[GATES], state[2], next[2], keep[SAVED];
    for (int gate = 0; gate < GATES; ++gate) x[gate] = kept[input_block[gate] * hidden];
    state[0] = h[old];
    if (STATES > 1) state[1] = c[old];
    CELL(forward)(x, q, state, next, keep, flags);
    h[new] = next[0];
    if (STATES > 1) c[new] = next[1];
    for (int block = 0; block < SAVED; ++block) kept[block * hidden] = keep[block];
    if (has_output) output[output_offset + row * output_batch + step * output_step + unit] = next[0];
}

// As step_backward of recurrence_vector.cl: the matmul of the step after, then this step's equations.
kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void step_backward(
    const int step, const int steps, const int batch, const int hidden, const int flags,
    global const float *restrict weight, global float *saved, global const float *restrict h,
    global const float *restrict c, global float *restrict dh, global float *restrict dc, const int has_output,
    global const float *restrict output, const int output_offset, const int output_batch, const int output_step) {
    local float d_tile[SIDE][DEPTH + 1], w_tile[DEPTH][SIDE + 1];
    const int x_ = get_local_id(0), y_ = get_local_id(1), item = y_ * SIDE + x_;
    const int first_unit = (int)get_group_id(0) * SIDE, first_row = (int)get_group_id(1) * SIDE;
    const int unit = first_unit + x_, row = first_row + y_, inner = GATES * hidden;
    real sum = 0.0f;
    for (int start = 0; start < inner && step + 1 < steps; start += DEPTH) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int at = item; at < SIDE * DEPTH; at += SIDE * SIDE) {
            const int i = at / DEPTH, kd = start + at % DEPTH, j = at % SIDE, kw = start + at / SIDE;
            d_tile[i][at % DEPTH] = kd < inner && first_row + i < batch
                                        ? saved[((step + 1) * batch + first_row + i) * SAVED * hidden + kd]
                                        : 0.0f;
            w_tile[at / SIDE][j] = kw < inner && first_unit + j < hidden ? weight[kw * hidden + first_unit + j] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < DEPTH; ++k) sum = fma(d_tile[y_][k], w_tile[k][x_], sum);
    }
    if (unit >= hidden || row >= batch) return;
    const int carried = row * hidden + unit;
    real gradient[2], state[2], next[2], keep[SAVED];
    gradient[0] = dh[carried] + sum;
    if (step >= 0) {
        const int at = step * batch + row, old = at * hidden + unit, new = old + batch *hidden;
        global float *kept = saved + at * SAVED * hidden + unit;
        if (has_output) gradient[0] += output[output_offset + row * output_batch + step * output_step + unit];
        for (int block = 0; block < SAVED; ++block) keep[block] = kept[block * hidden];
        state[0] = h[old];
        next[0] = h[new];
        if (STATES > 1) {
            state[1] = c[old];
            next[1] = c[new];
            gradient[1] = dc[carried];
        }
        CELL(backward)(keep, state, next, gradient, flags);
        for (int block = 0; block < SAVED; ++block) kept[block * hidden] = keep[block];
        if (STATES > 1) dc[carried] = gradient[1];
    }
    dh[carried] = gradient[0];
}
