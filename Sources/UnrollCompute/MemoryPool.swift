/// Memory kept for reuse: the first touch of fresh pages, or a driver's allocation, costs more than most primitives that
/// would use it.
///
/// Sizes come in classes, eight an octave, so that a block serves any request of its class. What is kept unused is
/// bounded by `capacity`. A block is a word: an address, or a driver's handle.
package final class MemoryPool: Sendable {
    private struct State {
        /// By size class.
        var free = Array(repeating: [UInt](), count: (Int.bitWidth - 10) * 8)
        var kept = 0
        var inUse = 0 { didSet { peak = max(peak, inUse) } }
        var peak = 0
    }

    private let capacity: Int?
    private let limit: Int
    private let state = Lock(State())
    private let allocate: @Sendable (_ size: Int) -> UInt?
    private let release: @Sendable (_ block: UInt) -> Void

    /// - Parameters:
    ///   - capacity: bytes kept unused at most. Nil for tools that watch memory: then every block is a fresh one, not a byte
    ///     larger than asked for, and goes back to the system only with the pool.
    ///   - limit: bytes in use beyond which a request fails without asking the system, which may promise anything.
    ///   - allocate: gives a block of that many bytes, or nil.
    ///   - release: takes one back.
    package init(
        capacity: Int?, limit: Int, allocate: @escaping @Sendable (_ size: Int) -> UInt?,
        release: @escaping @Sendable (_ block: UInt) -> Void
    ) {
        (self.capacity, self.limit, self.allocate, self.release) = (capacity, limit, allocate, release)
    }

    deinit { clear() }

    /// Bytes in buffers now.
    package var inUse: Int { state.withLock { $0.inUse } }

    /// The most bytes in buffers at once since `resetPeak`.
    package var peak: Int { state.withLock { $0.peak } }

    /// Counts `peak` from what is in use now.
    package func resetPeak() { state.withLock { $0.peak = $0.inUse } }

    /// Bytes kept for reuse now.
    package var kept: Int { state.withLock { $0.kept } }

    /// The size of the class that holds `bytes`: the next of eight steps within its octave.
    package static func sizeClass(_ bytes: Int) -> Int {
        let bytes = max(bytes, 1024)
        let step = 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 1 - 3)
        return (bytes + step - 1) / step * step
    }

    /// The place of a size class among all.
    private static func place(of size: Int) -> Int {
        let octave = Int.bitWidth - size.leadingZeroBitCount - 1
        return (octave - 10) * 8 + (size >> (octave - 3)) - 8
    }

    /// A block of at least `count` numbers of four bytes; nil when there is none to be had, even after everything unused
    /// has gone back to the system.
    package func take(count: Int) -> (block: UInt, size: Int)? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
        guard !overflow, bytes <= limit else { return nil }
        let size = capacity == nil ? max(bytes, 4) : Self.sizeClass(bytes)
        let reused = state.withLock { state -> UInt? in
            guard capacity != nil, let block = state.free[Self.place(of: size)].popLast() else { return nil }
            state.kept -= size
            state.inUse += size
            return block
        }
        if let reused { return (reused, size) }
        guard let fresh = grow(size) else { return nil }
        state.withLock { $0.inUse += size }
        return (fresh, size)
    }

    private func grow(_ size: Int) -> UInt? {
        let fits = { self.state.withLock { $0.inUse + $0.kept + size <= self.limit } }
        if fits(), let block = allocate(size) { return block }
        clear()
        return fits() ? allocate(size) : nil
    }

    /// Takes a block back, to keep or to release.
    package func put(_ block: UInt, size: Int) {
        let keeps = state.withLock { state in
            state.inUse -= size
            guard capacity.map({ state.kept + size <= $0 }) ?? true else { return false }
            state.kept += size
            state.free[capacity == nil ? 0 : Self.place(of: size)].append(block)
            return true
        }
        if !keeps { release(block) }
    }

    /// Releases what is not in use.
    package func clear() {
        let blocks = state.withLock { state in
            let blocks = state.free.flatMap { $0 }
            for place in state.free.indices { state.free[place] = [] }
            state.kept = 0
            return blocks
        }
        for block in blocks { release(block) }
    }
}
