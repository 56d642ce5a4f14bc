import UnrollData

/// Images of two digits each, with captions: "a seven above a two", "an eight left of a three".
///
/// The rows are in three parts of 80, 10 and 10 percent, one behind the other, and no digit of one part is in another:
/// what a captioner is tested with it has not seen.
public struct DigitScenes {
    /// `[scenes, height, width]`, twice the digits' height and width.
    public let shape: [Int]
    /// The images, row-major.
    public let values: [Float]
    /// One for each.
    public let captions: [String]

    private static let names = [
        "a zero", "a one", "a two", "a three", "a four", "a five", "a six", "a seven", "an eight", "a nine",
    ]

    /// Scenes of digits drawn from a file; the same seed gives the same ones.
    /// - Parameters:
    ///   - images: IDX or `.npy` of shape `[images, height, width]` with labels beside it; or CSV without a line of names,
    ///     the numbers of a square image and its label in a line.
    ///   - labels: 0 to 9, as many; nil for CSV.
    ///   - count: how many scenes, at least 10.
    /// - Throws: `DataError`, `ModelError.badText`; `ModelError.tooLarge`.
    public init(of images: ReadFile, labels: ReadFile?, count: Int, seed: UInt64) throws {
        let digits = try Digits(images, labels)
        guard digits.labels.count >= 30 else {
            throw ModelError.badText(name: images.name, reason: "\(digits.labels.count) digits; at least 30 are needed")
        }
        precondition(count >= 10, "DigitScenes: \(count) scenes")
        let (height, width) = (digits.height, digits.width)
        // The images, and the bytes of their file.
        let numbers = Double(count) * Double(4 * height * width)
        try MemoryNeed(work: "images", parameters: 0, numbers: 2 * numbers, largest: numbers, lower: "--count").check()
        // As a captioner divides them with --in-order.
        let parts = try Split(parsing: "80/10/10").rows(count: count, seed: 0, inOrder: true)
        var random = SplitMix(seed: seed)
        let order = random.permutation(digits.labels.count)
        var (values, captions): ([Float], [String]) = ([], [])
        values.reserveCapacity(count * 4 * height * width)
        for scene in 0..<count {
            // Tenths of the scenes, and of the digits.
            let part = scene < parts.training.count ? 0..<8 : scene < count - parts.test.count ? 8..<9 : 9..<10
            let range = order.count * part.lowerBound / 10..<order.count * part.upperBound / 10
            let pair = [0, 1].map { _ in order[range.lowerBound + random.next(below: range.count)] }
            let isAbove = random.next(below: 2) == 0
            var canvas = [Float](repeating: 0, count: 4 * height * width)
            for (index, digit) in pair.enumerated() {
                let top = isAbove ? index * height : height / 2
                let left = isAbove ? width / 2 : index * width
                for row in 0..<height {
                    for column in 0..<width {
                        canvas[(top + row) * 2 * width + left + column] =
                            digits.values[(digit * height + row) * width + column]
                    }
                }
            }
            values += canvas
            let names = pair.map { Self.names[digits.labels[$0]] }
            captions.append("\(names[0]) \(isAbove ? "above" : "left of") \(names[1])")
        }
        (self.values, self.captions) = (values, captions)
        shape = [count, 2 * height, 2 * width]
    }

    /// Writes `features.npy` and `captions.tsv` into a folder, which is made if it is missing.
    /// - Throws: `DataError`.
    public func write(to folder: String) throws {
        try Files.makeFolder(folder)
        try Files.write(ArrayFile.npy(values, shape: shape), to: "\(folder)/features.npy")
        let lines = captions.enumerated().map { "\($0.offset)\t\($0.element)\n" }
        try Files.write(Array(lines.joined().utf8), to: "\(folder)/captions.tsv")
    }
}

/// Images of single digits.
private struct Digits {
    var height: Int, width: Int
    /// `[digits, height, width]`
    var values: [Float]
    var labels: [Int]

    init(_ images: ReadFile, _ labels: ReadFile?) throws {
        let found = try labels.map { try Self.read(images, $0) } ?? Self.read(csv: images)
        (height, width, values, self.labels) = found
        try check((labels ?? images).name)
    }

    private typealias Parts = (height: Int, width: Int, values: [Float], labels: [Int])

    private static func read(_ images: ReadFile, _ labels: ReadFile) throws -> Parts {
        let array = try ArrayFile(parsing: images.bytes, name: images.name)
        let numbers = try ArrayFile(parsing: labels.bytes, name: labels.name)
        guard array.shape.count == 3, !array.values.isEmpty else {
            throw ModelError.badText(
                name: images.name, reason: "an array of shape \(array.shape); [images, height, width] is needed")
        }
        guard let found = numbers.integers, found.count == array.shape[0] else {
            throw ModelError.badText(
                name: labels.name, reason: "not a label from 0 to 9 for each of \(array.shape[0]) images")
        }
        return (array.shape[1], array.shape[2], array.values, found)
    }

    private static func read(csv file: ReadFile) throws -> Parts {
        let table = try CSVTable(parsing: file.bytes, name: file.name, hasHeader: false)
        let columns = try table.columns.map { try table.numbers($0) }
        let size = columns.count - 1
        let side = Int(Double(size).squareRoot())
        guard size > 0, side * side == size else {
            throw ModelError.badText(
                name: file.name,
                reason: "\(columns.count) columns; the numbers of a square image and a label are needed")
        }
        let values = table.rows.indices.flatMap { row in columns.dropLast().map { Float($0[row]) } }
        let labels = columns[size].map { (0...9).contains($0) && $0 == $0.rounded() ? Int($0) : -1 }
        return (side, side, values, labels)
    }

    private func check(_ name: String) throws {
        if let place = labels.firstIndex(where: { !(0...9).contains($0) }) {
            throw ModelError.badText(name: name, reason: "the label of image \(place) is not a digit from 0 to 9")
        }
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            throw ModelError.badText(
                name: name, reason: "a number of image \(place / (height * width)) is infinite or none")
        }
    }
}
