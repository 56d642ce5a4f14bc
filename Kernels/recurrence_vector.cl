// One step of a recurrent layer, forward and backward, in explicit vectors: the cell's equations run on a tile of the
// recurrent matmul while it is still in registers. The driver knows no cell: GATES, SAVED, STATES, INPUT_BLOCKS and the
// equations (cells/*.h) come from the host. Layouts as in RecurrentSweep: saved [steps, batch, SAVED·hidden],
// states [steps + 1, batch, hidden]; numbers are handled VECTOR units at a time.
//
// Forward the weight is packed so that the gates of VECTOR units lie side by side, backward as it lies:
//
//     forward    panel u:  [k = hidden][ gate 0 | gate 1 | … ] of units u·VECTOR …
//     backward   panel p:  [k = gates·hidden][ COLUMNS units ]

#define VECTORS 4
#define COLUMNS (VECTORS * VECTOR)
#define ROWS 4  // of a tile: ROWS × GATES (or VECTORS) sums in registers, and few rows left over in a batch

kernel void pack_forward(const int hidden, global const float *restrict weight, global const float *restrict bias,
                         global float *restrict packed) {  // [panels][hidden + 1][GATES·VECTOR], the bias last
    const int panel = get_global_id(0), k = get_global_id(1);
    if (k > hidden) return;
    global float *to = packed + (panel * (hidden + 1) + k) * GATES * VECTOR;
    for (int gate = 0; gate < GATES; ++gate) {
        for (int lane = 0; lane < VECTOR; ++lane) {
            const int unit = panel * VECTOR + lane, row = gate * hidden + min(unit, hidden - 1);
            const float value = k < hidden ? weight[row * hidden + k] : bias[row];
            to[gate * VECTOR + lane] = unit < hidden ? value : 0.0f;
        }
    }
}

kernel void pack_backward(const int hidden, global const float *restrict weight, global float *restrict packed) {
    const int panel = get_global_id(0), k = get_global_id(1);
    if (k >= GATES * hidden) return;
    for (int j = 0; j < COLUMNS; ++j) {
        const int unit = panel * COLUMNS + j;
        packed[(panel * GATES * hidden + k) * COLUMNS + j] = unit < hidden ? weight[k * hidden + unit] : 0.0f;
    }
}

kernel void step_forward(const int step, const int batch, const int hidden, const int flags,
                         global const float *restrict packed, global float *restrict saved, global float *h,
                         global float *c, const int has_output, global float *restrict output, const int output_offset,
                         const int output_batch, const int output_step) {
    const int panel = get_global_id(0), first = (int)get_global_id(1) * ROWS;
    if (first >= batch) return;
    const int unit = panel * VECTOR, units = hidden - unit;
    const int input_block[GATES] = INPUT_BLOCKS;
    global const float *weights = packed + panel * (hidden + 1) * GATES * VECTOR;
    global const float *from[ROWS];
    real x[ROWS][GATES], q[ROWS][GATES];  // x first of all: its way from memory is as long as the matmul takes
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        const int row = step * batch + min(first + i, batch - 1);
        from[i] = h + row * hidden;
#pragma unroll
        for (int gate = 0; gate < GATES; ++gate) {
            x[i][gate] = load_part(saved + (row * SAVED + input_block[gate]) * hidden + unit, units);
            q[i][gate] = vload_(gate, weights + hidden * GATES * VECTOR);
        }
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
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        if (first + i >= batch) break;
        const int row = step * batch + first + i, old = row * hidden + unit, new = old + batch *hidden;
        global float *kept = saved + row * SAVED * hidden + unit;
        real state[2], next[2], keep[SAVED];
        state[0] = load_part(h + old, units);
        if (STATES > 1) state[1] = load_part(c + old, units);
        CELL(forward)(x[i], q[i], state, next, keep, flags);
        store_part(next[0], h + new, units);
        if (STATES > 1) store_part(next[1], c + new, units);
        for (int block = 0; block < SAVED; ++block) store_part(keep[block], kept + block * hidden, units);
        if (has_output) {
            global float *to = output + output_offset + (first + i) * output_batch + step * output_step + unit;
            store_part(next[0], to, units);
        }
    }
}

// ∂h through the matmul of the step after (if there is one), then the equations of this step (if there is one: step −1
// only brings ∂h home).
kernel void step_backward(const int step, const int steps, const int batch, const int hidden, const int flags,
                          global const float *restrict packed, global float *saved, global const float *restrict h,
                          global const float *restrict c, global float *restrict dh, global float *restrict dc,
                          const int has_output, global const float *restrict output, const int output_offset,
                          const int output_batch, const int output_step) {
    const int panel = get_global_id(0), first = (int)get_global_id(1) * ROWS;
    if (first >= batch) return;
    const int inner = GATES * hidden;
    real sum[ROWS][VECTORS];
    global const float *from[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        from[i] = saved + ((step + 1) * batch + min(first + i, batch - 1)) * SAVED * hidden;
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sum[i][v] = real_of(0.0f);
    }
    if (step + 1 < steps) {
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
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        if (first + i >= batch) break;
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
            const int unit = panel * COLUMNS + v * VECTOR, units = hidden - unit;
            if (units <= 0) break;
            const int row = step * batch + first + i, old = row * hidden + unit, new = old + batch *hidden;
            const int carried = (first + i) * hidden + unit;
            real gradient[2], state[2], next[2], keep[SAVED];
            gradient[0] = load_part(dh + carried, units) + sum[i][v];
            if (step >= 0) {
                global float *kept = saved + row * SAVED * hidden + unit;
                if (has_output) {
                    gradient[0] += load_part(
                        output + output_offset + (first + i) * output_batch + step * output_step + unit, units);
                }
                for (int block = 0; block < SAVED; ++block) keep[block] = load_part(kept + block * hidden, units);
                state[0] = load_part(h + old, units);
                next[0] = load_part(h + new, units);
                if (STATES > 1) {
                    state[1] = load_part(c + old, units);
                    next[1] = load_part(c + new, units);
                    gradient[1] = load_part(dc + carried, units);
                }
                CELL(backward)(keep, state, next, gradient, flags);
                for (int block = 0; block < SAVED; ++block) store_part(keep[block], kept + block * hidden, units);
                if (STATES > 1) store_part(gradient[1], dc + carried, units);
            }
            store_part(gradient[0], dh + carried, units);
        }
    }
}
