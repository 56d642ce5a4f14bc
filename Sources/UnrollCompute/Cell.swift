/// A kind of recurrent cell: everything a backend must know about it besides its equations, which stand once in
/// `Kernels/cells/<equations>.h`.
public struct Cell: Sendable, Hashable {
    /// The name users and files know it by: `rnn`, `rnn-relu`, `ungated`, `lstm`, `lstm-depth-gated`, `gru`,
    /// `gru-reset-before`.
    public let name: String
    /// The file of its equations.
    package let equations: String
    /// Blocks of `hidden` pre-activations that see h, in PyTorch's order (lstm `i f g o`, gru `r z n`).
    package let gates: Int
    /// How many of them the first product of a step is for: all, unless what another reads depends on them.
    package let firstGates: Int
    /// Blocks of a saved row. The first `gates` of them end as the gradient of the recurrent pre-activations.
    package let saved: Int
    /// For each gate that sees the input, the block of a saved row where its projection arrives and its gradient ends.
    package let inputBlocks: [Int]
    /// The block where c of the layer below arrives and its gradient ends, if the cell sees it.
    package let below: Int?
    /// 1 when the cell carries only h, 2 when it also carries c.
    package let states: Int
    /// Of each gate that sees h, of the way from c to h, and of a depth gate.
    package let activations: [Activation]
    /// The input gates as runs of neighbouring blocks. A projection or a weight gradient is one matmul a run: one for lstm,
    /// two for gru.
    package let inputRuns: [GateRun]

    /// `h' = tanh(W·x + R·h)`   (Elman 1990)
    public static let rnn = Cell(
        name: "rnn", equations: "rnn", gates: 1, saved: 1, inputBlocks: [0], states: 1, activations: [.tanh])
    /// `h' = max(0, W·x + R·h)`   (Le, Jaitly & Hinton 2015)
    public static let rnnReLU = Cell(
        name: "rnn-relu", equations: "rnn", gates: 1, saved: 1, inputBlocks: [0], states: 1,
        activations: [.relu])
    /// `c' = c + tanh(W·x + R·h)`, `h' = tanh(c')`: long short-term memory before it had gates.
    public static let ungated = Cell(
        name: "ungated", equations: "ungated", gates: 1, saved: 1, inputBlocks: [0], states: 2,
        activations: [.tanh, .tanh])
    /// Long short-term memory (Hochreiter & Schmidhuber 1997), gates `i f g o`.
    public static let lstm = Cell(
        name: "lstm", equations: "lstm", gates: 4, saved: 4, inputBlocks: [0, 1, 2, 3], states: 2,
        activations: [.sigmoid, .sigmoid, .tanh, .sigmoid, .tanh])
    /// An lstm with peepholes and a gate between the cells of adjacent layers (Yao et al. 2015): c of the layer below also
    /// goes into c, as far as `d = σ(W·x + b + p·c + p'·c_below)` lets it. Gates `i f g o d`, of which d does not see h; the
    /// lowest layer, which has none below, is an lstm with peepholes.
    public static let depthGatedLSTM = Cell(
        name: "lstm-depth-gated", equations: "lstm", gates: 4, saved: 6, inputBlocks: [0, 1, 2, 3, 4], below: 5,
        states: 2, activations: [.sigmoid, .sigmoid, .tanh, .sigmoid, .tanh, .sigmoid])
    /// Gated recurrent unit (Cho et al. 2014), reset after the recurrent matmul, gates `r z n`.
    public static let gru = Cell(
        name: "gru", equations: "gru", gates: 3, saved: 4, inputBlocks: [0, 1, 3], states: 1,
        activations: [.sigmoid, .sigmoid, .tanh])

    /// Gated recurrent unit as first published (Cho et al. 2014) and in ONNX, reset before the recurrent matmul, gates
    /// `r z n`.
    public static let gruResetBefore = Cell(
        name: "gru-reset-before",
        equations: "gru_reset_before", gates: 3, firstGates: 2, saved: 3, inputBlocks: [0, 1, 2], states: 1,
        activations: [.sigmoid, .sigmoid, .tanh])

    /// Every cell there is.
    public static let all: [Cell] = [.rnn, .rnnReLU, .ungated, .lstm, .depthGatedLSTM, .gru, .gruResetBefore]

    /// The cell of that name, if there is one.
    public init?(named name: String) {
        guard let cell = Cell.all.first(where: { $0.name == name }) else { return nil }
        self = cell
    }

    private init(
        name: String, equations: String, gates: Int, firstGates: Int? = nil, saved: Int, inputBlocks: [Int],
        below: Int? = nil, states: Int, activations: [Activation]
    ) {
        (self.name, self.equations, self.gates, self.saved) = (name, equations, gates, saved)
        self.firstGates = firstGates ?? gates
        (self.inputBlocks, self.below, self.states, self.activations) = (inputBlocks, below, states, activations)
        inputRuns = GateRun.runs(of: inputBlocks)
    }

    /// The name its kernels have: equations are compiled apart for cells that see the one below.
    package var kernels: String { below == nil ? equations : equations + "_below" }

    /// How many gates see the input.
    package var inputGates: Int { inputBlocks.count }

    /// How many peepholes it has, where it has any: of i, f and o; of d.
    package var peepholes: Int { below == nil ? 3 : 5 }

    /// Whether its gates are i f g o, whatever else it has.
    package var isLSTM: Bool { equations == "lstm" }

    /// What the lowest layer of a stack of it is.
    package var lowest: Cell { below == nil ? self : .lstm }
}

/// Neighbouring gates whose blocks of a saved row are neighbours too.
package struct GateRun: Sendable, Hashable {
    /// The first of them, and its block.
    package let gate, block: Int
    package fileprivate(set) var length: Int

    fileprivate static func runs(of blocks: [Int]) -> [GateRun] {
        var runs: [GateRun] = []
        for (gate, block) in blocks.enumerated() {
            if let last = runs.last, last.block + last.length == block {
                runs[runs.count - 1].length += 1
            } else {
                runs.append(GateRun(gate: gate, block: block, length: 1))
            }
        }
        return runs
    }
}
