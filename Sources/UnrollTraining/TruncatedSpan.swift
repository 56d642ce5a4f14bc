import UnrollCompute

/// Truncated backpropagation through time with two spans: an update every `forward` steps, by gradients that go back
/// through the last `backward` steps.   (BPTT(h; h′), Williams & Peng 1990)
///
/// An update's window is `backward` steps, of which the last `forward` have a loss. It begins before the end of the window
/// before it, from the state that one had there, and computes the steps they share again, with the present weights.
public struct TruncatedSpan: Sendable, Equatable {
    /// Steps from one update to the next.
    public let forward: Int
    /// Steps a gradient goes back.
    public let backward: Int

    /// - Precondition: `backward` is at least `forward`, which is at least 1.
    public init(forward: Int, backward: Int) {
        require(0 < forward && forward <= backward, "TruncatedSpan: \(forward) steps forward, \(backward) backward")
        (self.forward, self.backward) = (forward, backward)
    }

    /// The steps of one update.
    public struct Window: Sendable, Equatable {
        /// Where the window begins in the sequence.
        public let start: Int
        /// How many steps it has.
        public let steps: Int
        /// After how many of them the next window begins: the state there is to be carried on.
        public let carry: Int
    }

    /// The window of an update, counted from 0. At the beginning of a sequence there is less to look back on.
    public func window(_ number: Int) -> Window {
        let end = (number + 1) * forward
        let start = max(0, end - backward)
        return Window(start: start, steps: end - start, carry: max(0, end + forward - backward) - start)
    }
}
