// Long short-term memory.   (Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000)
//
//     i, f, o = σ(x + q)             x = W·input + b,  q = R·h + bᵣ, a block for each of i f g o
//     g       = tanh(x + q)
//     c'      = f·c + i·g
//     h'      = o·tanh(c')
//
// Four gates, four saved blocks (i f g o, then their pre-activations' gradients), two states (h, c). With peepholes (Gers &
// Schmidhuber 2000) i and f also see pᵢ·c and p_f·c, and o sees pₒ·c'; coupled gates (Greff et al. 2017) have f = 1 − i;
// dropped candidates (Semeniuta et al. 2016) are those of g. With layer normalisation (Ba et al. 2016) h' = o·tanh(LN(c')).
//
// BELOW: a gate between the cells of adjacent layers (Yao et al. 2015), which no h is fed to; m is c' of the layer below,
//
//     d  = σ(x + p_d·c + p_b·m)      c' = f·c + i·g + d·m
//
// two more saved blocks, d and m, which end as the gradients of d's pre-activation and of m.

INLINE real CELL(memory)(const real *saved, const real *state, const real *extra, const UnrollCellOptions *options) {
    real c = saved[1] * state[1] + saved[0] * (saved[2] * extra[EXTRA_CANDIDATE]);
#if BELOW
    c += saved[4] * saved[5];
#endif
    return flags_of(options) & CELL_HAS_STATE_CLIP ? within(c, options->state_clip) : c;
}

// h' of the saved gates and c', or of c' normalised.
INLINE real CELL(reveal)(const real *saved, const real m, const UnrollCellOptions *options) {
    return saved[3] * activation(activation_of(options, 4), m);
}

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const real *extra,
                          const UnrollCellOptions *options) {
    const real i = gate(options, 0, x[0] + q[0] + extra[EXTRA_PEEPHOLE_I] * state[1]);
    saved[0] = i;
    saved[1] = flags_of(options) & CELL_IS_COUPLED ? 1.0f - i
                                                   : gate(options, 1, x[1] + q[1] + extra[EXTRA_PEEPHOLE_F] * state[1]);
    saved[2] = gate(options, 2, x[2] + q[2]);
#if BELOW
    saved[4] = gate(options, 5, x[4] + extra[EXTRA_PEEPHOLE_D] * state[1] + extra[EXTRA_PEEPHOLE_B] * x[5]);
    saved[5] = x[5];
#endif
    const real c = CELL(memory)(saved, state, extra, options);
    saved[3] = gate(options, 3, x[3] + q[3] + extra[EXTRA_PEEPHOLE_O] * c);

    next[1] = c;
    next[0] = CELL(reveal)(saved, c, options);
}

//     ∂o = ∂h'·tanh(c')             ∂c' += ∂h'·o·(1 − tanh²(c')) + pₒ·∂aₒ
//     ∂i = ∂c'·g (− ∂f if coupled)  ∂f = ∂c'·c
//     ∂g = ∂c'·i                    ∂c = ∂c'·f + pᵢ·∂aᵢ + p_f·∂a_f (+ p_d·∂a_d)
//     ∂d = ∂c'·m                    ∂m = ∂c'·d + p_b·∂a_d
//
// each gate's ∂a is its ∂ times the slope of its activation. Nothing of ∂h passes except through R. What is to be summed
// for a peephole takes its place in `extra`. What comes of h' is `conceal`: of a normalised c' the row has it done already,
// and gradient[0] is that of c'.
INLINE real CELL(conceal)(real *saved, const real m, const real dh, const UnrollCellOptions *options) {
    const real o = saved[3], u = activation(activation_of(options, 4), m);
    saved[3] = dh * u * gate_slope(options, 3, o);
    return dh * o * activation_slope(activation_of(options, 4), u);
}

INLINE void CELL(backward)(real *saved, const real *state, real *gradient, real *extra,
                           const UnrollCellOptions *options) {
    const real i = saved[0], f = saved[1], g = saved[2];
    const bool is_coupled = flags_of(options) & CELL_IS_COUPLED;
    const real c = CELL(memory)(saved, state, extra, options);

    if (!(flags_of(options) & CELL_IS_NORMALIZED)) gradient[0] = CELL(conceal)(saved, c, gradient[0], options);
    real dc = gradient[1] + gradient[0];
    dc += extra[EXTRA_PEEPHOLE_O] * saved[3];
    if (flags_of(options) & CELL_HAS_STATE_CLIP) dc = choose_(abs_(c) < options->state_clip, dc, real_of(0.0f));

    const real df = dc * state[1], di = dc * (g * extra[EXTRA_CANDIDATE]);
    saved[0] = (is_coupled ? di - df : di) * gate_slope(options, 0, i);
    saved[1] = is_coupled ? real_of(0.0f) : df * gate_slope(options, 1, f);
    saved[2] = dc * i * extra[EXTRA_CANDIDATE] * gate_slope(options, 2, g);

    gradient[0] = real_of(0.0f);
    gradient[1] = dc * f + extra[EXTRA_PEEPHOLE_I] * saved[0] + extra[EXTRA_PEEPHOLE_F] * saved[1];
#if BELOW
    const real d = saved[4], m = saved[5];
    saved[4] = dc * m * gate_slope(options, 5, d);
    saved[5] = dc * d + extra[EXTRA_PEEPHOLE_B] * saved[4];
    gradient[1] += extra[EXTRA_PEEPHOLE_D] * saved[4];
    extra[EXTRA_PEEPHOLE_D] = saved[4] * state[1];
    extra[EXTRA_PEEPHOLE_B] = saved[4] * m;
#endif
    extra[EXTRA_PEEPHOLE_I] = saved[0] * state[1];
    extra[EXTRA_PEEPHOLE_F] = saved[1] * state[1];
    extra[EXTRA_PEEPHOLE_O] = saved[3] * c;
}
