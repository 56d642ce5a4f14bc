// Sums and maxima over the rows of a view, in two passes. The first: slot s of a column takes rows s, s + slots,
// s + 2·slots, … so that neighbours read neighbouring numbers whether columns or rows are contiguous. The second adds the
// slots in order. The number of slots depends on the shape alone, so the order of every sum does.
// After prelude.cl.

enum { SUM, SUM_OF_SQUARES, MAXIMUM };

INLINE real gathered(const int reduction, const real result, const real value) {
    if (reduction == MAXIMUM) return fmax(result, value);
    return result + (reduction == SUM ? value : value * value);
}

// A work item makes VECTOR neighbours of the [slots, columns] partial results of a batch.
kernel void reduce_slots(const int reduction, const int batches, const int rows, const int columns, const int slots,
                         global const float *restrict x, VIEW(x), global float *restrict partial) {
    const int items = (slots * columns + VECTOR - 1) / VECTOR, item = get_global_id(0);
    if (item >= batches * items) return;
    const int batch = item / items, first = item % items * VECTOR, count = min(VECTOR, slots * columns - first);
    global float *to = partial + batch * slots * columns + first;
    const float neutral = reduction == MAXIMUM ? -INFINITY : 0.0f;

    // Vectors as far as every lane has a row, if the lanes lie side by side; what is left, and other views, lane by lane.
    const int slot = first / columns, last = (first + VECTOR - 1) / columns;
    const bool together = x_column == 1 && (x_row == columns || slot == last) && count == VECTOR;
    real result = real_of(neutral);
    int done = 0;
    if (together) {
        global const float *from = &AT(x, batch, slot, first % columns);
        for (; done + last < rows; done += slots) result = gathered(reduction, result, vload_(0, from + done * x_row));
    }
    float lanes[VECTOR];
    vstore_(result, 0, lanes);
    for (int lane = 0; lane < count; ++lane) {
        const int at = first + lane;
        for (int row = done + at / columns; row < rows; row += slots) {
            const float value = AT(x, batch, row, at % columns);
            if (reduction == MAXIMUM) {
                lanes[lane] = fmax(lanes[lane], value);
            } else {
                lanes[lane] += reduction == SUM ? value : value * value;
            }
        }
    }
    store_part(vload_(0, lanes), to, count);
}

kernel void reduce_finish(const int reduction, const int accumulate, const float scale, const int batches,
                          const int columns, const int slots, global const float *restrict partial, const int y_offset,
                          global float *restrict y) {  // [batches, columns]
    const int item = get_global_id(0);
    if (item >= batches * columns) return;
    global const float *from = partial + item / columns * slots * columns + item % columns;
    float result = from[0];
    for (int slot = 1; slot < slots; ++slot) {
        const float value = from[slot * columns];
        result = reduction == MAXIMUM ? fmax(result, value) : result + value;
    }
    if (reduction != MAXIMUM) result *= scale;
    y[y_offset + item] = accumulate ? y[y_offset + item] + result : result;
}
