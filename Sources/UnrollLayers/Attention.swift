public import UnrollCompute
public import UnrollTensors

/// Attention: for each query a mean of what was read, weighted by how well its keys fit.
///
///     weights = softmax over the steps that are there of score(query, key)        context = Σ weights·value
///
///     additive    score(q, k) = v·tanh(W_q·q + W_k·k)        (Bahdanau, Cho & Bengio 2015)
///     dot         score(q, k) = q·k                          (Luong, Pham & Manning 2015)
///     general     score(q, k) = q·(W_k·k)                    (the same)
///
/// A decoder that asks again and again prepares what it asks once:
///
///     let memory = attention.memory(encoded, mask: mask)
///     let (context, weights) = attention(query, memory)
public final class Attention: Module {
    /// W_q; additive alone has one.
    public let query: Linear?
    /// W_k; dot has none.
    public let key: Linear?
    /// v, `[hidden]`; additive alone has one.
    public let score: Parameter?

    private init(query: Linear?, key: Linear?, score: Parameter?) {
        (self.query, self.key, self.score) = (query, key, score)
    }

    /// `v·tanh(W_q·q + W_k·k)`, with queries and keys of these sizes and v of `hidden` numbers.
    public static func additive(queries: Int, keys: Int, hidden: Int, _ initializer: Initializer) -> Attention {
        let query = Linear(inputs: queries, outputs: hidden, bias: false, initializer)
        let key = Linear(inputs: keys, outputs: hidden, bias: false, initializer)
        // A matrix of one output.
        let score = initializer.weight(
            .input, [1, hidden], otherwise: .uniform(bound: 1 / Float(hidden).squareRoot()))
        return Attention(query: query, key: key, score: Parameter(score.value.reshaped([hidden])))
    }

    /// `q·k`: queries and keys have the same size. It has no parameters.
    public static func dot() -> Attention { Attention(query: nil, key: nil, score: nil) }

    /// `q·(W_k·k)`, with queries and keys of these sizes.
    public static func general(queries: Int, keys: Int, _ initializer: Initializer) -> Attention {
        let key = Linear(inputs: keys, outputs: queries, bias: false, initializer)
        return Attention(query: nil, key: key, score: nil)
    }

    /// What queries are put to, its keys prepared.
    public struct Memory {
        /// `[batch, steps, …]`, projected where the score projects them.
        let keys: Tensor
        /// `[batch, steps, size]`
        let values: Tensor
        let mask: SequenceMask?
    }

    /// Prepares what queries are put to.
    ///
    /// - Parameters:
    ///   - keys: `[batch, steps, keys]`
    ///   - values: `[batch, steps, size]`; nil takes the keys for both.
    ///   - mask: which steps are there; nil is all.
    public func memory(_ keys: Tensor, values: Tensor? = nil, mask: SequenceMask? = nil) -> Memory {
        let shapes = [keys.shape, (values ?? keys).shape]
        require(
            shapes.allSatisfy { $0.count == 3 && $0.prefix(2) == keys.shape.prefix(2) },
            "Attention: keys and values of shapes \(shapes) are not [batch, steps, size]")
        let present = { (x: Tensor) in mask.map { x.masked($0) } ?? x }
        let keysThere = present(keys)
        return Memory(
            keys: key.map { $0(keysThere) } ?? keysThere,
            values: values.map(present) ?? keysThere, mask: mask)
    }

    /// Asks.
    ///
    /// - Parameters:
    ///   - queries: `[batch, queries, size]`
    ///   - memory: of the same batch.
    /// - Returns: for each query its context `[batch, queries, size of the values]` and its weights `[batch, queries,
    ///   steps]`, which sum to 1; where a row has no step, both are zeros.
    public func callAsFunction(_ queries: Tensor, _ memory: Memory) -> (context: Tensor, weights: Tensor) {
        require(
            queries.shape.count == 3 && queries.shape[0] == memory.keys.shape[0],
            "Attention: queries \(queries.shape) are not [batch, queries, size] for keys \(memory.keys.shape)")
        let scores = scores(of: query.map { $0(queries) } ?? queries, memory.keys)
        let weights = memory.mask.map { scores.softmax(over: $0) } ?? scores.softmax()
        return (weights.matmul(memory.values), weights)
    }

    /// The same for keys that are asked once.
    public func callAsFunction(
        _ queries: Tensor, _ keys: Tensor, values: Tensor? = nil, mask: SequenceMask? = nil
    ) -> (context: Tensor, weights: Tensor) {
        self(queries, memory(keys, values: values, mask: mask))
    }

    /// `[batch, queries, size]` and `[batch, steps, size]` to `[batch, queries, steps]`.
    private func scores(of queries: Tensor, _ keys: Tensor) -> Tensor {
        let (batch, count, steps, size) = (queries.shape[0], queries.shape[1], keys.shape[1], keys.shape[2])
        require(
            queries.shape[2] == size, "Attention: queries of \(queries.shape[2]) numbers for keys of \(size)")
        guard let score else { return queries.matmul(keys, transposed: true) }
        let sums = queries.reshaped([batch, count, 1, size]) + keys.reshaped([batch, 1, steps, size])
        return sums.tanh().matmul(score.value.reshaped([size, 1])).reshaped([batch, count, steps])
    }
}
