// Rows of a table by index, and the gradient's way back: rows that share an index are added in order by one work item a
// column, so no atomics and the same sum every time. `order` and `segments` come from the host (IndexOrder).

kernel void gather(const int columns, const int accumulate, global const float *table, const int table_offset,
                   const int table_row, global const int *restrict indices, global float *y, const int y_offset,
                   const int y_row) {
    const int j = get_global_id(0), i = get_global_id(1);
    if (j >= columns) return;
    const int index = indices[i], to = y_offset + i * y_row + j;
    const float value = index < 0 ? 0.0f : table[table_offset + index * table_row + j];
    y[to] = accumulate ? y[to] + value : value;
}

kernel void scatter_add(const int columns, global const float *restrict dy, global const int *restrict indices,
                        global const int *restrict order, global const int *restrict segments,
                        global float *restrict table) {
    const int j = get_global_id(0), segment = get_global_id(1);
    if (j >= columns) return;
    const int to = indices[order[segments[segment]]] * columns + j;
    float sum = table[to];
    for (int at = segments[segment]; at < segments[segment + 1]; ++at) sum += dy[order[at] * columns + j];
    table[to] = sum;
}
