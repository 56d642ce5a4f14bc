import UnrollData

/// What a classifier learns from or is judged by: inputs, and the class of each.
struct Examples {
    /// What the inputs are.
    enum Inputs {
        case texts([String])
        /// Rows of steps, one behind the other, of so many numbers each; NaN where one is missing.
        case numbers([[Float]], step: Int, NumericInput.Table?)
    }

    /// What files they come from.
    enum Format: Equatable {
        /// Lines of a label, a tab and a text, or texts of one class.
        case text
        /// `.ts`
        case series
        /// IDX or `.npy`, with labels in a file of their own.
        case array
        /// CSV, with the class in this column.
        case table(target: String)
    }

    var inputs: Inputs
    /// Of each its class's place in `classes`; nil where the file says nothing.
    var labels: [Int?]
    /// The classes' names.
    var classes: [String]
    /// Where they come from, for errors.
    var name: String
    /// Whether all numbers are of one kind, as those of an image's points.
    var areAlike = false

    var count: Int { labels.count }

    /// How many numbers are missing.
    var missing: Int {
        guard case .numbers(let rows, _, _) = inputs else { return 0 }
        return rows.reduce(0) { $0 + $1.count { $0.isNaN } }
    }

    /// Some of them.
    func rows(_ places: [Int]) -> Examples {
        var result = self
        result.labels = places.map { labels[$0] }
        switch inputs {
        case .texts(let texts): result.inputs = .texts(places.map { texts[$0] })
        case .numbers(let rows, let step, let table):
            result.inputs = .numbers(places.map { rows[$0] }, step: step, table)
        }
        return result
    }

    /// The labels as the places of these classes.
    /// - Throws: `DataError.unfit` where one is none of them, or there is none.
    func labels(of classes: [String]) throws -> [Int] {
        let places = Dictionary(classes.enumerated().map { ($1, $0) }) { first, _ in first }
        let own = self.classes.map { places[$0] }
        return try labels.map { label in
            guard let label else { throw DataError.unfit(name: name, reason: "its examples have no class") }
            guard let place = own[label] else {
                let known = classes.prefix(20).joined(separator: ", ") + (classes.count > 20 ? ", …" : "")
                throw DataError.unfit(
                    name: name, reason: "its class '\(self.classes[label])' is none of the model's: \(known)")
            }
            return place
        }
    }
}

// MARK: Texts

extension Examples {
    /// Lines of a label, a tab and a text.
    init(texts file: ReadFile) throws {
        let read = try LabelledText(parsing: file.bytes, name: file.name)
        inputs = .texts(read.examples.map(\.text))
        (labels, classes, name) = (read.examples.map(\.label), read.labels.inReadingOrder, file.name)
        let places = read.labels.map { classes.firstIndex(of: $0) }
        labels = labels.map { $0.flatMap { places[$0] } }
    }

    /// Files of one class each, a text a line.
    init(classes files: [ReadFile]) throws {
        var (texts, labels, classes): ([String], [Int?], [String]) = ([], [], [])
        for file in files {
            let (label, found) = (file.file.label ?? "", try LabelledText.texts(parsing: file.bytes, name: file.name))
            let place = classes.firstIndex(of: label) ?? classes.count
            if place == classes.count { classes.append(label) }
            texts += found
            labels += Array(repeating: place, count: found.count)
        }
        self.init(inputs: .texts(texts), labels: labels, classes: classes, name: files.first?.name ?? "--class")
    }

    /// A text a line, whose classes nobody knows; what is before a tab is passed over where it is one of the classes.
    init(unlabelled file: ReadFile, classes: [String]) throws {
        let known = Set(classes)
        let texts = try LabelledText.texts(parsing: file.bytes, name: file.name).map { line -> String in
            guard let tab = line.unicodeScalars.firstIndex(of: "\t"), known.contains(String(line[..<tab])) else {
                return line
            }
            return String(line.unicodeScalars[line.unicodeScalars.index(after: tab)...])
        }
        self.init(inputs: .texts(texts), labels: texts.map { _ in nil }, classes: [], name: file.name)
    }

    /// Each pair of class and text once, where it first is.
    var distinct: Examples {
        guard case .texts(let texts) = inputs else { return self }
        var seen: [String: Set<Int>] = [:]
        let places = texts.indices.filter { seen[texts[$0], default: []].insert(labels[$0] ?? -1).inserted }
        return places.count == count ? self : rows(places)
    }
}

// MARK: Numbers

extension Examples {
    /// Series of a `.ts` file.
    init(series file: ReadFile) throws {
        let read = try SeriesFile(parsing: file.bytes, name: file.name)
        self.init(
            inputs: .numbers(read.series.map(\.values), step: read.channels, nil), labels: read.series.map(\.label),
            classes: read.labels, name: file.name)
    }

    /// An array, a row an example, and an array of their labels.
    /// - Parameter step: how many numbers make a step; nil for one, of three axes and more for those behind the second.
    init(array file: ReadFile, labels labelFile: ReadFile?, step: Int?) throws {
        let array = try ArrayFile(parsing: file.bytes, name: file.name)
        let (shape, values) = (array.shape, array.values)
        guard shape.count > 1, let count = shape.first, count > 0, values.count > 0 else {
            throw DataError.unfit(name: file.name, reason: "an array of shape \(shape) is not examples of steps")
        }
        let size = values.count / count
        let width = step ?? (shape.count == 2 ? 1 : shape[2...].reduce(1, *))
        guard size.isMultiple(of: width), width <= RunSettings.greatestSize else {
            throw DataError.unfit(name: file.name, reason: "its examples of \(size) numbers are not steps of \(width)")
        }
        var (labels, classes): ([Int?], [String]) = (Array(repeating: nil, count: count), [])
        if let labelFile {
            guard let found = try ArrayFile(parsing: labelFile.bytes, name: labelFile.name).integers else {
                throw DataError.unfit(name: labelFile.name, reason: "its labels are not whole numbers")
            }
            guard found.count == count else {
                throw DataError.unfit(
                    name: labelFile.name, reason: "\(found.count) labels for the \(count) examples of \(file.name)")
            }
            let kinds = Set(found).sorted()
            let places = Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1, $0) })
            (labels, classes) = (found.map { places[$0] }, kinds.map { "\($0)" })
        }
        let rows = (0..<count).map { Array(values[$0 * size..<($0 + 1) * size]) }
        self.init(
            inputs: .numbers(rows, step: width, nil), labels: labels, classes: classes, name: file.name, areAlike: true)
    }

    /// A table, one column of which names the class. Where it must not, the column may be missing. A first line of
    /// numbers alone is no header: the columns are `1`, `2`, ….
    /// - Parameter columns: of numbers; nil for all others.
    init(
        table file: ReadFile, target: String, columns: [String]? = nil, step: Int, needsTarget: Bool = true
    ) throws {
        let plain = try CSVTable(parsing: file.bytes, name: file.name, hasHeader: false)
        let isHeader = plain.rows.first?.contains { Double($0.filter { !$0.isWhitespace }) == nil } ?? true
        let table = isHeader ? try CSVTable(parsing: file.bytes, name: file.name) : plain
        guard !table.rows.isEmpty else {
            throw DataError.unfit(name: file.name, reason: "there is no row in the table")
        }
        var (labels, classes): ([Int?], [String]) = (table.rows.map { _ in nil }, [])
        if needsTarget || table.columns.contains(target) {
            let names = try table.strings(target)
            if let row = names.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
                throw try table.failure("there is nothing in column '\(target)'", row: row, column: target)
            }
            classes = Set(names).inReadingOrder
            let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
            labels = names.map { places[$0] }
        }
        let wayOut =
            columns == nil ? "; all columns but '\(target)' are read: leave out those that are no numbers" : ""
        let columns = columns ?? table.columns.filter { $0 != target }
        guard !columns.isEmpty, columns.count.isMultiple(of: step) else {
            throw DataError.unfit(
                name: file.name, reason: "its \(columns.count) columns beside '\(target)' are not steps of \(step)")
        }
        let numbers: [[Double]]
        do {
            numbers = try columns.map { try table.numbers($0) }
        } catch DataError.malformedText(let name, let line, let column, let reason) {
            throw DataError.malformedText(name: name, line: line, column: column, reason: reason + wayOut)
        }
        let rows = table.rows.indices.map { row in numbers.map { Float($0[row]) } }
        let described = NumericInput.Table(target: target, columns: columns)
        self.init(inputs: .numbers(rows, step: step, described), labels: labels, classes: classes, name: file.name)
    }
}

extension Collection<String> {
    /// Ascending: by value where all are whole numbers, else by their characters.
    fileprivate var inReadingOrder: [String] {
        let numbers = compactMap { Int($0) }
        guard numbers.count == count else { return sorted() }
        return zip(numbers, self).sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }.map(\.1)
    }
}
