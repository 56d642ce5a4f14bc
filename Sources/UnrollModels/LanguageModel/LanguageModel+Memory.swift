import UnrollCompute

extension LanguageModelSettings {
    /// Refuses a run that would only run out of memory.
    /// - Throws: `ModelError.tooLarge`.
    func checkMemory(_ configuration: LanguageModelConfiguration) throws {
        let lower = "--hidden, --layers, --batch" + (span == nil ? " or --steps" : ", --steps or --span")
        let window = run.rowsPerBatch * (span ?? steps)
        try configuration.checkMemory(of: "training", tokens: window, lower: lower)
        // Nothing is kept for a backward pass, but a batch is not computed in parts.
        try configuration.checkMemory(of: "validation", tokens: self.batch * steps, keepsAll: false, lower: lower)
    }
}

extension LanguageModelConfiguration {
    /// Refuses what would only run out of memory, roughly.
    /// - Parameters:
    ///   - tokens: of a batch.
    ///   - keepsAll: whether gates, states and their gradients of every step are there for a backward pass.
    ///   - copies: how often there are numbers for every weight.
    ///   - lower: the flags that make it less.
    /// - Throws: `ModelError.tooLarge`.
    func checkMemory(of work: String, tokens: Int, keepsAll: Bool = true, copies: Int = 7, lower: String) throws {
        let (tokens, characters) = (Double(tokens), Double(encoding.count))
        let (hidden, embedding) = (Double(self.hidden), Double(self.embedding))
        let recurrent = architecture.recurrentNumbers(keepsAll: keepsAll)
        let around = keepsAll ? 3 * characters + 3 * embedding : characters + embedding
        let weights = max(Double(self.cell.inputGates) * hidden, characters) * max(hidden, embedding)
        try MemoryNeed(
            work: work, parameters: parameterCount, copies: copies, numbers: tokens * (recurrent.perToken + around),
            largest: max(tokens * max(recurrent.largest, embedding, characters), weights), lower: lower
        ).check()
    }
}
