// One step of a recurrent layer, forward and backward, in explicit vectors: the cell's equations run on a tile of the
// recurrent matmul while it is still in registers. The driver knows no cell: counts, INPUT_BLOCKS and the equations
// (cells/*.h) come from the host. Numbers are handled VECTOR units at a time.
//
// The weight is packed by recurrence_pack.cl.

#define VECTORS 4
#define COLUMNS (VECTORS * VECTOR)
#define ROWS 4  // of a tile: ROWS × GATES (or VECTORS) sums in registers, and few rows left over in a batch

kernel void step_forward(STEP_SIZES, global const float *restrict packed, STEP_BUFFERS, const int output_at,
                         const int output_row) {
    const SweepUnits units = FORWARD_UNITS;
    const int panel = get_global_id(0), first = (int)get_global_id(1) * ROWS;
    if (first >= count) return;
    const int unit = panel * VECTOR;
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    global const float *weights = packed + panel * (hidden + 1) * GATES * VECTOR;
    global const float *from[ROWS];
    real x[ROWS][ARRIVING], q[ROWS][GATES];  // x first of all: its way from memory is as long as the matmul takes
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int row = start + min(first + i, count - 1);
        from[i] = fed + row * hidden;
#pragma unroll
        for (int gate = 0; gate < ARRIVING; ++gate) {
            x[i][gate] = load_part(saved + (row * SAVED + input_block[gate]) * hidden + unit, hidden - unit);
        }
#pragma unroll
        for (int gate = 0; gate < GATES; ++gate) q[i][gate] = vload_(gate, weights + hidden * GATES * VECTOR);
    }
    for (int k = 0; k < hidden; ++k, weights += GATES * VECTOR) {
        real w[GATES];
#pragma unroll
        for (int gate = 0; gate < GATES; ++gate) w[gate] = vload_(gate, weights);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
            const real value = real_of(from[i][k]);
#pragma unroll
            for (int gate = 0; gate < GATES; ++gate) q[i][gate] = fma(value, w[gate], q[i][gate]);
        }
    }
    // The equations follow in a loop that stays one, over sums in memory: unrolled, as the matmul is, they would not fit a
    // first-level instruction cache, and take long to compile.
    real gates[ROWS][GATES];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
#pragma unroll
        for (int gate = 0; gate < GATES; ++gate) gates[i][gate] = q[i][gate];
    }
#pragma nounroll
    for (int i = 0; i < ROWS && first + i < count; ++i) {
        const int row = first + i, new = (row < next_count ? next_start : end) + row;
        CELL(forward_units)
        (&units, step, row, start + row, new, unit, x[i], gates[i], output + output_at + row * output_row + unit);
    }
}

// ∂h through the matmul of the step after (for rows that have one), then the equations of this step (if there is one: with
// step −1 ∂h is only brought home).
kernel void step_backward(STEP_SIZES, global const float *restrict packed, STEP_BUFFERS, const int output_at,
                          const int output_row, GRADIENT_BUFFERS) {
    const SweepUnits units = BACKWARD_UNITS;
    const int panel = get_global_id(0), first = (int)get_global_id(1) * ROWS;
    if (first >= count) return;
    const int inner = GATES * hidden;
    real sum[ROWS][VECTORS];
    global const float *from[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        from[i] = saved + (next_start + min(first + i, max(next_count - 1, 0))) * SAVED * hidden;
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sum[i][v] = real_of(0.0f);
    }
    if (first < next_count) {
        global const float *weights = packed + panel * inner * COLUMNS;
        for (int k = 0; k < inner; ++k, weights += COLUMNS) {
            const real w0 = vload_(0, weights), w1 = vload_(1, weights), w2 = vload_(2, weights),
                       w3 = vload_(3, weights);
#pragma unroll
            for (int i = 0; i < ROWS; ++i) {
                const real x = real_of(from[i][k]);
                sum[i][0] = fma(x, w0, sum[i][0]);
                sum[i][1] = fma(x, w1, sum[i][1]);
                sum[i][2] = fma(x, w2, sum[i][2]);
                sum[i][3] = fma(x, w3, sum[i][3]);
            }
        }
    }
    real sums[ROWS][VECTORS];  // as above
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sums[i][v] = sum[i][v];
    }
#pragma nounroll
    for (int i = 0; i < ROWS && first + i < count; ++i) {
#pragma nounroll
        for (int v = 0; v < VECTORS; ++v) {
            const int row = first + i, unit = panel * COLUMNS + v * VECTOR;
            if (unit >= hidden) break;
            const real through = row < next_count ? sums[i][v] : real_of(0.0f);
            if (step < 0) {
                bring_home(&units, row, unit, through);
            } else {
                CELL(backward_units)
                (&units, step, row, start + row, unit, through, output + output_at + row * output_row + unit);
            }
        }
    }
}
