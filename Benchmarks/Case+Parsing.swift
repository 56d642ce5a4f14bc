import Unroll
package import UnrollCompute

/// The fields of a case's line, taken one by one from its start; what does not fit is an error that names the field.
package struct CaseFields {
    private let line: String
    private let cases: any Case.Type
    private var rest: ArraySlice<Substring>

    /// The greatest size that makes sense.
    private static let greatest = 1 << 20

    fileprivate init(_ line: String, of cases: any Case.Type) {
        (self.line, self.cases) = (line, cases)
        rest = line.split(separator: ",", omittingEmptySubsequences: false)[...]
    }

    package func wrong(_ reason: String) -> BenchError {
        BenchError("case '\(line)': \(reason); a case of \(cases.work.rawValue) is \(cases.grammar)")
    }

    private mutating func next(_ name: String, _ expected: String) throws -> String {
        guard let field = rest.popFirst() else { throw wrong("\(name) is missing, \(expected)") }
        return String(field)
    }

    /// A whole number from 1; where the line may end before it, what it is then.
    package mutating func size(_ name: String, default value: Int? = nil) throws -> Int {
        if let value, rest.isEmpty { return value }
        let expected = "a whole number from 1 to \(Self.greatest)"
        let field = try next(name, expected)
        guard let size = Int(field), (1...Self.greatest).contains(size) else {
            throw wrong("\(name) '\(field)' is not \(expected)")
        }
        return size
    }

    package mutating func cell() throws -> Cell {
        let expected = "one of \(Cell.all.map(\.name).joined(separator: ", "))"
        let field = try next("cell", expected)
        guard let cell = Cell(named: field) else { throw wrong("cell '\(field)' is not \(expected)") }
        return cell
    }

    /// Whatever is left, each an option this version knows, at most once, and one that a cell in so many layers has.
    package mutating func options(of cell: Cell, layers: Int) throws -> [CaseOption] {
        var options: [CaseOption] = []
        while let field = rest.popFirst() {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let option = CaseOption(name: parts[0], value: parts.count > 1 ? parts[1] : nil)
            guard let known = CaseOption.known.first(where: { $0.name == option.name }) else {
                let names = CaseOption.known.map(\.name).joined(separator: ", ")
                throw wrong("option '\(field)' is not one of \(names)")
            }
            var settings = RecurrenceSettings(cell)
            guard (known.values == nil) == (option.value == nil), known.set(&settings, option.value ?? "") else {
                throw wrong("option '\(field)' takes \(known.values ?? "no value")")
            }
            if let cells = known.cells, !cells.contains(cell.name) {
                throw wrong("option '\(option.name)' is for \(cells.joined(separator: ", ")), not for \(cell.name)")
            }
            guard layers >= known.layers else {
                throw wrong("option '\(option.name)' needs \(known.layers) layers")
            }
            guard !options.contains(where: { $0.name == option.name }) else {
                throw wrong("option '\(field)' is there twice")
            }
            options.append(option)
        }
        return options
    }

    fileprivate func end() throws {
        guard rest.isEmpty else { throw wrong("'\(rest.joined(separator: ","))' is too much") }
    }
}

extension Work {
    /// A case from its line.
    package func parse(_ line: String) throws -> any Case {
        var fields = CaseFields(line, of: cases)
        let parsed = try cases.init(&fields)
        try fields.end()
        // Weights, inputs, gradients and what a backward pass needs are all counted in `numbers`.
        guard parsed.numbers * 4 < Double(CPUInfo.memory) else {
            let gigabytes = { (bytes: Double) in "\((bytes / 1e9).fixed(1)) GB" }
            throw fields.wrong(
                "needs about \(gigabytes(parsed.numbers * 4)) of memory, "
                    + "this machine has \(gigabytes(Double(CPUInfo.memory)))")
        }
        return parsed
    }

    /// Cases separated by spaces, semicolons or line ends; what follows a # is a comment to the line's end.
    package func parse(list: String) throws -> [any Case] {
        try list.split(whereSeparator: \.isNewline).flatMap { line in
            try line.prefix { $0 != "#" }.split { $0 == " " || $0 == ";" || $0 == "\t" }.map { try parse(String($0)) }
        }
    }

    /// What `--cases` asks for: cases, or the name of a file of them.
    package func parse(listOrFile argument: String) throws -> [any Case] {
        let isFile = Files.exists(argument)
        guard isFile || argument.contains(",") else {
            throw BenchError(
                "--cases '\(argument)' is neither a file nor a case; a case of \(rawValue) is \(cases.grammar)")
        }
        let cases = try parse(list: isFile ? String(decoding: try Files.read(argument), as: UTF8.self) : argument)
        guard !cases.isEmpty else { throw BenchError("--cases '\(argument)' has no case in it") }
        return cases
    }
}
