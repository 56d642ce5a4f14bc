// A persistent pool of spinning workers. A step of a recurrence is tens of microseconds: anything that sleeps between
// steps loses. Workers spin for SPINS rounds after a task, in the later ones giving the core away, and then sleep
// on a condition.
#define _GNU_SOURCE  // sched_getaffinity, pthread_setaffinity_np
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SPINS = 4000, SPINS_BEFORE_YIELD = 2000, CACHE_LINE = 128 };

typedef struct {
    UnrollPool *pool;
    int index;
    pthread_t thread;
    bool sleeps, moved;  // guarded by the pool's `sleep`
#if defined(__linux__)
    cpu_set_t cores;  // where it may run, while it is `moved`
#endif
} Worker;

struct UnrollPool {
    int threads;
    pthread_mutex_t busy;  // held by the caller whose task runs
    pthread_mutex_t sleep;
    pthread_cond_t wake;
    UnrollTask task;
    const void *arguments;
    int workers;
    Worker *others;                               // all but the caller, from 1
    _Alignas(CACHE_LINE) atomic_uint generation;  // bumped when a task starts
    _Alignas(CACHE_LINE) atomic_int sleeping;
    _Alignas(CACHE_LINE) atomic_int unfinished;
    _Alignas(CACHE_LINE) atomic_int arrived;  // at the barrier
    _Alignas(CACHE_LINE) atomic_uint phase;   // of the barrier
};

static inline void relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// More workers than free cores must not spin each other out: past a while, give the core away.
static inline void relax_or_yield(int *spins) {
    if (++*spins < SPINS_BEFORE_YIELD) return relax();
    sched_yield();
}

// Denormals count as zero while a task runs, on callers and workers alike, and as before afterwards.
static unsigned long long flush_denormals(void) {
#if defined(__x86_64__)
    const unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
#elif defined(__aarch64__)
    unsigned long long before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" ::"r"(before | (1ull << 24)));
    return before;
#else
    return 0;
#endif
}

static void restore_denormals(const unsigned long long before) {
#if defined(__x86_64__)
    _mm_setcsr((unsigned int)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(before));
#else
    (void)before;
#endif
}

void unroll_pool_barrier(const UnrollWorker worker) {
    if (worker.count == 1) return;
    UnrollPool *pool = worker.pool;
    const unsigned int phase = atomic_load_explicit(&pool->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == worker.count - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
        return;
    }
    int spins = 0;
    while (atomic_load_explicit(&pool->phase, memory_order_acquire) == phase) relax_or_yield(&spins);
}

static int current_core(void) {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

// A system wakes a thread where its waker runs, and takes milliseconds to part two that never sleep: meanwhile the one waits
// for the other to be done. So a sleeper is first given a core of its own, counted from the waker's, and may run anywhere
// again once it is awake.
static void give_core(Worker *worker, const int core) {
#if defined(__linux__)
    cpu_set_t one;
    if (core < 0 || pthread_getaffinity_np(worker->thread, sizeof worker->cores, &worker->cores) != 0) return;
    if (CPU_COUNT(&worker->cores) < 2) return;
    int at = core;
    for (int passed = 0; passed < worker->index % CPU_COUNT(&worker->cores);) {
        at = (at + 1) % CPU_SETSIZE;
        passed += CPU_ISSET(at, &worker->cores) != 0;
    }
    if (at == core) return;
    CPU_ZERO(&one);
    CPU_SET(at, &one);
    worker->moved = pthread_setaffinity_np(worker->thread, sizeof one, &one) == 0;
#else
    (void)worker, (void)core;
#endif
}

static void leave_core(const Worker *worker) {
#if defined(__linux__)
    pthread_setaffinity_np(worker->thread, sizeof worker->cores, &worker->cores);
#else
    (void)worker;
#endif
}

static void wake_sleepers(UnrollPool *pool) {
    const int core = current_core();
    pthread_mutex_lock(&pool->sleep);
    for (int index = 1; index < pool->threads; ++index) {
        if (pool->others[index].sleeps) give_core(&pool->others[index], core);
    }
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->sleep);
}

static unsigned int wait_for_task(Worker *mine, const unsigned int seen) {
    UnrollPool *pool = mine->pool;
    for (int spin = 0; spin < SPINS;) {
        const unsigned int now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (now != seen) return now;
        relax_or_yield(&spin);
    }
    pthread_mutex_lock(&pool->sleep);
    atomic_fetch_add(&pool->sleeping, 1);
    mine->sleeps = true;
    while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->sleep);
    mine->sleeps = false;
    atomic_fetch_sub(&pool->sleeping, 1);
    const bool moved = mine->moved;
    mine->moved = false;
    pthread_mutex_unlock(&pool->sleep);
    if (moved) leave_core(mine);
    return atomic_load(&pool->generation);
}

static void *work(void *worker) {
    Worker *mine = worker;
    UnrollPool *pool = mine->pool;
    flush_denormals();
    for (unsigned int seen = 0;;) {
        seen = wait_for_task(mine, seen);
        if (mine->index < pool->workers) {
            pool->task(pool->arguments, (UnrollWorker){pool, mine->index, pool->workers});
        }
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
    }
    return NULL;
}

UnrollPool *unroll_pool_create(const int threads) {
    void *memory = NULL;
    if (posix_memalign(&memory, CACHE_LINE, sizeof(UnrollPool)) != 0) return NULL;
    UnrollPool *pool = memory;
    *pool = (UnrollPool){.threads = 1, .others = threads > 1 ? calloc((size_t)threads, sizeof(Worker)) : NULL};
    pthread_mutex_init(&pool->busy, NULL);
    pthread_mutex_init(&pool->sleep, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int index = 1; pool->others && index < threads; ++index) {
        Worker *worker = &pool->others[index];
        *worker = (Worker){.pool = pool, .index = index};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) break;
        pthread_detach(worker->thread);
        pool->threads = index + 1;
    }
    return pool;
}

int unroll_cores(void) {
#if defined(__linux__)
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0) return CPU_COUNT(&cores);
#endif
    const long cores_online = sysconf(_SC_NPROCESSORS_ONLN);
    return cores_online > 0 ? (int)cores_online : 1;
}

int unroll_pool_threads(const UnrollPool *pool) { return pool->threads; }

void unroll_pool_run(UnrollPool *pool, int workers, UnrollTask task, const void *arguments) {
    if (workers > pool->threads) workers = pool->threads;
    const unsigned long long mode = flush_denormals();
    if (workers <= 1 || pthread_mutex_trylock(&pool->busy) != 0) {
        task(arguments, (UnrollWorker){NULL, 0, 1});
        return restore_denormals(mode);
    }
    pool->task = task;
    pool->arguments = arguments;
    pool->workers = workers;
    atomic_store_explicit(&pool->unfinished, pool->threads - 1, memory_order_relaxed);
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleeping) > 0) wake_sleepers(pool);
    task(arguments, (UnrollWorker){pool, 0, workers});
    int spins = 0;
    while (atomic_load_explicit(&pool->unfinished, memory_order_acquire) > 0) relax_or_yield(&spins);
    pthread_mutex_unlock(&pool->busy);
    restore_denormals(mode);
}
