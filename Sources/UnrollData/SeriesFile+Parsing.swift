/// Reads a `.ts` file line by line.
struct SeriesParser {
    private typealias Text = ArraySlice<UInt8>

    private var lines: TextLines
    /// The one that is being read.
    private var line = TextLines.Line(number: 1, bytes: [])
    private var header = Header()
    private var series: [SeriesFile.Series] = []

    /// What stands before the data.
    private struct Header {
        var seen: Set<String> = []
        var problem = ""
        var labels: [String] = []
        /// By label.
        var places: [String: Int] = [:]
        var channels: Int?
        var hasMissing = false
        var isEqualLength = false
        var length: Int?
        var isOver = false
    }

    init(bytes: [UInt8], name: String) { lines = TextLines(bytes, name: name) }

    mutating func whole() throws -> SeriesFile {
        while let next = lines.next() {
            line = next
            try read(line.bytes.trimmed)
        }
        guard header.isOver else { throw lines.end("the file ends without '@data'") }
        guard let channels = header.channels, !series.isEmpty else {
            throw lines.end("the file ends without a series after '@data'")
        }
        return SeriesFile(problem: header.problem, channels: channels, labels: header.labels, series: series)
    }

    private mutating func read(_ text: Text) throws {
        guard let first = text.first, first != UInt8(ascii: "#") else { return }
        if header.isOver {
            series.append(try row(text))
        } else if first == UInt8(ascii: "@") {
            try readHeader(text)
        } else {
            throw failure(
                "\(text.quoted) stands before '@data'; a line of the header begins with '@'", at: text.startIndex)
        }
    }

    // MARK: Header

    private mutating func readHeader(_ text: Text) throws {
        let words = text.words
        let (key, values) = (String(decoding: words[0], as: UTF8.self).lowercased(), words.dropFirst())
        guard header.seen.insert(key).inserted else {
            throw failure("\(words[0].quoted) is given twice", at: text.startIndex)
        }
        switch key {
        case "@problemname":
            if let first = values.first { header.problem = try lines.string(text[first.startIndex...]) }
        case "@timestamps":
            if try flag(values, of: text) {
                throw failure("time stamps are not supported: only values", at: text.startIndex)
            }
        case "@missing": header.hasMissing = try flag(values, of: text)
        case "@univariate":
            if try flag(values, of: text), header.channels == nil { header.channels = 1 }
        case "@dimensions", "@dimension": header.channels = try count(values, of: text)
        case "@equallength": header.isEqualLength = try flag(values, of: text)
        case "@serieslength": header.length = try count(values, of: text)
        case "@classlabel":
            if try flag(values, of: text) { try readLabels(values.dropFirst(), of: text) }
        case "@targetlabel":
            if try flag(values, of: text) {
                throw failure("targets that are numbers are not supported: only classes", at: text.startIndex)
            }
        case "@data": header.isOver = true
        default: throw failure("\(words[0].quoted) is not a line of the header", at: text.startIndex)
        }
    }

    private mutating func readLabels(_ values: ArraySlice<Text>, of text: Text) throws {
        guard !values.isEmpty else { throw failure("'@classLabel true' names no classes", at: text.startIndex) }
        for value in values {
            let label = try lines.string(value)
            guard header.places.updateValue(header.labels.count, forKey: label) == nil else {
                throw failure("the class \(value.quoted) is given twice", at: value.startIndex)
            }
            header.labels.append(label)
        }
    }

    private func flag(_ values: ArraySlice<Text>, of text: Text) throws -> Bool {
        switch values.first.map({ String(decoding: $0, as: UTF8.self).lowercased() }) {
        case "true": return true
        case "false": return false
        default: throw failure("'true' or 'false' is missing", at: values.first?.startIndex ?? text.endIndex)
        }
    }

    private func count(_ values: ArraySlice<Text>, of text: Text) throws -> Int {
        guard let value = values.first, let count = value.integer, count > 0 else {
            throw failure("a positive number is missing", at: values.first?.startIndex ?? text.endIndex)
        }
        return count
    }

    // MARK: Data

    private mutating func row(_ text: Text) throws -> SeriesFile.Series {
        var fields = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)[...]
        let label = header.labels.isEmpty ? nil : try place(of: fields.popLast()!)
        let channels = header.channels ?? fields.count
        guard channels > 0 else { throw failure("no channel stands before the label", at: text.startIndex) }
        guard fields.count == channels else {
            let expected = "\(channels) channels" + (label == nil ? "" : " and a label")
            throw failure("\(fields.count) channels, expected \(expected)", at: text.startIndex)
        }
        header.channels = channels
        let columns = try fields.map(numbers)
        let steps = columns[0].count
        for (place, column) in columns.enumerated() where column.count != steps {
            let reason = "channel \(place + 1) has \(column.count) values, the first has \(steps)"
            throw failure(reason, at: fields[fields.startIndex + place].startIndex)
        }
        if header.isEqualLength {
            let expected = header.length ?? series.first?.steps ?? steps
            guard steps == expected else {
                throw failure("\(steps) steps, expected \(expected) as '@equalLength' is true", at: text.startIndex)
            }
        }
        let values = (0..<steps).flatMap { step in columns.map { $0[step] } }
        return SeriesFile.Series(values: values, steps: steps, label: label)
    }

    private func place(of field: Text) throws -> Int {
        let label = field.trimmed
        guard let place = header.places[try lines.string(label)] else {
            throw failure("\(label.quoted) is none of the classes of '@classLabel'", at: label.startIndex)
        }
        return place
    }

    /// Of a channel, its values at all steps.
    private func numbers(_ field: Text) throws -> [Float] {
        try field.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
            let text = part.trimmed
            if text.elementsEqual("?".utf8) || text.elementsEqual("NaN".utf8) {
                guard header.hasMissing else {
                    throw failure("a value is missing, but '@missing true' is not in the header", at: text.startIndex)
                }
                return .nan
            }
            guard let number = text.float else {
                throw failure("\(text.quoted) is not a number, or out of range", at: text.startIndex)
            }
            return number
        }
    }

    private func failure(_ reason: String, at index: Int) -> DataError { lines.failure(reason, in: line, at: index) }
}
