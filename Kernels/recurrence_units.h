// The rest of a step once its matmul is done, for VECTOR units of one row: the cell's equations and what surrounds them
// whatever the cell. Once for every driver, in C and in OpenCL. The includer gives a cell's counts and CELL(…), and
//
//     place                                  a signed integer that counts numbers
//     global                                 the address space of buffers, nothing in C
//     load_part(p, n)  store_units(x, p, n)  of the first n units
//     philox_word_of(x)  lanes_              a word in every lane; 0, 1, 2 …
//     flags_of(options)                      in OpenCL constants, so that what is off takes no room in a kernel, in which
//     activation_of(options, index)          this text stands many times; but for flags that SWEEP_CHANGES

#ifndef UNROLL_RECURRENCE_UNITS
#define UNROLL_RECURRENCE_UNITS

#define ARRIVING \
    (INPUTS + BELOW)  // blocks of a saved row that are filled before its step: W·x + b, c of the layer below
#define PEEPHOLES (3 + 2 * BELOW)  // of i, f and o; of a depth gate c and c below

// Buffers of a sweep (RecurrentSweep), those that the flags do not speak of never read.
typedef struct {
    UnrollCellOptions options;
    place steps, hidden, width;  // width: numbers of h, `hidden` unless it is projected
    global float *saved, *h, *c;
    global float *fed;              // h times its factors, as the matmul reads it
    global const float *factors;    // [batch, width]
    global const float *peepholes;  // [PEEPHOLES, hidden]
    global const int *order;        // [rows], of each row of each step its place in [batch, steps]
    global float *dh, *dc;          // [batch, width], [batch, hidden]
    global float *products;         // [rows, PEEPHOLES·hidden]: what to sum up for the peepholes' gradients
    global float *flow;             // [rows, width]: ∂h of every step
    global const float *above;      // [rows, hidden]: ∂c' of every step, from the layer above
} SweepUnits;

// Random words of a row's step and these units: the first for zoneout of h, then of c, then for candidates.
INLINE void noise_of(const SweepUnits *s, const place step, const place row, const place old, const place unit,
                     philox_word *words) {
    const place at = flags_of(&s->options) & SWEEP_IS_PACKED ? s->order[old] : row * s->steps + step;
    words[0] = philox_word_of(unit) + lanes_;
    words[1] = philox_word_of(at);
    words[2] = philox_word_of(0);
    words[3] = philox_word_of(1);  // apart from the masks of dropout, which have 0
    philox(words, s->options.key[0], s->options.key[1]);
}

// `words` are read only where there is randomness. `peepholes`: how many the cell can have.
INLINE void extras_of(const SweepUnits *s, const philox_word *words, const place unit, const place units,
                      const int peepholes, real *extra) {
    for (int i = 0; i < peepholes; ++i) {
        const bool has_any = flags_of(&s->options) & CELL_HAS_PEEPHOLES;
        extra[i] = has_any ? load_part(s->peepholes + i * s->hidden + unit, units) : real_of(0.0f);
    }
    extra[EXTRA_CANDIDATE] = real_of(1.0f);
    if (flags_of(&s->options) & CELL_IS_RANDOM) {
        extra[EXTRA_CANDIDATE] =
            choose_(words[2] < philox_word_of(s->options.drop), real_of(0.0f), real_of(s->options.drop_scale));
    }
}

// A state after a step, of which some stays as it was.
INLINE real zoned(const SweepUnits *s, const philox_word *words, const int state, const real old, const real next) {
    if (flags_of(&s->options) & CELL_IS_RANDOM) {
        return choose_(words[state] < philox_word_of(s->options.zoneout[state]), old, next);
    }
    if (flags_of(&s->options) & CELL_IS_EXPECTED) return next + s->options.staying[state] * (old - next);
    return next;
}

// ∂c' of a row: what the step after has left and, where there is one, what the layer above sends.
INLINE real memory_gradient(const SweepUnits *s, const place row, const place old, const place unit) {
    const place units = s->hidden - unit;
    const real carried = load_part(s->dc + row * s->hidden + unit, units);
    if (!(flags_of(&s->options) & SWEEP_HAS_ABOVE)) return carried;
    return carried + load_part(s->above + old * s->hidden + unit, units);
}

// How much of a state's gradient goes past the step.
INLINE real staying_of(const SweepUnits *s, const philox_word *words, const int state, const real gradient) {
    if (flags_of(&s->options) & CELL_IS_RANDOM) {
        return choose_(words[state] < philox_word_of(s->options.zoneout[state]), gradient, real_of(0.0f));
    }
    return flags_of(&s->options) & CELL_IS_EXPECTED ? s->options.staying[state] * gradient : real_of(0.0f);
}

// h of a row after a step, from what the equations made of it, to all who read it.
INLINE void settle(const SweepUnits *s, const philox_word *words, const place row, const place old, const place new,
                   const place unit, const real h, global float *output) {
    const place units = s->width - unit, to = new * s->width + unit;
    const real next = zoned(s, words, 0, load_part(s->h + old * s->width + unit, units), h);
    store_units(next, s->h + to, units);
    if (flags_of(&s->options) & SWEEP_HAS_FACTORS) {
        store_units(next * load_part(s->factors + row * s->width + unit, units), s->fed + to, units);
    }
    if (s->options.flags & SWEEP_HAS_OUTPUT) store_units(next, output, units);
}

// What of ∂h the equations are given; in `stays` what goes past them. `through`: what came back through the matmul of the
// step after, zeros where the row has none.
INLINE real unsettle(const SweepUnits *s, const philox_word *words, const place row, const place old, const place unit,
                     const real through, global const float *output, real *stays) {
    const place units = s->width - unit, carried = row * s->width + unit;
    real gradient =
        load_part(s->dh + carried, units) +
        (flags_of(&s->options) & SWEEP_HAS_FACTORS ? through * load_part(s->factors + carried, units) : through);
    if (s->options.flags & SWEEP_HAS_OUTPUT) gradient += load_part(output, units);
    if (s->options.flags & SWEEP_SHOWS_GRADIENTS) store_units(gradient, s->flow + old * s->width + unit, units);
    *stays = staying_of(s, words, 0, gradient);
    return gradient - *stays;
}

// Before the first step ∂h is only brought home.
INLINE void bring_home(const SweepUnits *s, const place row, const place unit, const real through) {
    const place units = s->width - unit, carried = row * s->width + unit;
    const real d =
        flags_of(&s->options) & SWEEP_HAS_FACTORS ? through * load_part(s->factors + carried, units) : through;
    store_units(load_part(s->dh + carried, units) + d, s->dh + carried, units);
}

#endif

// Of the row at place `old` among those of all steps, whose state goes to place `new`. `x`: what
// arrived in its input blocks, `q`: sums.
INLINE void CELL(forward_units)(const SweepUnits *s, const place step, const place row, const place old,
                                const place new, const place unit, const real *x, const real *q, global float *output) {
    const place units = s->hidden - unit;
    global float *saved = s->saved + old * SAVED * s->hidden + unit;
    real state[2], next[2], keep[SAVED], extra[EXTRAS];
    philox_word words[4];
    state[0] = load_part(s->h + old * s->hidden + unit, units);
    if (STATES > 1) state[1] = load_part(s->c + old * s->hidden + unit, units);
    if (flags_of(&s->options) & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
    extras_of(s, words, unit, units, PEEPHOLES, extra);
    CELL(forward)(x, q, state, next, keep, extra, &s->options);
    if (STATES > 1) store_units(zoned(s, words, 1, state[1], next[1]), s->c + new * s->hidden + unit, units);
    for (int i = 0; i < SAVED; ++i) store_units(keep[i], saved + i * s->hidden, units);
    settle(s, words, row, old, new, unit, next[0], output);
}

INLINE void CELL(backward_units)(const SweepUnits *s, const place step, const place row, const place old,
                                 const place unit, const real through, global const float *output) {
    const place units = s->hidden - unit, from = old * s->hidden + unit, carried = row * s->hidden + unit;
    global float *saved = s->saved + old * SAVED * s->hidden + unit;
    real gradient[2], state[2], keep[SAVED], extra[EXTRAS], stays[2];
    philox_word words[4];
    if (flags_of(&s->options) & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
    gradient[0] = unsettle(s, words, row, old, unit, through, output, stays);
    for (int i = 0; i < SAVED; ++i) keep[i] = load_part(saved + i * s->hidden, units);
    state[0] = load_part(s->h + from, units);
    if (STATES > 1) {
        state[1] = load_part(s->c + from, units);
        gradient[1] = memory_gradient(s, row, old, unit);
        stays[1] = staying_of(s, words, 1, gradient[1]);
        gradient[1] -= stays[1];
    }
    extras_of(s, words, unit, units, PEEPHOLES, extra);
    CELL(backward)(keep, state, gradient, extra, &s->options);
    for (int i = 0; i < SAVED; ++i) store_units(keep[i], saved + i * s->hidden, units);
    store_units(gradient[0] + stays[0], s->dh + carried, units);
    if (STATES > 1) store_units(gradient[1] + stays[1], s->dc + carried, units);
    if (flags_of(&s->options) & CELL_HAS_PEEPHOLES) {
        for (int i = 0; i < PEEPHOLES; ++i) {
            store_units(extra[i], s->products + (old * PEEPHOLES + i) * s->hidden + unit, units);
        }
    }
}
