// Long short-term memory before it had gates: the carousel alone.   (the constant error carousel of Hochreiter &
// Schmidhuber 1997)
//
//     g  = tanh(x + q)               x = W·input + b,  q = R·h + bᵣ
//     c' = c + g
//     h' = tanh(c')
//
// One gate, one saved block (g, then its pre-activation's gradient), two states (h, c).

INLINE real CELL(memory)(const real g, const real *state, const real *extra, const UnrollCellOptions *options) {
    const real c = state[1] + g * extra[EXTRA_CANDIDATE];
    return flags_of(options) & CELL_HAS_STATE_CLIP ? within(c, options->state_clip) : c;
}

// h' of c', or of c' normalised.
INLINE real CELL(reveal)(const real *saved, const real m, const UnrollCellOptions *options) {
    (void)saved;
    return activation(activation_of(options, 1), m);
}

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const real *extra,
                          const UnrollCellOptions *options) {
    saved[0] = gate(options, 0, x[0] + q[0]);
    next[1] = CELL(memory)(saved[0], state, extra, options);
    next[0] = CELL(reveal)(saved, next[1], options);
}

// The gradient of c', or of what it becomes normalised; then, of a normalised c', gradient[0] is its gradient already.
INLINE real CELL(conceal)(real *saved, const real m, const real dh, const UnrollCellOptions *options) {
    return dh * activation_slope(activation_of(options, 1), CELL(reveal)(saved, m, options));
}

INLINE void CELL(backward)(real *saved, const real *state, real *gradient, real *extra,
                           const UnrollCellOptions *options) {
    const real c = CELL(memory)(saved[0], state, extra, options);
    if (!(flags_of(options) & CELL_IS_NORMALIZED)) gradient[0] = CELL(conceal)(saved, c, gradient[0], options);
    real dc = gradient[1] + gradient[0];
    if (flags_of(options) & CELL_HAS_STATE_CLIP) dc = choose_(abs_(c) < options->state_clip, dc, real_of(0.0f));
    saved[0] = dc * extra[EXTRA_CANDIDATE] * gate_slope(options, 0, saved[0]);
    gradient[0] = real_of(0.0f);
    gradient[1] = dc;
}
