import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A buffer in the host's memory. What it held goes back to the pool when the last reference goes.
package final class CPUBuffer: Buffer, @unchecked Sendable {
    /// Null when the allocation failed.
    package let memory: UnsafeMutableRawPointer?
    private let size: Int
    private let pool: CPUMemoryPool

    fileprivate init(type: ElementType, count: Int, memory: UnsafeMutableRawPointer?, size: Int, pool: CPUMemoryPool) {
        (self.memory, self.size, self.pool) = (memory, size, pool)
        super.init(type: type, count: count)
    }

    deinit {
        if let memory { pool.put(memory, size: size) }
    }
}

/// Memory kept for reuse: the first touch of fresh pages costs more than most primitives that would use them.
///
/// Sizes come in classes, eight an octave, so that a block serves any request of its class. What is kept unused is
/// bounded by `capacity`.
package final class CPUMemoryPool: Sendable {
    private struct State: ~Copyable {
        var free: [Int: [UInt]] = [:]
        var kept = 0
        var inUse = 0
    }

    /// Cache lines of neighbours in pairs, for the prefetcher; also the widest vector.
    private static let alignment = 128
    private let capacity: Int
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: bytes kept unused at most.
    ///   - limit: bytes beyond which a single request fails without asking the system (which may promise anything).
    package init(capacity: Int = 2 << 30, limit: Int = CPUInfo.memory) {
        (self.capacity, self.limit) = (capacity, limit)
    }

    /// Bytes in buffers now.
    package var inUse: Int { state.withLock { $0.inUse } }

    /// The size of the class that holds `bytes`: the next of eight steps within its octave.
    package static func sizeClass(_ bytes: Int) -> Int {
        let bytes = max(bytes, 1024)
        let step = 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 1 - 3)
        return (bytes + step - 1) / step * step
    }

    /// A buffer of `count` elements; its memory is null when there is none to be had.
    package func buffer(_ type: ElementType, count: Int) -> CPUBuffer {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
        guard !overflow, bytes <= limit else {
            return CPUBuffer(type: type, count: count, memory: nil, size: 0, pool: self)
        }
        let size = Self.sizeClass(bytes)
        return CPUBuffer(type: type, count: count, memory: take(size), size: size, pool: self)
    }

    private func take(_ size: Int) -> UnsafeMutableRawPointer? {
        let reused: UnsafeMutableRawPointer? = state.withLock { state in
            guard let address = state.free[size]?.popLast() else { return nil }
            state.kept -= size
            return UnsafeMutableRawPointer(bitPattern: address)
        }
        var memory = reused ?? allocate(size)
        if memory == nil {
            clear()
            memory = allocate(size)
        }
        if memory != nil { state.withLock { $0.inUse += size } }
        return memory
    }

    private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        var memory: UnsafeMutableRawPointer?
        return posix_memalign(&memory, Self.alignment, size) == 0 ? memory : nil
    }

    fileprivate func put(_ memory: UnsafeMutableRawPointer, size: Int) {
        let kept = state.withLock { state in
            state.inUse -= size
            guard state.kept + size <= capacity else { return false }
            state.kept += size
            state.free[size, default: []].append(UInt(bitPattern: memory))
            return true
        }
        if !kept { free(memory) }
    }

    /// Gives back to the system what is not in use.
    package func clear() {
        let blocks = state.withLock { state in
            let blocks = state.free.values.flatMap { $0 }
            state.free = [:]
            state.kept = 0
            return blocks
        }
        for address in blocks { free(UnsafeMutableRawPointer(bitPattern: address)) }
    }

    deinit { clear() }
}
