// The stages of recurrence_rows.h as kernels, a work-group for each row of a step. After recurrence_team.cl and it. A stage
// reads of its arguments what it needs; one that is not there is another buffer. `team`: ITEMS numbers; as a
// variable of the kernel PoCL 3.1 may make it one for all threads. `…_at`: where the step's rows begin.

#define STAGE_BUFFERS                                                                                                  \
    const int width, global float *x, global float *q, const int q_at, global float *v, global float *memory,          \
        global float *m, const int m_at, global const float *input_bias, global const float *bias,                     \
        global const float *input_gain, global const float *recurrent_gain, global const float *memory_gain,           \
        global const float *memory_bias, global float *gains, global float *from, const int from_at, global float *to, \
        const int to_at, local float *team

#define ROW_UNITS                                                                                                     \
    {                                                                                                                 \
        {options, steps, hidden, width, saved, h, c, fed, factors, peepholes, order, dh, dc, products, flow, above},  \
            x, q + q_at, v, memory, m + m_at, input_bias, bias, input_gain, recurrent_gain, memory_gain, memory_bias, \
            gains                                                                                                     \
    }

#define STAGE(name)                                                      \
    kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void name( \
        STEP_SIZES, STEP_BUFFERS, const int output_at, const int output_row, GRADIENT_BUFFERS, STAGE_BUFFERS)

STAGE(settle_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0), new = (row < next_count ? next_start : end) + row;
    settle_row(TEAM & units, step, row, start + row, new, from + from_at, output + output_at + row * output_row);
}

STAGE(unsettle_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0);
    unsettle_row(TEAM & units, step, row, start + row, row < next_count, from + from_at,
                 output + output_at + row * output_row, to + to_at);
}

STAGE(units_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0), new = (row < next_count ? next_start : end) + row;
    CELL(forward_row)(TEAM & units, step, row, start + row, new, output + output_at + row * output_row);
}

STAGE(units_backward_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0);
    CELL(backward_row)
    (TEAM & units, step, row, start + row, row < next_count, from + from_at, output + output_at + row * output_row);
}

#if FIRST_GATES < GATES

STAGE(reset_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0);
    CELL(reset_row)(TEAM & units, row, start + row);
}

STAGE(reset_backward_stage) {
    const RowUnits units = ROW_UNITS;
    const int row = get_group_id(0);
    CELL(reset_backward_row)(TEAM & units, row, start + row, from + from_at);
}

#endif
