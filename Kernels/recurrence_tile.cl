// One step of a recurrent layer for GPUs, a tile of rows of the batch × units a work-group. After prelude.cl, the cell's
// equations over real = float, and tile.cl, whose blocks are gates: an item has the sums of all gates of its units, so
// the equations follow in registers. GATES, SAVED, STATES, INPUT_BLOCKS come from the host, and FORWARD: forward and
// backward have shapes of their own. Layouts as in recurrence_vector.cl.

#ifdef FORWARD

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void step_forward(
    const int step, const int batch, const int hidden, const int flags, global const float *restrict weight,
    global const float *restrict bias, global float *restrict saved, global float *h, global float *c,
    const int has_output, global float *restrict output, const int output_offset, const int output_batch,
    const int output_step) {
    LOCAL_TILES(t)
    const int first_unit = (int)get_group_id(0) * TILE_N, first_row = (int)get_group_id(1) * TILE_M;
    for (int i = ITEM; i < TILE_M; i += ITEMS)
        t.row[i] = first_row + i < batch ? (step * batch + first_row + i) * hidden : -1;
    for (int j = ITEM; j < COLUMNS; j += ITEMS) {
        const int unit = first_unit + j % TILE_N;
        t.column[j] = unit < hidden ? (j / TILE_N * hidden + unit) * hidden : -1;
    }
    float sum[EACH_M][SUMS_N];
#pragma unroll
    for (int j = 0; j < SUMS_N; ++j) {
        const int unit = first_unit + COLUMN(j % EACH_N);
        const float start = unit < hidden ? bias[j / EACH_N * hidden + unit] : 0.0f;
#pragma unroll
        for (int i = 0; i < EACH_M; ++i) sum[i][j] = start;
    }
    const inner_dimension inner = {hidden, hidden, 1, 0, 1, 0};
    add_product(sum, t, inner, h, true, weight, true);

    const int input_block[GATES] = INPUT_BLOCKS;
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) {
            const int row = first_row + ROW(i), unit = first_unit + COLUMN(j);
            if (row >= batch || unit >= hidden) continue;
            const int at = step * batch + row, old = at * hidden + unit, new = old + batch *hidden;
            global float *kept = saved + at * SAVED * hidden + unit;
            real x[GATES], q[GATES], state[2], next[2], keep[SAVED];
            for (int gate = 0; gate < GATES; ++gate) {
                x[gate] = kept[input_block[gate] * hidden];
                q[gate] = sum[i][gate * EACH_N + j];
            }
            state[0] = h[old];
            if (STATES > 1) state[1] = c[old];
            CELL(forward)(x, q, state, next, keep, flags);
            h[new] = next[0];
            if (STATES > 1) c[new] = next[1];
            for (int block = 0; block < SAVED; ++block) kept[block * hidden] = keep[block];
            if (has_output) output[output_offset + row * output_batch + step * output_step + unit] = next[0];
        }
    }
}

#else

// As step_backward of recurrence_vector.cl: the matmul of the step after, then this step's equations.
kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void step_backward(
    const int step, const int steps, const int batch, const int hidden, const int flags,
    global const float *restrict weight, global float *saved, global const float *restrict h,
    global const float *restrict c, global float *restrict dh, global float *restrict dc, const int has_output,
    global const float *restrict output, const int output_offset, const int output_batch, const int output_step) {
    LOCAL_TILES(t)
    const int first_unit = (int)get_group_id(0) * TILE_N, first_row = (int)get_group_id(1) * TILE_M;
    for (int i = ITEM; i < TILE_M; i += ITEMS)
        t.row[i] = first_row + i < batch ? ((step + 1) * batch + first_row + i) * SAVED * hidden : -1;
    for (int j = ITEM; j < TILE_N; j += ITEMS) t.column[j] = first_unit + j < hidden ? first_unit + j : -1;

    float sum[EACH_M][SUMS_N];
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) sum[i][j] = 0.0f;
    }
    const int total = step + 1 < steps ? GATES * hidden : 0;
    const inner_dimension inner = {total, GATES * hidden, 1, 0, hidden, 0};
    add_product(sum, t, inner, saved, true, weight, false);
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) {
            const int row = first_row + ROW(i), unit = first_unit + COLUMN(j), carried = row * hidden + unit;
            if (row >= batch || unit >= hidden) continue;
            real gradient[2], state[2], next[2], keep[SAVED];
            gradient[0] = dh[carried] + sum[i][j];
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
    }
}

#endif
