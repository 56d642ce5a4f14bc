import Testing
import UnrollCompute
import UnrollLayers
import UnrollTensors
import UnrollTestSupport

@Suite struct InitializerTests {
    static let device = TestedBackend.cpu[0].device

    private func values(
        _ distribution: Initializer.Distribution, _ shape: [Int], blocks: Int = 1, seed: UInt64 = 3
    ) throws -> [Double] {
        let parameter = Initializer(seed: seed, on: Self.device)(distribution, shape, blocks: blocks)
        #expect(parameter.shape == shape)
        return try parameter.value.floats().map(Double.init)
    }

    /// Mean and variance as the papers have them, within five deviations of what chance allows.
    @Test func variances() throws {
        let (outputs, inputs) = (90, 210)
        let cases: [(Initializer.Distribution, variance: Double, bound: Double?)] = [
            (.uniform(bound: 0.25), 0.0625 / 3, 0.25), (.normal(deviation: 0.3), 0.09, nil),
            (.glorotUniform, 2.0 / 300, (6.0 / 300).squareRoot()), (.glorotNormal, 2.0 / 300, nil),
            (.heUniform, 2.0 / 210, (6.0 / 210).squareRoot()), (.heNormal, 2.0 / 210, nil),
        ]
        for (distribution, variance, bound) in cases {
            let numbers = try values(distribution, [outputs, inputs])
            let count = Double(numbers.count)
            let mean = numbers.reduce(0, +) / count
            let found = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
            #expect(abs(mean) < 5 * (variance / count).squareRoot(), "\(distribution): mean \(mean)")
            #expect(abs(found / variance - 1) < 5 * (2 / count).squareRoot(), "\(distribution): variance \(found)")
            if let bound {
                #expect(largest(numbers) <= bound * 1.000001 && largest(numbers) > 0.99 * bound, "\(distribution)")
            } else {
                #expect(largest(numbers) > 3 * variance.squareRoot() && largest(numbers) < 6 * variance.squareRoot())
            }
        }
        // Of a stack of blocks each is a matrix of its own.
        let stacked = try values(.glorotUniform, [4 * outputs, inputs], blocks: 4)
        #expect(largest(stacked) > 0.99 * (6.0 / 300).squareRoot())
        #expect(try values(.constant(0.75), [3, 5]) == Array(repeating: 0.75, count: 15))
        #expect(try values(.constant(-1), [7]) == Array(repeating: -1, count: 7))
    }

    /// W·Wᵀ = gain²·1 for every block, or Wᵀ·W where there are more rows than columns.
    @Test(arguments: [(7, 7, 1), (13, 29, 1), (31, 12, 1), (17, 17, 4), (5, 9, 3), (9, 5, 3), (1, 6, 2), (67, 67, 1)])
    func orthogonal(_ rows: Int, _ columns: Int, _ blocks: Int) throws {
        let gain = 1.25
        let all = try values(.orthogonal(gain: 1.25), [blocks * rows, columns], blocks: blocks)
        for block in 0..<blocks {
            let w = Array(all[block * rows * columns..<(block + 1) * rows * columns])
            let element = { (i: Int, k: Int) in rows <= columns ? w[i * columns + k] : w[k * columns + i] }
            let (count, length) = (min(rows, columns), max(rows, columns))
            for i in 0..<count {
                for j in 0...i {
                    let product = (0..<length).reduce(0.0) { $0 + element(i, $1) * element(j, $1) }
                    #expect(abs(product - (i == j ? gain * gain : 0)) < 1e-6, "block \(block), \(i) · \(j)")
                }
            }
        }
        if blocks > 1 { #expect(all[..<(rows * columns)] != all[(rows * columns)..<(2 * rows * columns)]) }
        // Nothing says which sign comes first: all orthogonal matrices are as likely.
        let signs = try (0..<64).map { try values(.orthogonal(), [rows, columns], seed: $0)[0] > 0 }.count { $0 }
        #expect((12...52).contains(signs), "\(signs) of 64 begin above zero")
    }

    @Test func identity() throws {
        let expected = (0..<2).flatMap { _ in
            (0..<3).flatMap { i in (0..<4).map { j in i == j ? 0.5 : 0.0 } }
        }
        #expect(try values(.identity(scale: 0.5), [6, 4], blocks: 2) == expected)
    }

    /// Each weight by its role; without a scheme what layers choose themselves, which is PyTorch's.
    @Test func schemes() throws {
        func weights(_ cell: Cell, _ scheme: Initializer.Scheme) throws -> [String: [Float]] {
            let recurrent = Recurrent(
                cell, inputs: 6, hidden: 5, layers: 2, Initializer(seed: 8, on: Self.device, scheme))
            return try Dictionary(
                uniqueKeysWithValues: recurrent.parameters.map { ($0.name, try $0.parameter.value.floats()) })
        }
        let own = try weights(.lstm, Initializer.Scheme())
        #expect(own.values.allSatisfy { $0.allSatisfy { abs($0) <= 1 / Float(5).squareRoot() } })
        // The stream of each weight is its own, whatever the others draw.
        let first = RandomSource(seed: 8, step: -1).uniform(count: 120, site: 0)
        #expect(own["weight_ih_l0"] == first.map { (2 * $0 - 1) * (1 / Float(5).squareRoot()) })
        let recurrentOnly = try weights(.lstm, Initializer.Scheme(recurrent: .identity()))
        for (name, values) in own {
            #expect((recurrentOnly[name] == values) == !name.hasPrefix("weight_hh"), "\(name)")
        }

        let orthogonal = try weights(.gru, .orthogonal)
        #expect(orthogonal.filter { $0.key.hasPrefix("bias") }.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
        let rows = orthogonal["weight_hh_l1"]!
        for gate in 0..<3 {
            let row = rows[(gate * 5 + 2) * 5..<(gate * 5 + 3) * 5]
            #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        let eye: [Float] = (0..<25).map { $0 % 6 == 0 ? 1 : 0 }
        #expect(try weights(.rnnReLU, .identity)["weight_hh_l0"] == eye)

        // The two biases of the forget gate, the second block, come to it together; the others stay as they were.
        var scheme = Initializer.Scheme()
        scheme.forgetBias = 1.5
        let forgetting = try weights(.lstm, scheme)
        for layer in 0..<2 {
            for (name, value) in [("bias_ih_l\(layer)", Float(1.5)), ("bias_hh_l\(layer)", 0)] {
                let (found, before) = (forgetting[name]!, own[name]!)
                #expect(found[5..<10].allSatisfy { $0 == value })
                #expect(found[..<5] == before[..<5] && found[10...] == before[10...])
            }
        }
        #expect(try weights(.gru, scheme) == weights(.gru, Initializer.Scheme()))

        let linear = Linear(inputs: 40, outputs: 30, Initializer(seed: 1, on: Self.device, .glorot))
        #expect(try linear.bias!.value.floats().allSatisfy { $0 == 0 })
        let bound = (6.0 / 70).squareRoot()
        #expect(try largest(linear.weight.value.floats().map(Double.init)) > 0.95 * bound)
    }

    @Test(arguments: TestedBackend.allAndReference) func sameOnEveryDevice(_ tested: TestedBackend) throws {
        for distribution in [Initializer.Distribution.orthogonal(), .heNormal, .glorotUniform] {
            let parameter = Initializer(seed: 3, on: tested.device)(distribution, [6, 7], blocks: 2)
            #expect(try parameter.value.doubles() == values(distribution, [6, 7], blocks: 2))
        }
    }

    /// A scheme reaches every matrix and bias, whatever the layer.
    @Test func schemesReachEveryLayer() throws {
        let scheme = Initializer.Scheme(input: .constant(0.25), recurrent: .constant(0.5), bias: .constant(0.125))
        let initializer = Initializer(seed: 3, on: Self.device, scheme)
        let modules: [any Module] = [
            ElementwiseRecurrent(.minLSTM, inputs: 3, hidden: 5, layers: 2, direction: .bidirectional, initializer),
            Recurrent(.lstm, inputs: 3, hidden: 5, projection: 2, layers: 2, initializer),
            Attention.additive(queries: 3, keys: 5, hidden: 7, initializer),
            Attention.general(queries: 3, keys: 5, initializer), Linear(inputs: 3, outputs: 5, initializer),
        ]
        var count = 0
        for (name, parameter) in modules.flatMap(\.parameters) {
            let expected: Float = name.contains("bias") ? 0.125 : name.contains("weight_hh") ? 0.5 : 0.25
            #expect(try parameter.value.floats().allSatisfy { $0 == expected }, "\(name)")
            count += 1
        }
        #expect(count == 8 + 10 + 3 + 1 + 2)
        // And those of two axes alone fit all of these.
        for scheme in [Initializer.Scheme.glorot, .he, .orthogonal, .identity] {
            let initializer = Initializer(seed: 3, on: Self.device, scheme)
            _ = Attention.additive(queries: 3, keys: 5, hidden: 7, initializer)
            _ = ElementwiseRecurrent(.indRNN, inputs: 3, hidden: 5, initializer)
            _ = Recurrent(.lstm, inputs: 3, hidden: 5, projection: 2, initializer)
        }
    }
}
