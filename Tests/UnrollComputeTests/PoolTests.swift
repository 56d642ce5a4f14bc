import CUnrollMicroKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The workers of a pool, however long they slept.
@Suite struct PoolTests {
    /// A worker is woken on a core of its own, and may run anywhere again when its task begins.
    @Test func aWokenWorkerMayRunAnywhere() throws {
        let pool = try #require(unroll_pool_create(3))
        var cores = [Int32](repeating: 0, count: 3)
        for _ in 0..<5 {
            usleep(50_000)  // They sleep by now.
            cores.withUnsafeMutableBufferPointer { cores in
                unroll_pool_run(
                    pool, 3,
                    { arguments, worker in
                        let cores = UnsafeMutableRawPointer(mutating: arguments).assumingMemoryBound(to: Int32.self)
                        cores[Int(worker.index)] = unroll_cores()
                    }, cores.baseAddress!)
            }
            #expect(cores == Array(repeating: unroll_cores(), count: 3))
        }
    }
}
