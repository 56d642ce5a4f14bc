import UnrollData

/// Reads the members of an object that a file holds, and names what is missing or makes no sense.
struct SettingsReader {
    /// The object.
    let json: JSON
    /// Where it comes from, for errors: a path.
    let name: String

    /// A member as `read` makes it of the JSON.
    /// - Throws: `ModelError.unusable`.
    func value<Value>(_ key: String, _ expected: String, _ read: (JSON) -> Value?) throws -> Value {
        guard let value = json[key].flatMap(read) else {
            let found = json[key].map { "is \($0.description.shortened)" } ?? "is missing"
            throw ModelError.unusable(path: name, reason: "'\(key)' \(found), \(expected) is needed")
        }
        return value
    }

    /// The same, nil where the member is missing or null.
    func optional<Value>(_ key: String, _ expected: String, _ read: (JSON) -> Value?) throws -> Value? {
        json[key] == nil || json[key] == .null ? nil : try value(key, expected, read)
    }

    /// A size from 1.
    func size(_ key: String) throws -> Int {
        try value(key, "a size") { $0.integer.flatMap { (1...RunSettings.greatestSize).contains($0) ? $0 : nil } }
    }

    /// Any whole number.
    func integer(_ key: String) throws -> Int { try value(key, "a whole number") { $0.integer } }

    /// Any number.
    func number(_ key: String) throws -> Float { try value(key, "a number") { $0.number.map { Float($0) } } }

    /// A text.
    func string(_ key: String) throws -> String { try value(key, "a text") { $0.string } }

    /// Yes or no; no where the member is missing.
    func bool(_ key: String) throws -> Bool { try optional(key, "true or false") { $0.bool } ?? false }

    /// One of a few names.
    func choice<Name: CaseIterable & RawRepresentable>(_ key: String, _ type: Name.Type = Name.self) throws -> Name
    where Name.RawValue == String {
        let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(key, "one of \(names)") { $0.string.flatMap(Name.init(rawValue:)) }
    }

    /// The texts of an array.
    func strings(_ key: String) throws -> [String] { try value(key, "a list of texts", \.strings) }

    /// The numbers of an array.
    func numbers(_ key: String) throws -> [Double] { try value(key, "a list of numbers", \.numbers) }

    /// A whole number, or nil.
    func optionalInteger(_ key: String) throws -> Int? { try optional(key, "a whole number") { $0.integer } }

    /// A number, or nil.
    func optionalNumber(_ key: String) throws -> Float? {
        try optional(key, "a number") { $0.number.map { Float($0) } }
    }

    /// A text, or nil.
    func optionalString(_ key: String) throws -> String? { try optional(key, "a text") { $0.string } }

    /// What settings from flags are refused for, a file's are, too.
    /// - Throws: `ModelError.unusable`, where `check` throws a `ModelError`.
    func checked(_ check: () throws -> Void) throws {
        do {
            try check()
        } catch let error as ModelError {
            throw ModelError.unusable(path: name, reason: error.description)
        }
    }
}
