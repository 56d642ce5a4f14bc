// One step of an optimizer for one number: once, for C vectors, OpenCL vectors and OpenCL scalars alike.
// `g` is the gradient already times the clip factor. PyTorch's formulas and defaults.

// Stochastic gradient descent with momentum: v ← μ·v + g;  w ← w − η·v.   (weight decay λ enters the gradient)
INLINE real sgd(real w, real g, real *v, const float rate, const float momentum, const float decay) {
    g = g + decay * w;
    *v = momentum * *v + g;
    return w - rate * *v;
}

// Adam (Kingma & Ba 2015) and, with decoupled decay, AdamW (Loshchilov & Hutter 2019).
//     m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      w ← w·(1 − η·λ') − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
// `rate` is η/(1 − β₁ᵗ), `root` is 1/√(1 − β₂ᵗ), `keep` is 1 − η·λ' (1 for Adam), `decay` is λ of Adam (0 for AdamW).
INLINE real adam(real w, real g, real *m, real *v, const float rate, const float beta1, const float beta2,
                 const float epsilon, const float root, const float decay, const float keep) {
    g = g + decay * w;
    *m = beta1 * *m + (1.0f - beta1) * g;
    *v = beta2 * *v + (1.0f - beta2) * (g * g);
    return keep * w - rate * (*m / (sqrt_(*v) * root + epsilon));
}
