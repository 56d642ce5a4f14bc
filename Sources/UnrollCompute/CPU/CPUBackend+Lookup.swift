import CUnrollMicroKernels

extension CPUBackend {
    package func gather(_ table: Matrix, indices: Buffer, into y: Matrix, accumulating: Bool) {
        guard begins(reading: [table.buffer, indices], writing: [y.buffer]) else { return }
        let arguments = UnrollLookup(
            count: y.rows, columns: y.columns, source_row: table.rowStride, result_row: y.rowStride, segment_count: 0,
            accumulate: accumulating ? 1 : 0, indices: integers(indices), order: nil, segments: nil,
            source: floats(table.buffer) + table.offset, result: floats(y.buffer) + y.offset)
        run(kernels.pointee.gather, arguments, work: y.count)
    }

    package func scatterAdd(_ dy: Buffer, columns: Int, indices: Buffer, into dTable: Buffer) {
        guard begins(reading: [dy, indices], writing: [dTable]), let host = indices.indices else { return }
        let (order, segments) = IndexOrder.of(host, rows: dTable.count / max(columns, 1))
        order.withUnsafeBufferPointer { order in
            segments.withUnsafeBufferPointer { segments in
                let arguments = UnrollLookup(
                    count: host.count, columns: columns, source_row: columns, result_row: columns,
                    segment_count: segments.count - 1, accumulate: 1, indices: integers(indices),
                    order: order.baseAddress, segments: segments.baseAddress,
                    source: floats(dy), result: floats(dTable))
                run(kernels.pointee.scatter_add, arguments, work: dy.count)
            }
        }
    }
}
