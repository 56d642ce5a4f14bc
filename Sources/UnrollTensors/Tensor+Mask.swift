public import UnrollCompute

// Sequences of which not every step is there. Steps are chosen by looking up their rows, never by a factor of 0, so that
// whatever lies in a step that is not there, even what is not a number, reaches neither results nor gradients.

extension Tensor {
    /// `[batch, steps, …]` with zeros in the steps that are not there.
    public func masked(_ mask: SequenceMask) -> Tensor {
        check(mask, in: "masked")
        if mask.isFull { return self }
        let places = mask.presence.enumerated().map { $1 ? Int32($0) : -1 }
        return stepRows.rows(at: Tensor(places, on: device)).reshaped(shape)
    }

    /// The steps that are there, row after row: `[batch, steps, size]` gives `[present, size]`; nil if none is.
    package func present(in mask: SequenceMask) -> Tensor? {
        check(mask, in: "present")
        return mask.isFull ? stepRows : stepRows(at: mask.presence.indices.filter { mask.presence[$0] })
    }

    /// What `present` took, put back among zeros.
    package func spread(over mask: SequenceMask) -> Tensor {
        var next: Int32 = -1
        let places = mask.presence.map { isThere -> Int32 in
            if isThere { next += 1 }
            return isThere ? next : -1
        }
        return rows(at: Tensor(places, shape: [mask.batch, mask.steps], on: device))
    }

    /// Every step as a row, `[batch·steps, …]` flattened to `[batch·steps, size]`.
    var stepRows: Tensor { reshaped([shape[0] * shape[1], shape[2...].product]) }

    /// The steps at these places of `batch·steps`; nil for none.
    func stepRows(at places: [Int]) -> Tensor? {
        places.isEmpty ? nil : stepRows.rows(at: Tensor(places.map { Int32($0) }, on: device))
    }

    /// Stops the program unless the first two axes are the mask's.
    package func check(_ mask: SequenceMask, in operation: String) {
        require(
            shape.count >= 2 && shape[0] == mask.batch && shape[1] == mask.steps,
            "\(operation): the mask has \(mask.batch) rows of \(mask.steps) steps, the tensor's shape is \(shape)")
    }
}

extension SequenceMask {
    /// `[batch, steps]`, one number where a step is there, another where it is not.
    package func tensor(present: Float, absent: Float, on device: Device) -> Tensor {
        Tensor(presence.map { $0 ? present : absent }, shape: [batch, steps], on: device)
    }

    /// What added to any number leaves it where a step is there, and makes it less than all others where it is not.
    package func penalty(on device: Device) -> Tensor { tensor(present: 0, absent: -1e30, on: device) }
}

// MARK: Softmax

extension Tensor {
    /// Softmax of finite scores along the steps, the last axis: `[batch, …, steps]`. Steps that are not there get 0, and
    /// so do all steps of a row that has none.
    public func softmax(over mask: SequenceMask) -> Tensor {
        Tensor.check("softmax", self)
        require(
            shape.count >= 2 && shape[0] == mask.batch && shape.last == mask.steps,
            "softmax: the mask has \(mask.batch) rows of \(mask.steps) steps, the tensor's shape is \(shape)")
        if mask.isFull { return softmax() }
        let (rows, columns) = rowsAndColumns
        let x = Matrix(buffer, batches: mask.batch, rows: rows / mask.batch, columns: columns)
        let row = { (buffer: Buffer) in
            Matrix(
                buffer, batches: x.batches, rows: x.rows, columns: columns, batchStride: columns, rowStride: 0)
        }
        let masked = x.of(backend.makeBuffer(.float32, count: count))
        backend.zip(.add, x, row(mask.penalty(on: device).buffer), into: masked, accumulating: false)
        let y = Tensor.empty(shape, on: device)
        backend.softmax(masked.buffer, rows: rows, columns: columns, logarithmic: false, into: y.buffer)
        if mask.counts.contains(0) {
            let isThere = mask.tensor(present: 1, absent: 0, on: device)
            backend.zip(.multiply, x.of(y.buffer), row(isThere.buffer), into: x.of(y.buffer), accumulating: false)
        }
        return y.recorded(from: [self]) { [node, backend] dy, cotangents in
            guard let dx = cotangents.accumulator(for: node) else { return }
            backend.softmaxBackward(
                y: y.buffer, dy: dy, rows: rows, columns: columns, logarithmic: false, into: dx)
        }
    }
}
