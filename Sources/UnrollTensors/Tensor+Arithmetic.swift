import UnrollCompute

// Tensors of different shapes combine when one repeats to the shape of the other: axes are matched from the last, and
// an axis that is missing or of extent 1 repeats. So a row `[features]` is added to every row of
// `[batch, steps, features]`, and a single number to every element.

extension Tensor {
    /// `a + b`, element by element; the smaller repeats.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        combine(.add, a, b, "+") { pull in
            pull.add(1, to: 0)
            pull.add(1, to: 1)
        }
    }

    /// `a − b`, element by element; the smaller repeats.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        combine(.subtract, a, b, "-") { pull in
            pull.add(1, to: 0)
            pull.add(-1, to: 1)
        }
    }

    /// `a · b`, element by element; the smaller repeats.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        combine(.multiply, a, b, "*") { pull in
            pull.add(pull.dy, .multiply, pull.b, to: 0)
            pull.add(pull.dy, .multiply, pull.a, to: 1)
        }
    }

    /// `a / b`, element by element; the smaller repeats.
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        combine(.divide, a, b, "/") { pull in
            pull.add(pull.dy, .divide, pull.b, to: 0)
            // ∂/∂b = −y / b
            let share = Broadcast.Operand(
                buffer: pull.backend.makeBuffer(.float32, count: pull.y.buffer.count), side: nil)
            pull.broadcast.combine(
                .divide, pull.y, pull.b, into: share.buffer, accumulating: false, on: pull.backend)
            pull.add(pull.dy, .multiply, share, scale: -1, to: 1)
        }
    }

    /// `f(a, b)`, and how its gradient goes back.
    private static func combine(
        _ f: BinaryFunction, _ a: Tensor, _ b: Tensor, _ name: String, _ pullback: @escaping (Pull) -> Void
    ) -> Tensor {
        check(name, a, b)
        let broadcast = Broadcast(a.shape, b.shape, in: name)
        let y = empty(broadcast.shape, on: a.device)
        let operands = (
            a: Broadcast.Operand(buffer: a.buffer, side: 0), b: Broadcast.Operand(buffer: b.buffer, side: 1)
        )
        broadcast.combine(f, operands.a, operands.b, into: y.buffer, accumulating: false, on: a.backend)
        return y.recorded(from: [a, b]) { [nodes = [a.node, b.node]] dy, cotangents in
            pullback(
                Pull(
                    broadcast: broadcast, backend: y.backend, a: operands.a, b: operands.b,
                    y: Broadcast.Operand(buffer: y.buffer, side: nil), dy: Broadcast.Operand(buffer: dy, side: nil),
                    nodes: nodes, cotangents: cotangents))
        }
    }

    /// The pullback of a function of two tensors: operands, result and its gradient.
    private struct Pull {
        let broadcast: Broadcast
        let backend: any Backend
        let a, b, y, dy: Broadcast.Operand
        let nodes: [Node?]
        let cotangents: Cotangents

        /// Adds `scale · dy` to the gradient of an operand, summed where it repeats.
        func add(_ scale: Float, to side: Int) {
            guard let dx = cotangents.accumulator(for: nodes[side]) else { return }
            broadcast.addSum(of: dy.buffer, scale: scale, to: dx, side: side, on: backend)
        }

        /// Adds `scale · f(t, u)` to the gradient of an operand, summed where it repeats.
        func add(
            _ t: Broadcast.Operand, _ f: BinaryFunction, _ u: Broadcast.Operand, scale: Float = 1, to side: Int
        ) {
            guard let dx = cotangents.accumulator(for: nodes[side]) else { return }
            if scale == 1 && broadcast.isWhole(side) {
                broadcast.combine(f, t, u, into: dx, accumulating: true, on: backend)
            } else {
                let terms = backend.makeBuffer(.float32, count: y.buffer.count)
                broadcast.combine(f, t, u, into: terms, accumulating: false, on: backend)
                broadcast.addSum(of: terms, scale: scale, to: dx, side: side, on: backend)
            }
        }
    }
}

// MARK: With a number

extension Tensor {
    /// `a + c`
    public static func + (a: Tensor, c: Float) -> Tensor { a.map(.affine(1, c), "+") }
    /// `c + a`
    public static func + (c: Float, a: Tensor) -> Tensor { a.map(.affine(1, c), "+") }
    /// `a − c`
    public static func - (a: Tensor, c: Float) -> Tensor { a.map(.affine(1, -c), "-") }
    /// `c − a`
    public static func - (c: Float, a: Tensor) -> Tensor { a.map(.affine(-1, c), "-") }
    /// `a · c`
    public static func * (a: Tensor, c: Float) -> Tensor { a.map(.affine(c, 0), "*") }
    /// `c · a`
    public static func * (c: Float, a: Tensor) -> Tensor { a.map(.affine(c, 0), "*") }
    /// `a / c`
    public static func / (a: Tensor, c: Float) -> Tensor { a.map(.affine(1 / c, 0), "/") }
    /// `c / a`
    public static func / (c: Float, a: Tensor) -> Tensor { a.reciprocal() * c }
    /// `−a`
    public static prefix func - (a: Tensor) -> Tensor { a.map(.affine(-1, 0), "-") }
}
