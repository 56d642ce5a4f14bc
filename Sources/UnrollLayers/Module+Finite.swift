package import UnrollCompute

// Off the hot path: a sum of squares for each tensor, and one wait for all of them.

extension Module {
    /// The name of the first parameter with a number that is infinite or none; waits for the device.
    public func firstNonFinite() throws -> String? {
        let tensors = parameters.map { ($0.name, $0.parameter.value.buffer) }
        guard let device = parameters.first?.parameter.value.device else { return nil }
        return try device.firstNonFinite(tensors)
    }
}

extension Gradients {
    /// The name of the first parameter of a module whose gradient has a number that is infinite or none; waits for the
    /// device.
    public func firstNonFinite(of module: some Module) throws -> String? {
        try device.firstNonFinite(
            module.parameters.compactMap { name, parameter in buffer(of: parameter).map { (name, $0) } })
    }
}

extension Device {
    /// The name of the first with a number that is infinite or none; waits for the device.
    package func firstNonFinite(_ tensors: [(name: String, buffer: Buffer)]) throws -> String? {
        let tensors = tensors.filter { $0.buffer.type == .float32 }
        let sums = backend.makeZeros(count: max(1, tensors.count))
        for (index, (_, buffer)) in tensors.enumerated() {
            backend.reduce(
                .sumOfSquares, rowsOf: Matrix(buffer, rows: buffer.count, columns: 1), scale: 1,
                into: Matrix(sums, at: index, rows: 1, columns: 1), accumulating: false)
        }
        for (sum, (name, buffer)) in zip(try backend.read(sums), tensors) where !sum.isFinite {
            // The squares of large numbers are infinite too.
            if try !backend.read(buffer).allSatisfy(\.isFinite) { return name }
        }
        return nil
    }
}
