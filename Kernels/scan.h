// Recurrences whose units do not look at each other: once, for C vectors, OpenCL vectors and OpenCL scalars alike.
// After functions.h, philox.h, recurrence_options.h and activations.h. The numbers of the cases are those of `ScanKind` in
// Sources/UnrollCompute/Scan.swift.
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

// MARK: Options
//
//     h' = s·h + (1 − s)·ĥ        s = 1 where zoneout leaves h as it was, else 0; in inference how often
//
// where ĥ is the h' from above with the candidate, g(v) or the x₀ of the independent kinds, times d: 0 where it is dropped,
// else 1/(1 − p). Inputs, of the independent kinds all that goes into φ, are held within a clip. What was linear in h still
// is: a ← s + (1 − s)·a and b ← (1 − s)·d·b.

// A step of VECTOR units. Whether it is `optional`, that is whether any flag is set, is known before a loop begins.
typedef struct {
    int kind;
    bool optional;
    const UnrollCellOptions *options;
    real stays, drop;
} ScanStep;

// At this place in [batch, steps]. The random words are those of the other recurrences, in recurrence_units.h.
INLINE ScanStep scan_step(const int kind, const bool optional, const UnrollCellOptions *options, const place at,
                          const place unit) {
    ScanStep step = {kind, optional, options, real_of(0.0f), real_of(1.0f)};
    if (optional && flags_of(options) & CELL_IS_RANDOM) {
        philox_word words[4];
        words[0] = philox_word_of(unit) + lanes_;
        words[1] = philox_word_of(at);
        words[2] = philox_word_of(0);
        words[3] = philox_word_of(1);
        philox(words, options->key[0], options->key[1]);
        step.stays = choose_(words[0] < philox_word_of(options->zoneout[0]), real_of(1.0f), real_of(0.0f));
        step.drop = choose_(words[2] < philox_word_of(options->drop), real_of(0.0f), real_of(options->drop_scale));
    } else if (optional && flags_of(options) & CELL_IS_EXPECTED) {
        step.stays = real_of(options->staying[0]);
    }
    return step;
}

INLINE real scan_held(const ScanStep *s, const real x) {
    return s->optional && flags_of(s->options) & CELL_HAS_CLIP ? within(x, s->options->clip) : x;
}
// The gradient of x from that of the same, held.
INLINE real scan_freed(const ScanStep *s, const real x, const real d) {
    if (!s->optional || !(flags_of(s->options) & CELL_HAS_CLIP)) return d;
    return choose_(abs_(x) > s->options->clip, real_of(0.0f), d);
}

// Of the kinds that are linear in h: h' = a·h + b.
INLINE void scan_line(const ScanStep *s, const real *x, real *a, real *b) {
    if (!s->optional) {
        scan_coefficients(s->kind, x, a, b);
        return;
    }
    real held[SCAN_MOST_GATES];
    for (int gate = 0; gate < scan_gates(s->kind); ++gate) held[gate] = scan_held(s, x[gate]);
    scan_coefficients(s->kind, held, a, b);
    *a = s->stays + (1.0f - s->stays) * *a;
    *b = (1.0f - s->stays) * s->drop * *b;
}

// dx from da and db.
INLINE void scan_line_pullback(const ScanStep *s, const real *x, const real da, const real db, real *dx) {
    if (!s->optional) {
        scan_pullback(s->kind, x, da, db, dx);
        return;
    }
    const real goes = 1.0f - s->stays;
    real held[SCAN_MOST_GATES];
    for (int gate = 0; gate < scan_gates(s->kind); ++gate) held[gate] = scan_held(s, x[gate]);
    scan_pullback(s->kind, held, goes * da, goes * s->drop * db, dx);
    for (int gate = 0; gate < scan_gates(s->kind); ++gate) dx[gate] = scan_freed(s, x[gate], dx[gate]);
}

// h' of the independent kinds.
INLINE real scan_bend(const ScanStep *s, const real x, const real u, const real h) {
    if (!s->optional) return scan_activation(s->kind, u * h + x);
    const real bent = activation(activation_of(s->options, 0), scan_held(s, u * h + s->drop * x));
    return s->stays * h + (1.0f - s->stays) * bent;
}

// From ∂h' to dx; in `a` how h' changes with h. The result, times h, is the weight's gradient. `y`: h'.
INLINE real scan_bend_pullback(const ScanStep *s, const real x, const real u, const real h, const real y, const real dh,
                               real *dx, real *a) {
    if (!s->optional) {
        const real slope = scan_activation_slope(s->kind, y);
        *a = u * slope;
        return *dx = dh * slope;
    }
    const UnrollActivation function = activation_of(s->options, 0);
    const real sum = u * h + s->drop * x;
    const real bent = activation_slope(function, activation(function, scan_held(s, sum)));
    const real slope = (1.0f - s->stays) * scan_freed(s, sum, bent);
    *a = s->stays + u * slope;
    *dx = dh * slope * s->drop;
    return dh * slope;
}
