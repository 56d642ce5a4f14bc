// Long short-term memory.   (Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000)
//
//     i, f, o = σ(x + q)             x = W·input + b,  q = R·h + bᵣ, a block for each of i f g o
//     g       = tanh(x + q)
//     c'      = f·c + i·g
//     h'      = o·tanh(c')
//
// Four gates, four saved blocks (i f g o, then their pre-activations' gradients), two states (h, c).

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const int flags) {
    const real i = sigmoid_(x[0] + q[0]);
    const real f = sigmoid_(x[1] + q[1]);
    const real g = tanh_(x[2] + q[2]);
    const real o = sigmoid_(x[3] + q[3]);
    (void)flags;

    next[1] = f * state[1] + i * g;
    next[0] = o * tanh_(next[1]);

    saved[0] = i;
    saved[1] = f;
    saved[2] = g;
    saved[3] = o;
}

//     ∂o = ∂h'·tanh(c')             ∂c' += ∂h'·o·(1 − tanh²(c'))
//     ∂i = ∂c'·g                    ∂f = ∂c'·c
//     ∂g = ∂c'·i                    ∂c = ∂c'·f
//
// each gate's ∂ then times the slope of its activation. Nothing of ∂h passes except through R.
INLINE void CELL(backward)(real *saved, const real *state, const real *next, real *gradient, const int flags) {
    const real i = saved[0], f = saved[1], g = saved[2], o = saved[3];
    const real u = tanh_(next[1]);
    const real dc = gradient[1] + gradient[0] * o * tanh_slope(u);
    (void)flags;

    saved[0] = dc * g * sigmoid_slope(i);
    saved[1] = dc * state[1] * sigmoid_slope(f);
    saved[2] = dc * i * tanh_slope(g);
    saved[3] = gradient[0] * u * sigmoid_slope(o);

    gradient[0] = real_of(0.0f);
    gradient[1] = dc * f;
}
