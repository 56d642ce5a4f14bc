// Gated recurrent unit, the reset gate applied after the recurrent matmul.   (Cho et al. 2014; this form: cuDNN, PyTorch)
//
//     r, z = σ(x + q)                x = W·input + b,  q = R·h + bᵣ, a block for each of r z n
//     n    = tanh(xₙ + r·qₙ)
//     h'   = (1 − z)·n + z·h
//
// Three gates, four saved blocks, one state (h). The saved blocks are r z qₙ n, in which n's input side and its
// recurrent side stand apart: after the backward pass the first three are ∂q, and r, z and the last are ∂x.

INLINE void CELL(forward)(const real *x, const real *q, const real *state, real *next, real *saved, const int flags) {
    const real r = sigmoid_(x[0] + q[0]);
    const real z = sigmoid_(x[1] + q[1]);
    const real n = tanh_(x[2] + r * q[2]);
    (void)flags;

    next[0] = n + z * (state[0] - n);

    saved[0] = r;
    saved[1] = z;
    saved[2] = q[2];
    saved[3] = n;
}

//     ∂n = ∂h'·(1 − z)    ∂z = ∂h'·(h − n)    ∂r = ∂aₙ·qₙ    ∂qₙ = ∂aₙ·r    ∂h = ∂h'·z (+ Rᵀ·∂q)
INLINE void CELL(backward)(real *saved, const real *state, const real *next, real *gradient, const int flags) {
    const real r = saved[0], z = saved[1], qn = saved[2], n = saved[3];
    const real dn = gradient[0] * (1.0f - z) * tanh_slope(n);
    (void)next, (void)flags;

    saved[0] = dn * qn * sigmoid_slope(r);
    saved[1] = gradient[0] * (state[0] - n) * sigmoid_slope(z);
    saved[2] = dn * r;
    saved[3] = dn;

    gradient[0] = gradient[0] * z;
}
