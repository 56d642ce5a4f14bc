// Recurrences of single units: the equations are in Kernels/scan.h. A chain is VECTOR units of one row over all steps.
//
// What the steps of a block make of a state is p·h + e, whatever h is: so blocks can be gone through side by side, if their
// states are found in between. The state a block begins with is always p·h + e of the block before, also where one worker
// goes through a chain from end to end: the same bits for any number of workers.

#include "../../Kernels/scan.h"

enum { SCAN_MISSING = -2 };

typedef struct {
    ptrdiff_t row, unit, lanes;
    bool optional;  // known to the compiler
} Chain;

INLINE ptrdiff_t scan_chains(const UnrollScan *s) { return s->batch * ((s->hidden + VECTOR - 1) / VECTOR); }

INLINE Chain scan_chain(const UnrollScan *s, const ptrdiff_t index, const bool optional) {
    const ptrdiff_t strips = (s->hidden + VECTOR - 1) / VECTOR, unit = index % strips * VECTOR;
    return (Chain){index / strips, unit, s->hidden - unit, optional};
}

// The k-th step that is gone through, and its place in [batch, steps].
INLINE ptrdiff_t scan_place(const UnrollScan *s, const Chain *c, const ptrdiff_t k) {
    return c->row * s->steps + (s->reverse ? s->steps - 1 - k : k);
}

INLINE real scan_load(const float *numbers, const UnrollScan *s, const Chain *c, const ptrdiff_t line) {
    return load_part(numbers + line * s->hidden + c->unit, c->lanes);
}

INLINE void scan_load_inputs(const UnrollScan *s, const Chain *c, const ptrdiff_t place, real *x) {
    const int gates = scan_gates(s->kind);
    for (int gate = 0; gate < gates; ++gate) x[gate] = scan_load(s->x, s, c, place * gates + gate);
}

// p·h + e stands for steps gone through.
typedef struct {
    real p, e;
} Passage;

// Steps [first, last) from state h; the state after them.
INLINE real scan_steps(const UnrollScan *s, const Chain *c, const ptrdiff_t first, const ptrdiff_t last, real h,
                       const bool stores, Passage *passage) {
    *passage = (Passage){real_of(1.0f), real_of(0.0f)};
    const real weight = s->weight ? load_part(s->weight + c->unit, c->lanes) : real_of(0.0f);
    for (ptrdiff_t k = first; k < last; ++k) {
        const ptrdiff_t place = scan_place(s, c, k);
        float *y = s->y + place * s->hidden + c->unit;
        if (s->before && s->before[place] == SCAN_MISSING) {
            if (stores) store_part(y, real_of(0.0f), c->lanes);
            continue;
        }
        real x[SCAN_MOST_GATES], a, b;
        scan_load_inputs(s, c, place, x);
        const ScanStep step = scan_step(s->kind, c->optional, &s->options, place, c->unit);
        if (s->weight) {
            h = scan_bend(&step, x[0], weight, h);
        } else {
            scan_line(&step, x, &a, &b);
            h = a * h + b;
            *passage = (Passage){a * passage->p, a * passage->e + b};
        }
        if (stores) store_part(y, h, c->lanes);
    }
    return h;
}

// The state before the k-th step, which has this place.
INLINE real scan_state_before(const UnrollScan *s, const Chain *c, const ptrdiff_t k, const ptrdiff_t place) {
    ptrdiff_t before = k == 0 ? -1 : scan_place(s, c, k - 1);
    if (s->before) before = s->before[place] < 0 ? -1 : c->row * s->steps + s->before[place];
    if (before >= 0) return scan_load(s->y, s, c, before);
    return s->initial ? scan_load(s->initial, s, c, c->row) : real_of(0.0f);
}

// The same backwards, from the gradient of the state after the steps to that of the state before them:
// c ← a·(c + dy), so that p·c + e is again what all of them make of any c.
INLINE real scan_steps_backward(const UnrollScan *s, const Chain *c, const ptrdiff_t first, const ptrdiff_t last,
                                real carried, const bool stores, Passage *passage) {
    *passage = (Passage){real_of(1.0f), real_of(0.0f)};
    const real weight = s->weight ? load_part(s->weight + c->unit, c->lanes) : real_of(0.0f);
    real dweight = real_of(0.0f);
    float *const flow = stores ? s->flow : NULL;
    const int gates = scan_gates(s->kind);
    for (ptrdiff_t k = last - 1; k >= first; --k) {
        const ptrdiff_t place = scan_place(s, c, k);
        if (s->before && s->before[place] == SCAN_MISSING) continue;
        const real dy = s->dy ? scan_load(s->dy, s, c, place) : real_of(0.0f), dh = carried + dy;
        real x[SCAN_MOST_GATES], dx[SCAN_MOST_GATES], a, b;
        scan_load_inputs(s, c, place, x);
        const ScanStep step = scan_step(s->kind, c->optional, &s->options, place, c->unit);
        if (s->weight) {
            const real h = scan_state_before(s, c, k, place), y = scan_load(s->y, s, c, place);
            dweight += scan_bend_pullback(&step, x[0], weight, h, y, dh, dx, &a) * h;
        } else {
            scan_line(&step, x, &a, &b);
            if (stores) scan_line_pullback(&step, x, dh * scan_state_before(s, c, k, place), dh, dx);
        }
        if (flow) store_part(flow + place * s->hidden + c->unit, dh, c->lanes);
        for (int gate = 0; stores && gate < gates; ++gate) {
            float *to = s->dx + (place * gates + gate) * s->hidden + c->unit;
            store_part(to, load_part(to, c->lanes) + dx[gate], c->lanes);
        }
        carried = a * dh;
        *passage = (Passage){a * passage->p, a * (passage->e + dy)};
    }
    if (stores && s->weight) store_part(s->dweight + c->row * s->hidden + c->unit, dweight, c->lanes);
    return carried;
}

INLINE real scan_part(const UnrollScan *s, const Chain *c, const ptrdiff_t block, const real start, const bool stores,
                      Passage *passage) {
    const ptrdiff_t first = block * s->block, last = first + s->block < s->steps ? first + s->block : s->steps;
    return s->backward ? scan_steps_backward(s, c, first, last, start, stores, passage)
                       : scan_steps(s, c, first, last, start, stores, passage);
}

// What a chain begins with, and where it leaves what it ends with.
INLINE real scan_start(const UnrollScan *s, const Chain *c) {
    const float *start = s->backward ? s->dfinal : s->initial;
    return start ? scan_load(start, s, c, c->row) : real_of(0.0f);
}

INLINE void scan_end(const UnrollScan *s, const Chain *c, const real end) {
    const ptrdiff_t at = c->row * s->hidden + c->unit;
    if (!s->backward) return store_part(s->final + at, end, c->lanes);
    if (s->dinitial) store_part(s->dinitial + at, load_part(s->dinitial + at, c->lanes) + end, c->lanes);
}

// One worker, a chain at a time.
INLINE void scan_whole_chains(const UnrollScan *s, const ptrdiff_t blocks, const bool optional,
                              const UnrollWorker worker) {
    ptrdiff_t first, last;
    part_of(scan_chains(s), worker, &first, &last);
    for (ptrdiff_t index = first; index < last; ++index) {
        const Chain c = scan_chain(s, index, optional);
        real start = scan_start(s, &c), end = start;
        for (ptrdiff_t n = 0; n < blocks; ++n) {
            Passage passage;
            end = scan_part(s, &c, s->backward ? blocks - 1 - n : n, start, true, &passage);
            start = passage.p * start + passage.e;
        }
        scan_end(s, &c, end);
    }
}

INLINE void scan_with(const UnrollScan *s, const bool optional, const UnrollWorker worker) {
    const ptrdiff_t blocks = s->steps ? (s->steps + s->block - 1) / s->block : 1, chains = scan_chains(s);
    if (blocks == 1 || chains >= 4 * worker.count) return scan_whole_chains(s, blocks, optional, worker);
    ptrdiff_t first, last;
    float *carried = s->carried;  // [chains, blocks, 2, VECTOR]: p and e, then the state a block begins with
    part_of(chains * blocks, worker, &first, &last);
    for (ptrdiff_t item = first; item < last; ++item) {
        const Chain c = scan_chain(s, item / blocks, optional);
        Passage passage;
        scan_part(s, &c, item % blocks, real_of(0.0f), false, &passage);
        store(carried + item * 2 * VECTOR, passage.p);
        store(carried + (item * 2 + 1) * VECTOR, passage.e);
    }
    unroll_pool_barrier(worker);
    ptrdiff_t first_chain, last_chain;
    part_of(chains, worker, &first_chain, &last_chain);
    for (ptrdiff_t index = first_chain; index < last_chain; ++index) {
        const Chain c = scan_chain(s, index, optional);
        real start = scan_start(s, &c);
        for (ptrdiff_t n = 0; n < blocks; ++n) {
            float *at = carried + (index * blocks + (s->backward ? blocks - 1 - n : n)) * 2 * VECTOR;
            const real p = load(at), e = load(at + VECTOR);
            store(at, start);
            start = p * start + e;
        }
    }
    unroll_pool_barrier(worker);
    for (ptrdiff_t item = first; item < last; ++item) {
        const Chain c = scan_chain(s, item / blocks, optional);
        Passage passage;
        const real end = scan_part(s, &c, item % blocks, load(carried + item * 2 * VECTOR), true, &passage);
        if (item % blocks == (s->backward ? 0 : blocks - 1)) scan_end(s, &c, end);
    }
}

// Apart, so that what is on in one costs the other nothing.
NOINLINE void scan_plain(const UnrollScan *s, const UnrollWorker worker) { scan_with(s, false, worker); }
NOINLINE void scan_optional(const UnrollScan *s, const UnrollWorker worker) { scan_with(s, true, worker); }

static void scan(const void *arguments, const UnrollWorker worker) {
    const UnrollScan *s = arguments;
    s->options.flags ? scan_optional(s, worker) : scan_plain(s, worker);
}
