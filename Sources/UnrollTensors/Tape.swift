package import UnrollCompute

/// A tensor's place on a tape.
package struct Node {
    package let tape: Tape
    /// Which of the tape's gradients is the tensor's.
    package let index: Int
    /// How many elements the tensor has, and so its gradient.
    package let count: Int
}

/// What the forward pass did, in order; played backwards once it yields gradients.
///
/// A flat array of pullbacks, carried by the tensors it recorded. Its order is a topological order already, and popping
/// from the end frees what each operation saved as soon as it has been used. First order only: pullbacks call the
/// backend and are not recorded themselves.
package final class Tape {
    /// From the gradients of an operation's results, nil where nobody used the result, adds to those of its operands.
    package typealias Pullback = (_ results: [Buffer?], _ cotangents: Cotangents) -> Void

    package let device: Device
    private let random: RandomSource?
    private var entries: [(results: Range<Int>, pullback: Pullback)] = []
    private var nodes = 0
    private var sites = 0
    private var hasEnded = false

    /// - Parameter random: the numbers of this training step for dropout; nil where there is none.
    package init(on device: Device, random: RandomSource?) {
        (self.device, self.random) = (device, random)
    }

    /// A place for a tensor that was not computed: a parameter.
    package func leaf(count: Int) -> Node {
        nodes += 1
        return Node(tape: self, index: nodes - 1, count: count)
    }

    /// The key for the next site of dropout. Sites count from zero in every training step, in order of the calls.
    func nextKey(for operation: String) -> RandomKey {
        guard let random else {
            fatalError("\(operation): no random numbers; pass `random:` to valueWithGradient")
        }
        sites += 1
        return random.key(site: sites - 1)
    }

    /// The tape of the operands, if any of them is on one.
    static func common(of operands: [Tensor]) -> Tape? {
        var tape: Tape?
        for node in operands.lazy.compactMap(\.node) {
            require(
                !node.tape.hasEnded,
                "a tensor was used after its training step ended; carry it over with detached()")
            require(
                tape == nil || tape === node.tape, "an operation has operands of two tapes; detach one of them")
            tape = node.tape
        }
        return tape
    }

    fileprivate func record(_ counts: [Int], _ pullback: @escaping Pullback) -> [Node] {
        let results = counts.map(leaf(count:))
        entries.append((nodes - counts.count..<nodes, pullback))
        return results
    }

    /// Plays the tape backwards, dropping each entry and what it saved once used. Nothing here waits for the device.
    /// - Parameters:
    ///   - loss: a tensor of one element, or of any shape when its cotangent is given.
    ///   - cotangent: the gradient to begin with, of the loss's shape; nil is 1.
    package func play(from loss: Tensor, cotangent: Tensor? = nil) -> Cotangents {
        require(
            loss.shape == cotangent?.shape ?? loss.shape && (cotangent != nil || loss.count == 1),
            "valueWithGradient: the loss has shape \(loss.shape), not \(cotangent?.shape.description ?? "a single number")"
        )
        guard let node = loss.node, node.tape === self else {
            fatalError("valueWithGradient: the loss does not depend on any parameter of the module")
        }
        require(!hasEnded, "a tape plays once")
        hasEnded = true
        let cotangents = Cotangents(count: nodes, on: device)
        if let cotangent {
            cotangents.begin(node, with: cotangent)
        } else {
            device.backend.fill(cotangents.accumulator(for: node)!, with: 1)
        }
        while let (results, pullback) = entries.popLast() {
            let gradients = results.map(cotangents.take)
            if gradients.contains(where: { $0 != nil }) { pullback(gradients, cotangents) }
        }
        return cotangents
    }

    /// Drops whatever was recorded: a tape that an error kept from playing must not keep what it saved alive.
    package func end() {
        hasEnded = true
        entries = []
    }
}

// MARK: Under way

// Only the thread or task that runs a loss uses its tape; the value that says which one it is is no more than a name.
extension Tape: @unchecked Sendable {
    /// That of the innermost `valueWithGradient` whose loss this thread or task is computing.
    @TaskLocal private static var innermost: Tape?

    /// The training step that is under way on a device, to dropout and other layers that do in training what they do not
    /// elsewhere. A tensor does not tell: neither data nor what comes of frozen parameters is on a tape.
    package static func underWay(on device: Device) -> Tape? {
        guard let tape = innermost, !tape.hasEnded, tape.device == device else { return nil }
        return tape
    }

    /// Computes a loss.
    package func whileUnderWay<Result>(_ loss: () throws -> Result) rethrows -> Result {
        try Self.$innermost.withValue(self, operation: loss)
    }

    fileprivate static func whileNoneIsUnderWay<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $innermost.withValue(nil, operation: body)
    }
}

/// Computes something as it is outside of training, in the middle of it: nothing is dropped, and batches are normalised
/// by running statistics. Gradients flow as elsewhere.
///
///     let (loss, gradients) = student.valueWithGradient(random: random) {
///         student(x).meanSquaredError(evaluating { teacher(x) })
///     }
public func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Tape.whileNoneIsUnderWay(body)
}

/// Gradients by place on the tape. Every use of a tensor adds into the same buffer.
package final class Cotangents {
    private let device: Device
    private var buffers: [Buffer?]

    fileprivate init(count: Int, on device: Device) {
        self.device = device
        buffers = Array(repeating: nil, count: count)
    }

    /// A copy, since pullbacks may write over what they take.
    fileprivate func begin(_ node: Node, with cotangent: Tensor) {
        let buffer = device.backend.makeBuffer(.float32, count: node.count, for: "a gradient")
        let view = { Matrix($0, rows: 1, columns: node.count) }
        device.backend.copy(view(cotangent.buffer), to: view(buffer), accumulating: false)
        buffers[node.index] = buffer
    }

    /// The buffer into which the gradient of a tensor is summed; nil if nobody asks for it.
    package func accumulator(for node: Node?) -> Buffer? {
        guard let node else { return nil }
        if let buffer = buffers[node.index] { return buffer }
        let buffer = device.backend.makeZeros(count: node.count)
        buffers[node.index] = buffer
        return buffer
    }

    /// The finished gradient at a place, if anything was added to it; the caller has it from here on.
    package func take(_ index: Int) -> Buffer? {
        defer { buffers[index] = nil }
        return buffers[index]
    }
}

extension Tensor {
    /// Itself as the result of an operation on `operands`: on their tape if one of them is on a tape.
    ///
    /// The pullback gets the result's gradient. It should capture buffers and nodes rather than tensors it does not need.
    func recorded(
        from operands: [Tensor], _ pullback: @escaping (_ dy: Buffer, _ cotangents: Cotangents) -> Void
    ) -> Tensor {
        Tensor.recorded([self], from: operands) { results, cotangents in pullback(results[0]!, cotangents) }[0]
    }

    /// The same for an operation of several results.
    static func recorded(_ results: [Tensor], from operands: [Tensor], _ pullback: @escaping Tape.Pullback) -> [Tensor]
    {
        guard let tape = Tape.common(of: operands) else { return results }
        return zip(results, tape.record(results.map(\.count), pullback)).map { result, node in
            Tensor(result.buffer, shape: result.shape, on: result.device, node: node)
        }
    }
}
