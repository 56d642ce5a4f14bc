// Functions of one and two numbers and their slopes: once, for C vectors, OpenCL vectors and OpenCL scalars alike.
//
// Whoever includes this text provides the type `real` and, over it,
//     real_of(float)                       a number in every lane
//     choose_(condition, a, b)             a where the comparison holds, else b
//     exp_ log_ sqrt_ abs_ tanh_ sigmoid_  and the comparisons < > ==
// The numbers of the cases are those of `UnaryFunction` and `BinaryFunction` in Sources/UnrollCompute/Functions.swift.

// Slopes in terms of the function's own output, so that nothing else need be saved.
INLINE real sigmoid_slope(const real s) { return s * (1.0f - s); }
INLINE real tanh_slope(const real t) { return 1.0f - t * t; }
INLINE real relu_(const real x) { return choose_(x < 0.0f, real_of(0.0f), x); }  // so written that NaN passes
INLINE real relu_slope(const real y) { return choose_(y > 0.0f, real_of(1.0f), real_of(0.0f)); }

enum {
    UNARY_AFFINE,      // α·x + β
    UNARY_SIGMOID,     // 1 / (1 + e⁻ˣ)
    UNARY_TANH,        //
    UNARY_RELU,        // max(x, 0)
    UNARY_EXP,         //
    UNARY_LOG,         //
    UNARY_SQRT,        //
    UNARY_SQUARE,      // x²
    UNARY_RECIPROCAL,  // 1 / x
    UNARY_ABSOLUTE,    // |x|
    UNARY_CLIP_FACTOR  // min(1, α / (√x + β)): x a sum of squares, the result what brings its root down to α
};

INLINE real unary(const int function, const real x, const float alpha, const float beta) {
    switch (function) {
        case UNARY_AFFINE:
            return alpha * x + beta;
        case UNARY_SIGMOID:
            return sigmoid_(x);
        case UNARY_TANH:
            return tanh_(x);
        case UNARY_RELU:
            return relu_(x);
        case UNARY_EXP:
            return exp_(x);
        case UNARY_LOG:
            return log_(x);
        case UNARY_SQRT:
            return sqrt_(x);
        case UNARY_SQUARE:
            return x * x;
        case UNARY_RECIPROCAL:
            return 1.0f / x;
        case UNARY_ABSOLUTE:
            return abs_(x);
        default:
            break;
    }
    const real factor = alpha / (sqrt_(x) + beta);
    return choose_(factor > 1.0f, real_of(1.0f), factor);
}

// dy/dx from the input x and the output y.
INLINE real unary_slope(const int function, const real x, const real y, const float alpha) {
    switch (function) {
        case UNARY_AFFINE:
            return real_of(alpha);
        case UNARY_SIGMOID:
            return sigmoid_slope(y);
        case UNARY_TANH:
            return tanh_slope(y);
        case UNARY_RELU:
            return relu_slope(y);
        case UNARY_EXP:
            return y;
        case UNARY_LOG:
            return 1.0f / x;
        case UNARY_SQRT:
            return 0.5f / y;
        case UNARY_SQUARE:
            return 2.0f * x;
        case UNARY_RECIPROCAL:
            return -(y * y);
        case UNARY_ABSOLUTE:
            return choose_(x > 0.0f, real_of(1.0f), choose_(x < 0.0f, real_of(-1.0f), real_of(0.0f)));
        default:
            return real_of(0.0f);  // the clip factor is not differentiated
    }
}

enum { BINARY_ADD, BINARY_SUBTRACT, BINARY_MULTIPLY, BINARY_DIVIDE, BINARY_EQUAL };

INLINE real binary(const int function, const real a, const real b) {
    switch (function) {
        case BINARY_ADD:
            return a + b;
        case BINARY_SUBTRACT:
            return a - b;
        case BINARY_MULTIPLY:
            return a * b;
        case BINARY_DIVIDE:
            return a / b;
        default:
            return choose_(a == b, real_of(1.0f), real_of(0.0f));
    }
}
