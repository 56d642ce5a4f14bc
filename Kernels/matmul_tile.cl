// C ← A·B (+ C) (+ bias) for GPUs, a tile of C a work-group. After prelude.cl and tile.cl; views and runs as in
// matmul_vector.cl. Few rows, few tiles and many have shapes of their own.

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void matmul(
    const int total, const int inner, const int all_rows, const int rows, const int columns, const int accumulate,
    const int has_bias, global const float *restrict a, const int a_offset, const int a_batch, const int a_row,
    const int a_column, global const float *restrict b, const int b_offset, const int b_batch, const int b_row,
    const int b_column, global const float *restrict bias, const int bias_offset, global float *restrict c,
    const int c_offset, const int c_batch, const int c_row) {
    LOCAL_TILES(t)
    const int first_row = (int)get_group_id(1) * TILE_M, first_column = (int)get_group_id(0) * TILE_N;
    for (int i = ITEM; i < TILE_M; i += ITEMS) {
        const int row = first_row + i;
        t.row[i] = row < all_rows ? a_offset + row / rows * a_batch + row % rows * a_row : -1;
    }
    for (int j = ITEM; j < TILE_N; j += ITEMS)
        t.column[j] = first_column + j < columns ? b_offset + (first_column + j) * b_column : -1;

    float sum[EACH_M][SUMS_N];
    int to[EACH_M];
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
        const int row = first_row + ROW(i);
        to[i] = row < all_rows ? c_offset + row / rows * c_batch + row % rows * c_row + first_column : -1;
#pragma unroll
        for (int j = 0; j < EACH_N; ++j) {
            const bool inside = to[i] >= 0 && first_column + COLUMN(j) < columns;
            sum[i][j] = inside && accumulate ? c[to[i] + COLUMN(j)] : 0.0f;
            if (inside && has_bias) sum[i][j] += bias[bias_offset + first_column + COLUMN(j)];
        }
    }
    const inner_dimension steps = {total, inner, a_column, a_batch, b_row, b_batch};
    add_product(sum, t, steps, a, a_column == 1, b, b_row == 1 && b_column != 1);
#pragma unroll
    for (int i = 0; i < EACH_M; ++i) {
#pragma unroll
        for (int j = 0; j < EACH_N; ++j)
            if (to[i] >= 0 && first_column + COLUMN(j) < columns) c[to[i] + COLUMN(j)] = sum[i][j];
    }
}
