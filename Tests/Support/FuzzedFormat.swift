package import UnrollData

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A format for a fuzz test: files of it, and what reads them.
package struct FuzzedFormat {
    package let name: String
    /// All are read.
    package let examples: [[UInt8]]
    /// Reads bytes, and whether what was read fits together.
    package let read: ([UInt8]) throws -> Bool

    package init(_ name: String, _ examples: [[UInt8]], read: @escaping ([UInt8]) throws -> Bool) {
        (self.name, self.examples, self.read) = (name, examples, read)
    }

    package init(_ name: String, texts: [String], read: @escaping ([UInt8]) throws -> Bool) {
        self.init(name, texts.map { Array($0.utf8) }, read: read)
    }

    /// Of values that JSON holds.
    package init(_ name: String, values: [JSON], read: @escaping (JSON) throws -> Bool) {
        self.init(name, values.map { Array($0.description.utf8) }) { try read(JSON(parsing: $0, name: "f")) }
    }
}

// MARK: Fuzzing

extension FuzzedFormat {
    /// What came of a fuzz test.
    package struct Outcome {
        package var read = 0, refused = 0
        /// What is wrong, of which bytes; of each kind the first.
        package var faults: [String] = []
    }

    private static func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Shows every format what it does not expect: it throws an error of one line, or gives what fits together.
    /// `UNROLL_FUZZ_SECONDS` is how long, over all formats; `UNROLL_FUZZ_SEED` begins elsewhere; and the bytes that are read
    /// next are left in the file `UNROLL_FUZZ_FILE`, for the case that the process does not outlive them.
    package static func fuzz(_ formats: [FuzzedFormat]) throws -> [(name: String, outcome: Outcome)] {
        let seconds = setting("UNROLL_FUZZ_SECONDS").flatMap(Double.init) ?? 2
        return try formats.map { ($0.name, try $0.fuzz(for: .seconds(seconds / Double(formats.count)))) }
    }

    private func fuzz(for time: Duration) throws -> Outcome {
        var outcome = Outcome()
        for example in examples where try !read(example) { outcome.faults.append(fault("not consistent", example)) }
        let seed = Self.setting("UNROLL_FUZZ_SEED").flatMap(UInt64.init) ?? 1
        var mutations = Mutations(seed: seed, examples: examples)
        let end = ContinuousClock.now + time
        repeat {
            let bytes = mutations.next()
            if let path = Self.setting("UNROLL_FUZZ_FILE") { try Files.write(bytes, to: path) }
            do {
                if try !read(bytes) { outcome.faults.append(fault("inconsistent", bytes)) }
                outcome.read += 1
            } catch {
                outcome.refused += 1
                // Errors for the user describe themselves.
                let text = (error as? any CustomStringConvertible)?.description ?? "\n"
                let isLine = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                if !isLine || text.utf8.count > 1000 { outcome.faults.append(fault("'\(text)'", bytes)) }
            }
        } while outcome.faults.isEmpty && (ContinuousClock.now < end || outcome.read + outcome.refused < 100)
        return outcome
    }

    private func fault(_ text: String, _ bytes: [UInt8]) -> String {
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(name): \(text), of \(String(validating: bytes, as: UTF8.self) ?? digits)"
    }
}
