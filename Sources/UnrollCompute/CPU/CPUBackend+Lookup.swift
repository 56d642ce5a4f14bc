import CUnrollMicroKernels

extension CPUBackend {
    package func gather(_ table: Buffer, columns: Int, indices: Buffer, into y: Buffer) {
        guard begins(reading: [table, indices], writing: [y]) else { return }
        let arguments = UnrollLookup(
            count: indices.count, columns: columns, segment_count: 0, indices: integers(indices), order: nil,
            segments: nil, source: floats(table), result: floats(y))
        run(kernels.pointee.gather, arguments, work: y.count)
    }

    package func scatterAdd(_ dy: Buffer, columns: Int, indices: Buffer, into dTable: Buffer) {
        guard begins(reading: [dy, indices], writing: [dTable]), let host = indices.indices else { return }
        let (order, segments) = IndexOrder.of(host, rows: dTable.count / max(columns, 1))
        order.withUnsafeBufferPointer { order in
            segments.withUnsafeBufferPointer { segments in
                let arguments = UnrollLookup(
                    count: host.count, columns: columns, segment_count: segments.count - 1,
                    indices: integers(indices), order: order.baseAddress, segments: segments.baseAddress,
                    source: floats(dy), result: floats(dTable))
                run(kernels.pointee.scatter_add, arguments, work: dy.count)
            }
        }
    }
}
