// C ← A·B (+ C) (+ bias) with tiles in local memory, for GPUs. A work-group of GROUP × GROUP items computes a TILE × TILE
// tile of C, each item EACH × EACH of its elements in registers; for every DEPTH steps of the inner dimension the group
// brings TILE × DEPTH of A and DEPTH × TILE of B into local memory. Every element of C is one sum in the order of k.
//
// Views and runs as in matmul_vector.cl.

#ifndef GROUP
#define GROUP 8  // items a side of the work-group (8, 16)
#endif
#ifndef EACH
#define EACH 4  // elements a side for each item (4, 8)
#endif
#ifndef DEPTH
#define DEPTH 16  // inner steps a round (8, 16, 32)
#endif
#define TILE (GROUP * EACH)

kernel __attribute__((reqd_work_group_size(GROUP, GROUP, 1))) void matmul(
    const int total, const int inner, const int all_rows, const int rows, const int columns, const int accumulate,
    const int has_bias, global const float *restrict a, const int a_offset, const int a_batch, const int a_row,
    const int a_column, global const float *restrict b, const int b_offset, const int b_batch, const int b_row,
    const int b_column, global const float *restrict bias, const int bias_offset, global float *restrict c,
    const int c_offset, const int c_batch, const int c_row) {
    local float a_tile[DEPTH][TILE + 1], b_tile[DEPTH][TILE + 1];  // + 1: columns fall into different banks
    const int x = get_local_id(0), y = get_local_id(1), item = y * GROUP + x;
    const int first_row = (int)get_group_id(1) * TILE, first_column = (int)get_group_id(0) * TILE;
    float sum[EACH][EACH];
    for (int i = 0; i < EACH; ++i) {
        for (int j = 0; j < EACH; ++j) {
            const int row = first_row + i * GROUP + y, column = first_column + j * GROUP + x;
            sum[i][j] = 0.0f;
            if (row >= all_rows || column >= columns) continue;
            if (accumulate) sum[i][j] = c[c_offset + row / rows * c_batch + row % rows * c_row + column];
            if (has_bias) sum[i][j] += bias[bias_offset + column];
        }
    }
    for (int start = 0; start < total; start += DEPTH) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int at = item; at < TILE * DEPTH; at += GROUP * GROUP) {
            // Neighbouring items read along whichever way is contiguous.
            const int ka = a_column == 1 ? at % DEPTH : at / TILE, i = a_column == 1 ? at / DEPTH : at % TILE;
            const int row = first_row + i, k = start + ka;
            a_tile[ka][i] =
                row < all_rows && k < total
                    ? a[a_offset + (k / inner + row / rows) * a_batch + row % rows * a_row + k % inner * a_column]
                    : 0.0f;
            const int kb = b_column == 1 ? at / TILE : at % DEPTH, j = b_column == 1 ? at % TILE : at / DEPTH;
            const int column = first_column + j, l = start + kb;
            b_tile[kb][j] = column < columns && l < total
                                ? b[b_offset + l / inner * b_batch + l % inner * b_row + column * b_column]
                                : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < DEPTH; ++k) {
            float left[EACH], right[EACH];
            for (int i = 0; i < EACH; ++i) left[i] = a_tile[k][i * GROUP + y];
            for (int j = 0; j < EACH; ++j) right[j] = b_tile[k][j * GROUP + x];
            for (int i = 0; i < EACH; ++i) {
                for (int j = 0; j < EACH; ++j) sum[i][j] = fma(left[i], right[j], sum[i][j]);
            }
        }
    }
    for (int i = 0; i < EACH; ++i) {
        for (int j = 0; j < EACH; ++j) {
            const int row = first_row + i * GROUP + y, column = first_column + j * GROUP + x;
            if (row < all_rows && column < columns)
                c[c_offset + row / rows * c_batch + row % rows * c_row + column] = sum[i][j];
        }
    }
}
