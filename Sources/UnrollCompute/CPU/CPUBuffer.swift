#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A buffer in the host's memory. What it held goes back to the pool when the last reference goes.
package final class CPUBuffer: Buffer, @unchecked Sendable {
    /// Null when there was none to be had.
    package let memory: UnsafeMutableRawPointer?
    private let size: Int
    private let pool: MemoryPool

    init(_ type: ElementType, count: Int, from pool: MemoryPool) {
        let taken = pool.take(count: count)
        memory = taken.flatMap { UnsafeMutableRawPointer(bitPattern: $0.block) }
        (size, self.pool) = (taken?.size ?? 0, pool)
        super.init(type: type, count: count)
    }

    deinit {
        if let memory { pool.put(UInt(bitPattern: memory), size: size) }
    }
}

extension MemoryPool {
    /// Host memory, aligned to pairs of cache lines for the prefetcher's sake.
    static func host() -> MemoryPool {
        MemoryPool(capacity: CPUInfo.memory / 4, limit: CPUInfo.memory) { size in
            var memory: UnsafeMutableRawPointer?
            return posix_memalign(&memory, 128, size) == 0 ? UInt(bitPattern: memory) : nil
        } release: { block in
            free(UnsafeMutableRawPointer(bitPattern: block))
        }
    }
}
