// Sums and maxima over the rows of a view. The order of every sum depends on the shape alone: columns side by side are
// summed down the rows in blocks of UNROLL_REDUCTION_BLOCK; a single column is summed along its lanes in the same
// blocks, whose sums meet in double.

INLINE real combine(const int reduction, const real sum, const real x) {
    if (reduction == 2) return maximum(x, sum);
    return sum + (reduction == 1 ? x * x : x);
}

INLINE void finish(const UnrollReduce *r, float *y, const real value, const ptrdiff_t columns) {
    real result = r->reduction == 2 ? value : value * r->scale;
    if (r->accumulate) result += load_part(y, columns);
    store_part(y, result, columns);
}

// Up to SIDE vectors of columns at a time, so that a row's neighbours are read together.
static void reduce_columns(const UnrollReduce *r, const UnrollWorker worker) {
    enum { SIDE = 8 };
    const ptrdiff_t strips = (r->columns + SIDE * VECTOR - 1) / (SIDE * VECTOR);
    ptrdiff_t first, last;
    part_of(r->batches * strips, worker, &first, &last);
    for (ptrdiff_t item = first; item < last; ++item) {
        const ptrdiff_t batch = item / strips, column = item % strips * SIDE * VECTOR;
        const int vectors =
            (int)((r->columns - column + VECTOR - 1) / VECTOR < SIDE ? (r->columns - column + VECTOR - 1) / VECTOR
                                                                     : SIDE);
        const float *x = r->x.data + batch * r->x.batch + column;
        real total[SIDE], block[SIDE];
        for (ptrdiff_t row = 0; row < r->rows;) {
            const ptrdiff_t start = row,
                            end = row + UNROLL_REDUCTION_BLOCK < r->rows ? row + UNROLL_REDUCTION_BLOCK : r->rows;
            for (int v = 0; v < vectors; ++v) block[v] = real_of(r->reduction == 2 ? -INFINITY : 0.0f);
            for (; row < end; ++row) {
                for (int v = 0; v < vectors; ++v) {
                    const real value = load_part(x + row * r->x.row + v * VECTOR, r->columns - column - v * VECTOR);
                    block[v] = combine(r->reduction, block[v], value);
                }
            }
            for (int v = 0; v < vectors; ++v) {
                total[v] = start == 0          ? block[v]
                           : r->reduction == 2 ? maximum(total[v], block[v])
                                               : total[v] + block[v];
            }
        }
        for (int v = 0; v < vectors; ++v) {
            finish(r, r->y + batch * r->columns + column + v * VECTOR, total[v], r->columns - column - v * VECTOR);
        }
    }
}

static double reduce_block(const UnrollReduce *r, const float *x, const ptrdiff_t count) {
    const real start = real_of(r->reduction == 2 ? -INFINITY : 0.0f);
    real lanes[4] = {start, start, start, start};
    ptrdiff_t i = 0;
    for (; i + 4 * VECTOR <= count; i += 4 * VECTOR) {
        for (int v = 0; v < 4; ++v) {
            lanes[v] = combine(r->reduction, lanes[v], load_strided(x + (i + v * VECTOR) * r->x.row, r->x.row, VECTOR));
        }
    }
    double rest = r->reduction == 2 ? -INFINITY : 0;
    for (; i < count; ++i) {
        const float value = x[i * r->x.row];
        if (r->reduction == 2) {
            rest = value > rest ? value : rest;
        } else {
            rest += r->reduction == 1 ? value * value : value;
        }
    }
    if (r->reduction == 2) {
        const float best = maximum_of_lanes(maximum(maximum(lanes[0], lanes[1]), maximum(lanes[2], lanes[3])));
        return best > rest ? best : rest;
    }
    return (double)sum_of_lanes((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + rest;
}

static void reduce_along(const UnrollReduce *r, const UnrollWorker worker) {
    const ptrdiff_t blocks = (r->rows + UNROLL_REDUCTION_BLOCK - 1) / UNROLL_REDUCTION_BLOCK;
    const ptrdiff_t results = r->batches * r->columns;
    ptrdiff_t first, last;
    part_of(results * blocks, worker, &first, &last);
    for (ptrdiff_t item = first; item < last; ++item) {
        const ptrdiff_t result = item / blocks, row = item % blocks * UNROLL_REDUCTION_BLOCK;
        const float *x = r->x.data + result / r->columns * r->x.batch + result % r->columns * r->x.column;
        const ptrdiff_t count = r->rows - row < UNROLL_REDUCTION_BLOCK ? r->rows - row : UNROLL_REDUCTION_BLOCK;
        r->partials[item] = reduce_block(r, x + row * r->x.row, count);
    }
    unroll_pool_barrier(worker);
    part_of(results, worker, &first, &last);
    for (ptrdiff_t result = first; result < last; ++result) {
        const double *partials = r->partials + result * blocks;
        double total = partials[0];
        for (ptrdiff_t block = 1; block < blocks; ++block) {
            if (r->reduction == 2) {
                total = partials[block] > total ? partials[block] : total;
            } else {
                total += partials[block];
            }
        }
        const float value = r->reduction == 2 ? (float)total : (float)(total * r->scale);
        r->y[result] = r->accumulate ? r->y[result] + value : value;
    }
}

static void reduce(const void *arguments, const UnrollWorker worker) {
    const UnrollReduce *r = arguments;
    if (r->rows > 0 && r->columns > 1 && r->x.column == 1) {
        reduce_columns(r, worker);
    } else {
        reduce_along(r, worker);
    }
}
