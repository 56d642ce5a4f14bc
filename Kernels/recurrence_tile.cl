// One step of a recurrent layer for GPUs, a tile of rows of the batch × units a work-group. After prelude.cl, the cell's
// equations over real = float, and tile.cl, whose blocks are gates: an item has the sums of all gates of its units, so
// the equations follow in registers. Counts and INPUT_BLOCKS come from the host, and FORWARD: forward and
// backward have shapes of their own. Layouts as in recurrence_vector.cl.

#ifdef FORWARD

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void step_forward(STEP_SIZES,
                                                                                    global const float *restrict weight,
                                                                                    global const float *restrict bias,
                                                                                    STEP_BUFFERS, const int output_at,
                                                                                    const int output_row) {
    const SweepUnits units = FORWARD_UNITS;
    LOCAL_TILES(t)
    const int first_unit = (int)get_group_id(0) * TILE_N, first_row = (int)get_group_id(1) * TILE_M;
    for (int i = ITEM; i < TILE_M; i += ITEMS) t.row[i] = first_row + i < count ? (start + first_row + i) * hidden : -1;
    for (int j = ITEM; j < COLUMNS; j += ITEMS) {
        const int unit = first_unit + j % TILE_N;
        t.column[j] = unit < hidden ? (j / TILE_N * hidden + unit) * hidden : -1;
    }
    float sum[EACH_M][SUMS_N];
#pragma unroll
    for (int j = 0; j < SUMS_N; ++j) {
        const int unit = first_unit + COLUMN(j % EACH_N);
        const float first = unit < hidden ? bias[j / EACH_N * hidden + unit] : 0.0f;
#pragma unroll
        for (int i = 0; i < EACH_M; ++i) sum[i][j] = first;
    }
    const inner_dimension inner = {hidden, hidden, 1, 0, 1, 0};
    add_product(sum, t, inner, fed, true, weight, true);

    const int input_block[ARRIVING] = INPUT_BLOCKS;
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) {
            const int row = first_row + ROW(i), unit = first_unit + COLUMN(j);
            if (row >= count || unit >= hidden) continue;
            global const float *projected = saved + (start + row) * SAVED * hidden + unit;
            real x[ARRIVING], q[GATES];
            for (int gate = 0; gate < ARRIVING; ++gate) x[gate] = projected[input_block[gate] * hidden];
            for (int gate = 0; gate < GATES; ++gate) q[gate] = sum[i][gate * EACH_N + j];
            const int new = (row < next_count ? next_start : end) + row;
            CELL(forward_units)
            (&units, step, row, start + row, new, unit, x, q, output + output_at + row * output_row + unit);
        }
    }
}

#else

// As step_backward of recurrence_vector.cl: the matmul of the step after, then this step's equations.
kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void step_backward(
    STEP_SIZES, global const float *restrict weight, STEP_BUFFERS, const int output_at, const int output_row,
    GRADIENT_BUFFERS) {
    const SweepUnits units = BACKWARD_UNITS;
    LOCAL_TILES(t)
    const int first_unit = (int)get_group_id(0) * TILE_N, first_row = (int)get_group_id(1) * TILE_M;
    for (int i = ITEM; i < TILE_M; i += ITEMS)
        t.row[i] = first_row + i < next_count ? (next_start + first_row + i) * SAVED * hidden : -1;
    for (int j = ITEM; j < TILE_N; j += ITEMS) t.column[j] = first_unit + j < hidden ? first_unit + j : -1;

    float sum[EACH_M][SUMS_N];
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) sum[i][j] = 0.0f;
    }
    const int total = first_row < next_count ? GATES * hidden : 0;
    const inner_dimension inner = {total, GATES * hidden, 1, 0, hidden, 0};
    add_product(sum, t, inner, saved, true, weight, false);
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) {
            const int row = first_row + ROW(i), unit = first_unit + COLUMN(j);
            if (row >= count || unit >= hidden) continue;
            const real through = row < next_count ? sum[i][j] : 0.0f;
            if (step < 0) {
                bring_home(&units, row, unit, through);
            } else {
                CELL(backward_units)
                (&units, step, row, start + row, unit, through, output + output_at + row * output_row + unit);
            }
        }
    }
}

#endif
