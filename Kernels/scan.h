// Recurrences whose units do not look at each other: once, for C vectors, OpenCL vectors and OpenCL scalars alike.
// After functions.h. The numbers of the cases are those of `ScanKind` in Sources/UnrollCompute/Scan.swift.
//
//     linear           h' = x₀·h + x₁
//     minGRU           h' = (1 − z)·h + z·g(v)        z = σ(x₀), v = x₁                          (Feng et al. 2024)
//     minLSTM          h' = f'·h + i'·g(v)            f' = f/(f + i), i' = i/(f + i), f = σ(x₀), i = σ(x₁), v = x₂
//     independent      h' = φ(x₀ + u·h)               φ = relu or tanh, u a weight               (IndRNN, Li et al. 2018)
//
// with g(v) = v + ½ where v ≥ 0, else σ(v): positive and rising, so that states that begin positive stay so. The factors of
// h and g(v) lie in [0, 1] and add up to 1, which keeps states between the candidates: the logarithms of the paper's own
// code stand in for a scan, and are not needed where there is one.

enum { SCAN_LINEAR, SCAN_MINGRU, SCAN_MINLSTM, SCAN_INDEPENDENT_RELU, SCAN_INDEPENDENT_TANH };

enum { SCAN_MOST_GATES = 3 };

INLINE int scan_gates(const int kind) { return kind == SCAN_MINLSTM ? 3 : kind <= SCAN_MINGRU ? 2 : 1; }

INLINE real scan_candidate(const real v) { return choose_(v < 0.0f, sigmoid_(v), v + 0.5f); }
INLINE real scan_candidate_slope(const real v) { return choose_(v < 0.0f, sigmoid_slope(sigmoid_(v)), real_of(1.0f)); }

// i/f = (1 + exp(−x₀)) / (1 + exp(−x₁)), with what may overflow taken out of both sums.
INLINE real scan_input_over_forget(const real forget, const real input) {
    const real of_forget = 1.0f + exp_(-abs_(forget)), of_input = 1.0f + exp_(-abs_(input));
    return exp_(relu_(-forget) - relu_(-input)) * (of_forget / of_input);
}

// h' = a·h + b of the kinds that are linear in h.
INLINE void scan_coefficients(const int kind, const real *x, real *a, real *b) {
    if (kind == SCAN_LINEAR) {
        *a = x[0];
        *b = x[1];
    } else if (kind == SCAN_MINGRU) {
        *a = sigmoid_(-x[0]);
        *b = sigmoid_(x[0]) * scan_candidate(x[1]);
    } else {
        const real ratio = scan_input_over_forget(x[0], x[1]);
        *a = 1.0f / (1.0f + ratio);
        *b = 1.0f / (1.0f + 1.0f / ratio) * scan_candidate(x[2]);
    }
}

// dx from da and db.
INLINE void scan_pullback(const int kind, const real *x, const real da, const real db, real *dx) {
    if (kind == SCAN_LINEAR) {
        dx[0] = da;
        dx[1] = db;
    } else if (kind == SCAN_MINGRU) {
        const real z = sigmoid_(x[0]);
        dx[0] = (db * scan_candidate(x[1]) - da) * z * sigmoid_(-x[0]);
        dx[1] = db * z * scan_candidate_slope(x[1]);
    } else {
        const real ratio = scan_input_over_forget(x[0], x[1]);
        const real forget = 1.0f / (1.0f + ratio), input = 1.0f / (1.0f + 1.0f / ratio);
        const real towards_forget = (da - db * scan_candidate(x[2])) * forget * input;
        dx[0] = towards_forget * sigmoid_(-x[0]);
        dx[1] = -towards_forget * sigmoid_(-x[1]);
        dx[2] = db * input * scan_candidate_slope(x[2]);
    }
}

INLINE real scan_activation(const int kind, const real x) {
    return kind == SCAN_INDEPENDENT_RELU ? relu_(x) : tanh_(x);
}
INLINE real scan_activation_slope(const int kind, const real y) {
    return kind == SCAN_INDEPENDENT_RELU ? relu_slope(y) : tanh_slope(y);
}
