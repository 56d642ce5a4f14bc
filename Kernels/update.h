// One step of an optimizer for one number w: once, for C vectors, OpenCL vectors and OpenCL scalars alike.
//
// g is the gradient already clipped; m[0], m[1], m[2] are the rule's moments, zero at the start, and n its numbers, each in
// the order of the rule in Sources/UnrollCompute/UpdateRule.swift. PyTorch's formulas. η is the rate; a weight decay λ
// enters the gradient, g ← g + λ·w, but for AdamW's.

enum { UPDATE_SGD, UPDATE_ADAM, UPDATE_NADAM, UPDATE_RMSPROP, UPDATE_ADAGRAD, UPDATE_ADADELTA, UPDATE_AVERAGE };

// Stochastic gradient descent with momentum μ: v ← μ·v + g;  w ← w − η·v.
INLINE real sgd(const real w, const real g, real *v, const float rate, const float momentum) {
    *v = momentum * *v + g;
    return w - rate * *v;
}

// Adam (Kingma & Ba 2015), decoupled decay (AdamW, Loshchilov & Hutter 2019) and a look ahead (Nadam, Dozat 2016):
//     m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      d = √v/√(1 − β₂ᵗ) + ε
//     AdamW  w ← w·(1 − η·λ) − η/(1 − β₁ᵗ) · m/d             Nadam  w ← w − (a·m + c·g)/d
// The host knows the factors of step t. This gives d.
INLINE real adam_means(const real g, real *m, real *v, const float beta1, const float beta2, const float epsilon,
                       const float root) {
    *m = beta1 * *m + (1.0f - beta1) * g;
    *v = beta2 * *v + (1.0f - beta2) * (g * g);
    return sqrt_(*v) * root + epsilon;
}

// Root mean square of the gradients (Hinton 2012); centred, their deviation (Graves 2013):
//     v ← α·v + (1 − α)·g²      u ← α·u + (1 − α)·g      b ← μ·b + g / (√(v − u²) + ε)      w ← w − η·b
// Uncentred u stays zero. v − u² is a variance, not below zero but for rounding.
INLINE real rmsprop(const real w, const real g, real *v, real *b, real *u, const float rate, const float alpha,
                    const float epsilon, const float momentum, const float centred) {
    *v = alpha * *v + (1.0f - alpha) * (g * g);
    *u = centred * (alpha * *u + (1.0f - alpha) * g);
    const real variance = *v - *u * *u;
    *b = momentum * *b + g / (sqrt_(choose_(variance < 0.0f, real_of(0.0f), variance)) + epsilon);
    return w - rate * *b;
}

// Adagrad (Duchi et al. 2011): v ← v + g²;  w ← w − η·g / (√v + ε).
INLINE real adagrad(const real w, const real g, real *v, const float rate, const float epsilon) {
    *v = *v + g * g;
    return w - rate * (g / (sqrt_(*v) + epsilon));
}

// Adadelta (Zeiler 2012): v ← ρ·v + (1 − ρ)·g²;  Δ = g·√(u + ε)/√(v + ε);  u ← ρ·u + (1 − ρ)·Δ²;  w ← w − η·Δ.
INLINE real adadelta(const real w, const real g, real *v, real *u, const float rate, const float rho,
                     const float epsilon) {
    *v = rho * *v + (1.0f - rho) * (g * g);
    const real change = sqrt_(*u + epsilon) / sqrt_(*v + epsilon) * g;
    *u = rho * *u + (1.0f - rho) * (change * change);
    return w - rate * change;
}

// The new w, by any of the rules.
INLINE real updated(const int rule, const real w, const real gradient, real *m, const float *n) {
    switch (rule) {
        case UPDATE_SGD:
            return sgd(w, gradient + n[2] * w, m, n[0], n[1]);
        case UPDATE_ADAM: {
            const real d = adam_means(gradient + n[5] * w, m, m + 1, n[1], n[2], n[3], n[4]);
            return n[6] * w - n[0] * (m[0] / d);
        }
        case UPDATE_NADAM: {
            const real g = gradient + n[6] * w;
            const real d = adam_means(g, m, m + 1, n[2], n[3], n[4], n[5]);
            return w - (n[0] * m[0] + n[1] * g) / d;
        }
        case UPDATE_RMSPROP:
            return rmsprop(w, gradient + n[5] * w, m, m + 1, m + 2, n[0], n[1], n[2], n[3], n[4]);
        case UPDATE_ADAGRAD:
            return adagrad(w, gradient + n[2] * w, m, n[0], n[1]);
        case UPDATE_ADADELTA:
            return adadelta(w, gradient + n[3] * w, m, m + 1, n[0], n[1], n[2]);
        default:  // the mean of weights, on its way to another: w ← w + n·(g − w)
            return w + n[0] * (gradient - w);
    }
}

// A gradient no larger than ±limit. NaN passes.
INLINE real limited(const real g, const float limit) {
    return choose_(g > limit, real_of(limit), choose_(g < -limit, real_of(-limit), g));
}
