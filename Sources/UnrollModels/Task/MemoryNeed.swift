import UnrollCompute

/// What work would take, roughly: asked before it begins, since what does not fit would only be ended by the system.
package struct MemoryNeed {
    /// Stands in for what the machine has: for tests.
    @TaskLocal package static var memory: Double?

    /// The bytes the machine has.
    static var available: Double { memory ?? Double(CPUInfo.memory) }

    /// The work, for errors: `training`.
    var work: String
    /// How many numbers a model has, and how often there is one for each: weights, gradients, moments, copies to save.
    var parameters: Int, copies = 7
    /// Numbers of a batch that are there at once.
    var numbers: Double
    /// The largest of its arrays.
    var largest: Double
    /// The flags that make it less.
    var lower: String

    /// - Throws: `ModelError.tooLarge`.
    func check() throws {
        let bytes = 4 * (Double(copies) * Double(parameters) + numbers)
        let memory = Self.available
        guard bytes < memory else {
            throw ModelError.tooLarge(what: work, bytes: bytes, available: memory, lower: lower)
        }
        // Elements of a buffer are counted in 32 bits on devices.
        let limit = Double(Int32.max)
        guard largest < limit else {
            throw ModelError.tooLarge(
                what: "a single array of \(work)", bytes: 4 * largest, available: 4 * limit, lower: lower)
        }
    }
}

extension Architecture {
    /// What recurrent layers keep of a token, and the largest array that has a row for each: all of it where a backward
    /// pass follows, else that of the layer that is computed.
    func recurrentNumbers(keepsAll: Bool, directions: Int = 1) -> (perToken: Double, largest: Double) {
        let (hidden, saved) = (Double(hidden * directions), Double(cell.saved * self.hidden))
        let perLayer = Double(directions) * saved + 6 * hidden
        return (keepsAll ? Double(layers) * perLayer : saved + 2 * hidden, saved)
    }
}
