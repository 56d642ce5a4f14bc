// What the primitives need of the pool: the barrier, and how to share out work.
#pragma once
#include "CUnrollMicroKernels.h"

void unroll_pool_barrier(UnrollWorker worker);

/// This worker's part of `count` items: [*first, *last), contiguous, the parts as even as they go.
static inline void part_of(const ptrdiff_t count, const UnrollWorker worker, ptrdiff_t *first, ptrdiff_t *last) {
    *first = count * worker.index / worker.count;
    *last = count * (worker.index + 1) / worker.count;
}
