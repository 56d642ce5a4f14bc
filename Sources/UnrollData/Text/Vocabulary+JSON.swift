extension Vocabulary {
    /// As it is saved with a model.
    public var json: JSON {
        ["specials": .strings(tokens.prefix(specialCount)), "tokens": .strings(tokens.dropFirst(specialCount))]
    }

    /// From what was saved.
    /// - Parameter name: where it comes from, for errors: a path.
    /// - Throws: `DataError.unfit` where there is no list of strings, or a token twice.
    public init(json: JSON, name: String) throws {
        let specials = try json.value("specials", "a list of strings", name: name, \.strings)
        let tokens = try json.value("tokens", "a list of strings", name: name, \.strings)
        var known: Set<TokenKey> = []
        for token in specials + tokens where !known.insert(TokenKey(token)).inserted {
            throw DataError.unfit(name: name, reason: "the vocabulary has \(JSON.string(token)) twice")
        }
        self.init(tokens: tokens, specials: specials)
    }
}

extension JSON {
    /// What a member of this object holds.
    /// - Parameter expected: what `read` takes, for errors.
    /// - Throws: `DataError.unfit` where it is missing or `read` gives nil.
    package func value<Value>(
        _ key: String, _ expected: String, name: String, _ read: (JSON) -> Value?
    ) throws -> Value {
        guard let json = self[key] else {
            throw DataError.unfit(name: name, reason: "'\(key)' is missing, \(expected) is needed")
        }
        guard let value = read(json) else {
            throw DataError.unfit(name: name, reason: "'\(key)' is not \(expected)")
        }
        return value
    }
}
