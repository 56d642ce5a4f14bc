// The activations of gates and their slopes, as ONNX defines them. After functions.h and recurrence_options.h; a function
// that may be long is NOINLINE, for most cells have sigmoids and hyperbolic tangents.

#ifdef ACTIVATIONS
constant UnrollActivation chosen_activations[UNROLL_MAX_ACTIVATIONS] = ACTIVATIONS;
#endif

enum {
    ACTIVATION_SIGMOID,           // 1 / (1 + e⁻ˣ)
    ACTIVATION_TANH,              //
    ACTIVATION_RELU,              // max(x, 0)
    ACTIVATION_AFFINE,            // α·x + β
    ACTIVATION_LEAKY_RELU,        // x < 0: α·x
    ACTIVATION_THRESHOLDED_RELU,  // x > α: x, else 0
    ACTIVATION_SCALED_TANH,       // α·tanh(β·x)
    ACTIVATION_HARD_SIGMOID,      // α·x + β within 0 … 1
    ACTIVATION_ELU,               // x < 0: α·(eˣ − 1)
    ACTIVATION_SOFTSIGN,          // x / (1 + |x|)
    ACTIVATION_SOFTPLUS           // log(1 + eˣ)
};

NOINLINE real other_activation(const int function, const float alpha, const float beta, const real x) {
    const real zero = real_of(0.0f), one = real_of(1.0f);
    switch (function) {
        case ACTIVATION_RELU:
            return relu_(x);
        case ACTIVATION_AFFINE:
            return alpha * x + beta;
        case ACTIVATION_LEAKY_RELU:
            return choose_(x < 0.0f, alpha * x, x);
        case ACTIVATION_THRESHOLDED_RELU:
            return choose_(x > alpha, x, choose_(x <= alpha, zero, x));  // so that NaN passes
        case ACTIVATION_SCALED_TANH:
            return alpha * tanh_(beta * x);
        case ACTIVATION_HARD_SIGMOID: {
            const real y = alpha * x + beta;
            return choose_(y < 0.0f, zero, choose_(y > 1.0f, one, y));
        }
        case ACTIVATION_ELU:
            return choose_(x < 0.0f, alpha * (exp_(x) - 1.0f), x);
        case ACTIVATION_SOFTSIGN:
            return x / (1.0f + abs_(x));
        default: {
            // e to a power that is not above 0 does not overflow.
            const real above = choose_(x > 0.0f, x, zero);
            return above + log_(1.0f + exp_(-abs_(x)));
        }
    }
}

// From the output, so that nothing else need be saved.
NOINLINE real other_slope(const int function, const float alpha, const float beta, const real y) {
    const real zero = real_of(0.0f), one = real_of(1.0f);
    switch (function) {
        case ACTIVATION_AFFINE:
            return real_of(alpha);
        case ACTIVATION_LEAKY_RELU:
            return choose_(y > 0.0f, one, real_of(alpha));
        case ACTIVATION_SCALED_TANH:
            return beta * (alpha - y * y / alpha);
        case ACTIVATION_HARD_SIGMOID:
            return choose_(y > 0.0f, choose_(y < 1.0f, real_of(alpha), zero), zero);
        case ACTIVATION_ELU:
            return choose_(y > 0.0f, one, y + alpha);
        case ACTIVATION_SOFTSIGN: {
            const real rest = 1.0f - abs_(y);
            return rest * rest;
        }
        case ACTIVATION_SOFTPLUS:
            return 1.0f - exp_(-y);
        default:  // both kinds of relu
            return relu_slope(y);
    }
}

INLINE real activation(const UnrollActivation a, const real x) {
    if (a.function == ACTIVATION_SIGMOID) return sigmoid_(x);
    if (a.function == ACTIVATION_TANH) return tanh_(x);
    return other_activation(a.function, a.alpha, a.beta, x);
}

INLINE real activation_slope(const UnrollActivation a, const real y) {
    if (a.function == ACTIVATION_SIGMOID) return sigmoid_slope(y);
    if (a.function == ACTIVATION_TANH) return tanh_slope(y);
    return other_slope(a.function, a.alpha, a.beta, y);
}

INLINE real within(const real x, const float bound) {
    return choose_(x > bound, real_of(bound), choose_(x < -bound, real_of(-bound), x));
}

// A gate's activation of a pre-activation that may be clipped, and its slope, which is 0 where that was.
INLINE real gate(const UnrollCellOptions *options, const int index, const real a) {
    return activation(activation_of(options, index), flags_of(options) & CELL_HAS_CLIP ? within(a, options->clip) : a);
}

// The slope, unless y is what the activation makes of the end of a clip. That the host has worked out and y a device, which
// may have lost bits where numbers cancel (softplus, elu, hard sigmoid near 0).
INLINE real apart(const real y, const real bound, const real slope) {
    return choose_(abs_(y - bound) > 2e-6f * abs_(bound) + 3e-7f, slope, real_of(0.0f));
}

INLINE real gate_slope(const UnrollCellOptions *options, const int index, const real y) {
    const UnrollActivation a = activation_of(options, index);
    const real slope = activation_slope(a, y);
    if (!(flags_of(options) & CELL_HAS_CLIP)) return slope;
    const real lowest = real_of(options->ends[index][0]), highest = real_of(options->ends[index][1]);
    return apart(y, lowest, apart(y, highest, slope));
}
