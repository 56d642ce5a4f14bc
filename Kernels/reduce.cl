// Sums and maxima over the rows of a view, in two passes. The first: slot s of a column takes rows s, s + slots,
// s + 2·slots, … so that neighbouring work items read neighbouring numbers whether columns or rows are contiguous. The
// second adds the slots in order. The number of slots depends on the shape alone, so the order of every sum does.

enum { SUM, SUM_OF_SQUARES, MAXIMUM };

kernel void reduce_slots(const int reduction, const int batches, const int rows, const int columns, const int slots,
                         global const float *restrict x, const int x_offset, const int x_batch, const int x_row,
                         const int x_column, global float *restrict partial) {  // [batches, slots, columns]
    const int item = get_global_id(0);
    if (item >= batches * slots * columns) return;
    const int column = item % columns, slot = item / columns % slots, batch = item / columns / slots;
    global const float *from = x + x_offset + batch * x_batch + column * x_column;
    float result = reduction == MAXIMUM ? -INFINITY : 0.0f;
    for (int row = slot; row < rows; row += slots) {
        const float value = from[row * x_row];
        result = reduction == MAXIMUM ? fmax(result, value) : result + (reduction == SUM ? value : value * value);
    }
    partial[item] = result;
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
