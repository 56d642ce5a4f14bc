import CUnrollMicroKernels
import Unroll
import UnrollCompute

/// Threads that read numbers, each its part again and again: how fast so many bytes can be read at all.
struct Readers {
    private let pool: OpaquePointer
    private let threads: Int

    /// - Throws: `ComputeError.outOfMemory`.
    init(threads: Int) throws {
        guard let pool = unroll_pool_create(Int32(threads)) else {
            throw ComputeError.outOfMemory(
                buffer: "the array that is read", bytes: threads << 20, inUse: 0, device: "cpu")
        }
        (self.pool, self.threads) = (pool, threads)
    }

    /// Somebody who reads about as many bytes as these once a call, from whichever cache holds so many.
    func reading(bytes: Int) -> Contestant {
        let unit = threads * Self.atOnce
        let count = max(unit, bytes / MemoryLayout<Block>.stride / unit * unit)
        let blocks = [Block](repeating: .zero, count: count)
        return Contestant { calls in
            let clock = ContinuousClock()
            _ = read(blocks, times: 1)
            return [clock.measure { _ = read(blocks, times: calls) }.seconds / Double(calls)]
        }
    }

    /// As much as a cache line.
    private typealias Block = SIMD16<Float>
    /// How many blocks are added to sums of their own, so that no sum waits for the one before.
    private static let atOnce = 2

    /// What all threads get.
    private struct Task {
        var blocks: UnsafePointer<Block>
        var count, times: Int
        var sums: UnsafeMutablePointer<Block>
    }

    /// - Returns: each thread's sum, without which nothing would have to be read.
    private func read(_ blocks: [Block], times: Int) -> [Block] {
        var sums = [Block](repeating: .zero, count: threads)
        blocks.withUnsafeBufferPointer { blocks in
            sums.withUnsafeMutableBufferPointer { sums in
                var task = Task(
                    blocks: blocks.baseAddress!, count: blocks.count, times: times, sums: sums.baseAddress!)
                unroll_pool_run(pool, Int32(threads), Self.readPart, &task)
            }
        }
        return sums
    }

    private static let readPart: UnrollTask = { arguments, worker in
        let task = arguments.assumingMemoryBound(to: Task.self).pointee
        let part = task.count / Int(worker.count)
        let blocks = task.blocks + part * Int(worker.index)
        var (even, odd) = (Block.zero, Block.zero)
        for _ in 0..<task.times {
            for i in stride(from: 0, to: part, by: atOnce) {
                even += blocks[i]
                odd += blocks[i + 1]
            }
        }
        task.sums[Int(worker.index)] = even + odd
    }
}
