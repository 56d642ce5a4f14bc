// The simple recurrent cell.   (Elman 1990; with relu, Le, Jaitly & Hinton 2015)
//
//     h' = φ(x + q)        x = W·input + b,  q = R·h + bᵣ,  φ = tanh or relu
//
// One gate, one saved block (h' itself, then its pre-activation's gradient), one state (h).

enum { RNN_RELU = 1 };  // flags

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const int flags) {
    const real a = x[0] + q[0];
    (void)state;
    next[0] = (flags & RNN_RELU) ? relu_(a) : tanh_(a);
    saved[0] = next[0];
}

// ∂a = ∂h'·φ'(a), the slope read off the output: 1 − h'² or [h' > 0]. Nothing of ∂h passes except through R.
INLINE void CELL(backward)(real *saved, const real *state, const real *next, real *gradient, const int flags) {
    const real h = saved[0];
    (void)state, (void)next;
    saved[0] = gradient[0] * ((flags & RNN_RELU) ? relu_slope(h) : tanh_slope(h));
    gradient[0] = real_of(0.0f);
}
