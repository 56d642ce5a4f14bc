// Steps in stages, for cells whose rows have to be seen whole or that take more than one product: a team of work items has
// a row of a step, of which each takes a vector of units in turns. After recurrence_units.h. The includer says besides
//
//     TEAM_PARAMETER  TEAM    what its items need to meet, as a parameter and as an argument; nothing in C: a team is one
//     team_first  team_step   the first number of an item, and how far on its next are
//     team_sum(x)             the sum of all lanes of all items' x, in an order that is always the same
//
//     product   q ← R·h (+ bᵣ)                       of the first gates
//     reset     v ← r·h                              where there is a second product: q ← Rₙ·v (+ bᵣ) follows
//     units     saved, c', m ← the equations         m is what h' is before it is projected
//     settle    h' ← m, or P·m: where nothing is projected at the end of `units`, backward at its beginning
//
// With layer normalisation (Ba, Kiros & Hinton 2016) x and q hold products as they are, and the equations are given
// LN(x) + b and LN(q) + bᵣ, LN over the gates of a product, x̂·gain of each; and m is of LN(c') + bias. Backward x and q end
// as the gradients of those products.

#ifndef UNROLL_RECURRENCE_ROWS
#define UNROLL_RECURRENCE_ROWS

#define NORM_EPSILON 1e-5f
#define NORM_BLOCKS (INPUTS + GATES + (STATES > 1 ? 2 : 0))  // of `gains`

// Buffers of a sweep in stages (SweepStages). Those of a step begin with its first row.
typedef struct {
    SweepUnits sweep;
    global float *x;                                  // [rows, INPUTS·hidden], where they are normalised
    global float *q;                                  // of a step, [count, GATES·hidden]
    global float *v;                                  // [rows, hidden]
    global float *memory;                             // [rows, hidden]: c' before it is normalised
    global float *m;                                  // of a step, [count, hidden]; backward: its gradient
    global const float *input_bias, *recurrent_bias;  // [INPUTS·hidden], [GATES·hidden]
    global const float *input_gain, *recurrent_gain;  // likewise
    global const float *memory_gain, *memory_bias;    // [hidden]
    global float *gains;  // [rows, (INPUTS + GATES + 2 if there is c)·hidden]: what to sum up for their gradients
} RowUnits;

typedef struct {
    float mean, r;
} RowNorm;

INLINE real lanes_within(const real x, const place count) {
    return choose_(lanes_ < philox_word_of(count), x, real_of(0.0f));
}

// Of `count` neighbouring numbers their mean, and 1/√(σ² + ε).
INLINE RowNorm row_norm(TEAM_PARAMETER global const float *x, const place count) {
    real sum = real_of(0.0f), squares = real_of(0.0f);
    for (place j = team_first; j < count; j += team_step) sum += load_part(x + j, count - j);
    RowNorm norm;
    norm.mean = team_sum(sum) / (float)count;
    for (place j = team_first; j < count; j += team_step) {
        const place rest = count - j;
        const real d = load_part(x + j, rest) - norm.mean;
        const real own = rest < VECTOR ? lanes_within(d, rest) : d;
        squares += own * own;
    }
    norm.r = 1.0f / sqrt_of(team_sum(squares) / (float)count + NORM_EPSILON);
    return norm;
}

// Of gates `first` … `first + gates` of a product, `raw`, which becomes its gradient; that of what was made of it stands in
// blocks of the saved row. `terms` becomes what to sum up for the gain.
INLINE void row_norm_backward(TEAM_PARAMETER global float *raw, global const float *saved, const int *block,
                              const int first, const int gates, const place hidden, global const float *gain,
                              global float *terms) {
    const RowNorm norm = row_norm(TEAM raw + first * hidden, gates * hidden);
    real sum = real_of(0.0f), products = real_of(0.0f);
    for (int number = first; number < first + gates; ++number) {
        for (place unit = team_first; unit < hidden; unit += team_step) {
            const place at = number * hidden + unit, rest = hidden - unit;
            const real d = load_part(saved + block[number] * hidden + unit, rest);
            const real normal = (load_part(raw + at, rest) - norm.mean) * norm.r, g = d * load_part(gain + at, rest);
            store_units(d * normal, terms + at, rest);
            sum += g;
            products += g * normal;
        }
    }
    const float mean = team_sum(sum) / (float)(gates * hidden);
    const float mean_product = team_sum(products) / (float)(gates * hidden);
    for (int number = first; number < first + gates; ++number) {
        for (place unit = team_first; unit < hidden; unit += team_step) {
            const place at = number * hidden + unit, rest = hidden - unit;
            const real d = load_part(saved + block[number] * hidden + unit, rest);
            const real normal = (load_part(raw + at, rest) - norm.mean) * norm.r, g = d * load_part(gain + at, rest);
            store_units(norm.r * (g - mean - normal * mean_product), raw + at, rest);
        }
    }
}

// h after every equation, and its gradient before them: the same for all cells. `from`, `to`: of a step, [count, width].
INLINE void settle_row(TEAM_PARAMETER const RowUnits *u, const place step, const place row, const place old,
                       const place new, global const float *from, global float *output) {
    const SweepUnits *s = &u->sweep;
    const bool has_output = s->options.flags & SWEEP_HAS_OUTPUT;
    philox_word words[4];
    for (place unit = team_first; unit < s->width; unit += team_step) {
        if (flags_of(&s->options) & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
        settle(s, words, row, old, new, unit, load_part(from + row * s->width + unit, s->width - unit),
               has_output ? output + unit : output);
    }
}

// `through` of a step, [count, width], of the rows that go on.
INLINE void unsettle_row(TEAM_PARAMETER const RowUnits *u, const place step, const place row, const place old,
                         const bool goes_on, global const float *through, global const float *output,
                         global float *to) {
    const SweepUnits *s = &u->sweep;
    const bool has_output = s->options.flags & SWEEP_HAS_OUTPUT;
    philox_word words[4];
    for (place unit = team_first; unit < s->width; unit += team_step) {
        const place rest = s->width - unit, at = row * s->width + unit;
        const real came = goes_on ? load_part(through + at, rest) : real_of(0.0f);
        if (step < 0) {
            bring_home(s, row, unit, came);
            continue;
        }
        real stays;
        if (flags_of(&s->options) & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
        store_units(unsettle(s, words, row, old, unit, came, has_output ? output + unit : output, &stays), to + at,
                    rest);
        store_units(stays, s->dh + at, rest);
    }
}

#endif

// What the equations see of a product's gate.
INLINE real CELL(normal)(const RowNorm norm, const real raw, global const float *gain, global const float *bias,
                         const place at, const place rest) {
    return (raw - norm.mean) * norm.r * load_part(gain + at, rest) + load_part(bias + at, rest);
}

#if FIRST_GATES < GATES

INLINE void CELL(reset_row)(TEAM_PARAMETER const RowUnits *u, const place row, const place old) {
    const SweepUnits *s = &u->sweep;
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    const bool is_normal = flags_of(&s->options) & CELL_IS_NORMALIZED;
    const place hidden = s->hidden;
    global const float *x =
        is_normal ? u->x + old * INPUTS * hidden : s->saved + (old * SAVED + input_block[0]) * hidden;
    global const float *q = u->q + row * GATES * hidden;
    RowNorm of_x, of_q;
    if (is_normal) {
        of_x = row_norm(TEAM x, INPUTS * hidden);
        of_q = row_norm(TEAM q, FIRST_GATES * hidden);
    }
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit, at = old * hidden + unit;
        real a = load_part(x + unit, rest), b = load_part(q + unit, rest);
        if (is_normal) {
            a = CELL(normal)(of_x, a, u->input_gain, u->input_bias, unit, rest);
            b = CELL(normal)(of_q, b, u->recurrent_gain, u->recurrent_bias, unit, rest);
        }
        store_units(CELL(reset)(a, b, &s->options) * load_part(s->fed + at, rest), u->v + at, rest);
    }
}

#endif

#if STATES > 1
// m of what was saved and of c', normalised.
INLINE void CELL(reveal_row)(TEAM_PARAMETER const RowUnits *u, global const float *saved, global const float *memory,
                             global float *m) {
    const place hidden = u->sweep.hidden;
    const RowNorm norm = row_norm(TEAM memory, hidden);
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit;
        real keep[SAVED];
        for (int i = 0; i < SAVED; ++i) keep[i] = load_part(saved + i * hidden + unit, rest);
        const real c = CELL(normal)(norm, load_part(memory + unit, rest), u->memory_gain, u->memory_bias, unit, rest);
        store_units(CELL(reveal)(keep, c, &u->sweep.options), m + unit, rest);
    }
}
#endif

INLINE void CELL(forward_row)(TEAM_PARAMETER const RowUnits *u, const place step, const place row, const place old,
                              const place new, global float *output) {
    const SweepUnits *s = &u->sweep;
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    const int flags = flags_of(&s->options);
    const bool is_normal = flags & CELL_IS_NORMALIZED;
    const place hidden = s->hidden;
    global float *saved = s->saved + old * SAVED * hidden, *m = u->m + row * hidden;
    global const float *raw_x = is_normal ? u->x + old * INPUTS * hidden : 0, *raw_q = u->q + row * GATES * hidden;
    RowNorm of_x, of_q[2];
    if (is_normal) {
        of_x = row_norm(TEAM raw_x, INPUTS * hidden);
        of_q[0] = row_norm(TEAM raw_q, FIRST_GATES * hidden);
        if (FIRST_GATES < GATES) of_q[1] = row_norm(TEAM raw_q + FIRST_GATES * hidden, (GATES - FIRST_GATES) * hidden);
    }
    philox_word words[4];
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit, at = old * hidden + unit;
        real x[ARRIVING], q[GATES], state[2], next[2], keep[SAVED], extra[EXTRAS];
        for (int number = 0; number < ARRIVING; ++number) {
            const place column = number * hidden + unit;
            if (is_normal && number < INPUTS) {
                x[number] =
                    CELL(normal)(of_x, load_part(raw_x + column, rest), u->input_gain, u->input_bias, column, rest);
            } else {
                x[number] = load_part(saved + input_block[number] * hidden + unit, rest);
            }
        }
        for (int number = 0; number < GATES; ++number) {
            const place column = number * hidden + unit;
            q[number] = load_part(raw_q + column, rest);
            if (is_normal) {
                q[number] = CELL(normal)(of_q[number >= FIRST_GATES], q[number], u->recurrent_gain, u->recurrent_bias,
                                         column, rest);
            }
        }
        state[0] = flags & CELL_IS_PROJECTED ? real_of(0.0f) : load_part(s->h + at, rest);
        if (STATES > 1) state[1] = load_part(s->c + at, rest);
        if (flags & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
        extras_of(s, words, unit, rest, PEEPHOLES, extra);
        CELL(forward)(x, q, state, next, keep, extra, &s->options);
        for (int i = 0; i < SAVED; ++i) store_units(keep[i], saved + i * hidden + unit, rest);
        if (STATES > 1) store_units(zoned(s, words, 1, state[1], next[1]), s->c + new *hidden + unit, rest);
        if (STATES > 1 && is_normal) {
            store_units(next[1], u->memory + at, rest);
        } else {
            store_units(next[0], m + unit, rest);
        }
    }
#if STATES > 1
    if (is_normal) CELL(reveal_row)(TEAM u, saved, u->memory + old * hidden, m);
#endif
    if (!(flags & CELL_IS_PROJECTED)) settle_row(TEAM u, step, row, old, new, u->m, output);
}

#if STATES > 1
// From the gradient of m, which becomes that of c'.
INLINE void CELL(conceal_row)(TEAM_PARAMETER const RowUnits *u, global float *saved, global const float *memory,
                              global float *dm, global float *terms) {
    const place hidden = u->sweep.hidden;
    const RowNorm norm = row_norm(TEAM memory, hidden);
    real sum = real_of(0.0f), products = real_of(0.0f);
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit;
        const real gain = load_part(u->memory_gain + unit, rest);
        const real normal = (load_part(memory + unit, rest) - norm.mean) * norm.r;
        real keep[SAVED];
        for (int i = 0; i < SAVED; ++i) keep[i] = load_part(saved + i * hidden + unit, rest);
        const real d = CELL(conceal)(keep, normal * gain + load_part(u->memory_bias + unit, rest),
                                     load_part(dm + unit, rest), &u->sweep.options);
        for (int i = 0; i < SAVED; ++i) store_units(keep[i], saved + i * hidden + unit, rest);
        store_units(d * normal, terms + unit, rest);
        store_units(d, terms + hidden + unit, rest);
        sum += d * gain;
        products += d * gain * normal;
    }
    const float mean = team_sum(sum) / (float)hidden, mean_product = team_sum(products) / (float)hidden;
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit;
        const real normal = (load_part(memory + unit, rest) - norm.mean) * norm.r;
        const real g = load_part(terms + hidden + unit, rest) * load_part(u->memory_gain + unit, rest);
        store_units(norm.r * (g - mean - normal * mean_product), dm + unit, rest);
    }
}
#endif

// Where a second product comes after the first, this is of what needs it, and `reset_backward_row` of the rest.
INLINE void CELL(backward_row)(TEAM_PARAMETER const RowUnits *u, const place step, const place row, const place old,
                               const bool goes_on, global const float *through, global const float *output) {
    const SweepUnits *s = &u->sweep;
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    const int flags = flags_of(&s->options);
    const place hidden = s->hidden;
    global float *saved = s->saved + old * SAVED * hidden, *dm = u->m + row * hidden;
    const bool is_normal = flags & CELL_IS_NORMALIZED;
    global float *terms = is_normal ? u->gains + old * NORM_BLOCKS * hidden : 0;
    if (!(flags & CELL_IS_PROJECTED)) unsettle_row(TEAM u, step, row, old, goes_on, through, output, u->m);
#if STATES > 1
    if (is_normal) CELL(conceal_row)(TEAM u, saved, u->memory + old * hidden, dm, terms + (INPUTS + GATES) * hidden);
#endif
    philox_word words[4];
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit, at = old * hidden + unit, carried = row * hidden + unit;
        real gradient[2], state[2], keep[SAVED], extra[EXTRAS], stays = real_of(0.0f);
        if (flags & CELL_IS_RANDOM) noise_of(s, step, row, old, unit, words);
        gradient[0] = load_part(dm + unit, rest);
        for (int i = 0; i < SAVED; ++i) keep[i] = load_part(saved + i * hidden + unit, rest);
        state[0] = flags & CELL_IS_PROJECTED ? real_of(0.0f) : load_part(s->h + at, rest);
        if (STATES > 1) {
            state[1] = load_part(s->c + at, rest);
            gradient[1] = memory_gradient(s, row, old, unit);
            stays = staying_of(s, words, 1, gradient[1]);
            gradient[1] -= stays;
        }
        extras_of(s, words, unit, rest, PEEPHOLES, extra);
        CELL(backward)(keep, state, gradient, extra, &s->options);
        for (int i = 0; i < SAVED; ++i) store_units(keep[i], saved + i * hidden + unit, rest);
        if (STATES > 1) store_units(gradient[1] + stays, s->dc + carried, rest);
        if (!(flags & CELL_IS_PROJECTED)) {
            store_units(load_part(s->dh + carried, rest) + gradient[0], s->dh + carried, rest);
        }
        if (flags & CELL_HAS_PEEPHOLES) {
            for (int i = 0; i < PEEPHOLES; ++i) {
                store_units(extra[i], s->products + (old * PEEPHOLES + i) * hidden + unit, rest);
            }
        }
    }
    if (!is_normal) return;
    const int blocks[4] = {0, 1, 2, 3};
    global float *q = u->q + row * GATES * hidden;
    if (FIRST_GATES < GATES) {
        row_norm_backward(TEAM q, saved, blocks, FIRST_GATES, GATES - FIRST_GATES, hidden, u->recurrent_gain,
                          terms + INPUTS * hidden);
    } else {
        row_norm_backward(TEAM u->x + old * INPUTS * hidden, saved, input_block, 0, INPUTS, hidden, u->input_gain,
                          terms);
        row_norm_backward(TEAM q, saved, blocks, 0, GATES, hidden, u->recurrent_gain, terms + INPUTS * hidden);
    }
}

#if FIRST_GATES < GATES
// `dv` of a step, [count, hidden].
INLINE void CELL(reset_backward_row)(TEAM_PARAMETER const RowUnits *u, const place row, const place old,
                                     global const float *dv) {
    const SweepUnits *s = &u->sweep;
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    const int flags = flags_of(&s->options);
    const place hidden = s->hidden;
    global float *saved = s->saved + old * SAVED * hidden;
    for (place unit = team_first; unit < hidden; unit += team_step) {
        const place rest = hidden - unit, carried = row * hidden + unit;
        real keep[1];
        keep[0] = load_part(saved + unit, rest);
        real d = CELL(reset_backward)(keep, load_part(s->fed + old * hidden + unit, rest),
                                      load_part(dv + carried, rest), &s->options);
        if (flags & SWEEP_HAS_FACTORS) d *= load_part(s->factors + carried, rest);
        store_units(keep[0], saved + unit, rest);
        store_units(load_part(s->dh + carried, rest) + d, s->dh + carried, rest);
    }
    if (!(flags & CELL_IS_NORMALIZED)) return;
    global float *terms = u->gains + old * NORM_BLOCKS * hidden;
    const int blocks[4] = {0, 1, 2, 3};
    row_norm_backward(TEAM u->x + old * INPUTS * hidden, saved, input_block, 0, INPUTS, hidden, u->input_gain, terms);
    row_norm_backward(TEAM u->q + row * GATES * hidden, saved, blocks, 0, FIRST_GATES, hidden, u->recurrent_gain,
                      terms + INPUTS * hidden);
}
#endif
