package import UnrollCompute
package import UnrollTensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sequences made up from a stream of random numbers, and what is to be said of them. What must be known for that lies far
/// back, and nothing is gained by knowing anything else.
package protocol SyntheticTask: Sendable, CustomStringConvertible {
    /// How many numbers a step has.
    var inputs: Int { get }
    /// How many numbers an answer has.
    var outputs: Int { get }
    /// Whether the answer is asked for after the last step alone.
    var answersAtTheEnd: Bool { get }
    /// The loss of who remembers nothing, on average over all sequences.
    var baseline: Double { get }

    /// `x` `[batch, steps, inputs]` and what to say.
    func examples(_ batch: Int, from source: RandomSource, on device: Device) -> (x: Tensor, targets: Tensor)
    /// The mean loss of answers `[batch, steps, outputs]`, `[batch, outputs]` at the end alone.
    func loss(_ answers: Tensor, _ targets: Tensor) -> Tensor
    /// The best answers of who remembers nothing.
    func ignorantAnswers(_ batch: Int, on device: Device) -> Tensor
}

/// Of many numbers in [0, 1) two are marked, one in each half; their sum is asked for.
/// (Hochreiter & Schmidhuber 1997; in this form Le et al. 2015)
package struct AddingProblem: SyntheticTask {
    package let steps: Int
    package let inputs = 2
    package let outputs = 1
    package let answersAtTheEnd = true
    /// The variance of a sum of two: who remembers nothing says its mean, 1.
    package let baseline = 1.0 / 6

    package init(steps: Int) { self.steps = steps }

    package var description: String { "adding at \(steps) steps" }

    package func examples(_ batch: Int, from source: RandomSource, on device: Device) -> (x: Tensor, targets: Tensor) {
        var numbers = Numbers(source)
        var x = [Float](repeating: 0, count: batch * steps * 2)
        var sums = [Float](repeating: 0, count: batch)
        for row in 0..<batch {
            let marked = (numbers.next(steps / 2), steps / 2 + numbers.next(steps - steps / 2))
            for step in 0..<steps {
                let number = numbers.uniform()
                x[2 * (row * steps + step)] = number
                guard step == marked.0 || step == marked.1 else { continue }
                x[2 * (row * steps + step) + 1] = 1
                sums[row] += number
            }
        }
        return (
            Tensor(x, shape: [batch, steps, 2], on: device), Tensor(sums, shape: [batch, 1], on: device)
        )
    }

    package func loss(_ answers: Tensor, _ targets: Tensor) -> Tensor { answers.meanSquaredError(targets) }

    package func ignorantAnswers(_ batch: Int, on device: Device) -> Tensor {
        .full([batch, 1], with: 1, on: device)
    }
}

/// Ten of eight symbols, then blanks; after a mark the symbols are to be said again, and blanks until then.
/// (Hochreiter & Schmidhuber 1997; in this form Arjovsky et al. 2016)
package struct CopyMemory: SyntheticTask {
    private static let (symbols, kept) = (8, 10)
    package let blanks: Int
    /// Symbols, blank and mark.
    package let inputs = symbols + 2
    /// Symbols and blank.
    package let outputs = symbols + 1
    package let answersAtTheEnd = false
    private var steps: Int { blanks + 2 * Self.kept }
    /// Who remembers nothing still knows when to say a blank.
    package var baseline: Double { Double(Self.kept) * log(Double(Self.symbols)) / Double(steps) }

    package init(blanks: Int) { self.blanks = blanks }

    package var description: String { "copy memory over \(blanks) blanks" }

    package func examples(_ batch: Int, from source: RandomSource, on device: Device) -> (x: Tensor, targets: Tensor) {
        var numbers = Numbers(source)
        let (blank, mark) = (Self.symbols, Self.symbols + 1)
        var (heard, said): ([Int], [Int32]) = ([], [])
        for _ in 0..<batch {
            let data = (0..<Self.kept).map { _ in numbers.next(Self.symbols) }
            heard += data + Array(repeating: blank, count: blanks - 1) + [mark]
            heard += Array(repeating: blank, count: Self.kept)
            said += Array(repeating: Int32(blank), count: blanks + Self.kept) + data.map { Int32($0) }
        }
        return (
            .oneHot(heard, of: inputs, shape: [batch, steps], on: device),
            Tensor(said, shape: [batch, steps], on: device)
        )
    }

    package func loss(_ answers: Tensor, _ targets: Tensor) -> Tensor { answers.crossEntropy(targets) }

    package func ignorantAnswers(_ batch: Int, on device: Device) -> Tensor {
        let (never, blank) = (Float(-100), [Float](repeating: 0, count: Self.symbols))
        let waiting = Array(repeating: blank.map { _ in never } + [0], count: blanks + Self.kept)
        let guessing = Array(repeating: blank + [never], count: Self.kept)
        let row = (waiting + guessing).flatMap(\.self)
        return Tensor(Array(repeating: row, count: batch).flatMap(\.self), shape: [batch, steps, outputs], on: device)
    }
}

/// Tokens strewn among blanks, to be said in order when asked: what to keep depends on what it is, not on where.
/// (Gu & Dao 2023, after Arjovsky et al. 2016)
package struct SelectiveCopy: SyntheticTask {
    private static let (tokens, kept) = (8, 4)
    package let among: Int
    /// Tokens, blank and question.
    package let inputs = tokens + 2
    package let outputs = tokens
    package let answersAtTheEnd = false
    private var steps: Int { among + Self.kept }
    package var baseline: Double { log(Double(Self.tokens)) }

    package init(among: Int) { self.among = among }

    package var description: String { "selective copy of \(Self.kept) among \(among)" }

    package func examples(_ batch: Int, from source: RandomSource, on device: Device) -> (x: Tensor, targets: Tensor) {
        var numbers = Numbers(source)
        let (blank, question) = (Self.tokens, Self.tokens + 1)
        var (heard, said): ([Int], [Int32]) = ([], [])
        for _ in 0..<batch {
            var places: Set<Int> = []
            while places.count < Self.kept { places.insert(numbers.next(among)) }
            let data = (0..<Self.kept).map { _ in numbers.next(Self.tokens) }
            var row = [Int](repeating: blank, count: among)
            for (place, token) in zip(places.sorted(), data) { row[place] = token }
            heard += row + Array(repeating: question, count: Self.kept)
            said += Array(repeating: -1, count: among) + data.map { Int32($0) }
        }
        return (
            .oneHot(heard, of: inputs, shape: [batch, steps], on: device),
            Tensor(said, shape: [batch, steps], on: device)
        )
    }

    package func loss(_ answers: Tensor, _ targets: Tensor) -> Tensor { answers.crossEntropy(targets) }

    package func ignorantAnswers(_ batch: Int, on device: Device) -> Tensor {
        .zeros([batch, steps, outputs], on: device)
    }
}

extension Tensor {
    /// `[…, classes]`: 1 at each class, 0 elsewhere.
    fileprivate static func oneHot(_ classes: [Int], of count: Int, shape: [Int], on device: Device) -> Tensor {
        var values = [Float](repeating: 0, count: classes.count * count)
        for (place, value) in classes.enumerated() { values[place * count + value] = 1 }
        return Tensor(values, shape: shape + [count], on: device)
    }
}

/// A stream of numbers for making up data.
package struct Numbers {
    private let source: RandomSource
    private var drawn: [Float] = []
    private var site = 0

    package init(_ source: RandomSource) { self.source = source }

    /// In [0, 1).
    package mutating func uniform() -> Float {
        if drawn.isEmpty {
            drawn = source.uniform(count: 1024, site: site)
            site += 1
        }
        return drawn.removeLast()
    }

    /// In `0..<bound`.
    package mutating func next(_ bound: Int) -> Int { min(bound - 1, Int(uniform() * Float(bound))) }
}
