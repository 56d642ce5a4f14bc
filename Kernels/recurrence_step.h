// What kernels of a step, or of all steps, are given of a sweep. Before them: prelude.cl, functions.h, philox.h, cells/, and
// recurrence_units.h, for which STEP_UNITS puts buffers together.
//
// Layouts as in RecurrentSweep: saved [rows, SAVED·hidden], states [rows + batch, hidden]. The `count` rows of a step
// begin at `start`, those of the step after, the first of them, at `next_start`, and what a row leaves that ends lies at
// `end`.

#define STEP_SIZES                                                                                                 \
    const int step, const int steps, const int start, const int count, const int next_start, const int next_count, \
        const int end, const int hidden, const UnrollCellOptions options

#define STEP_BUFFERS                                                                                       \
    global float *saved, global float *h, global float *c, global float *fed, global const float *factors, \
        global const float *peepholes, global const int *order, global float *output

#define GRADIENT_BUFFERS \
    global float *dh, global float *dc, global float *products, global float *flow, global const float *above

#define FORWARD_UNITS \
    { options, steps, hidden, hidden, saved, h, c, fed, factors, peepholes, order, 0, 0, 0, 0, 0 }
#define BACKWARD_UNITS \
    { options, steps, hidden, hidden, saved, h, c, fed, factors, peepholes, order, dh, dc, products, flow, above }
