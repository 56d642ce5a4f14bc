// The recurrent weight as recurrence_vector.cl reads it. After prelude.cl; GATES comes from the host.
//
// Forward the weight is packed so that the gates of VECTOR units lie side by side, backward as it lies:
//
//     forward    panel u:  [k = hidden][ gate 0 | gate 1 | … ] of units u·VECTOR …
//     backward   panel p:  [k = gates·hidden][ COLUMNS units ]

#define COLUMNS (4 * VECTOR)  // as there

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
