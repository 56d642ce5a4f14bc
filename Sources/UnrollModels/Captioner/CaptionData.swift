import UnrollData

/// Rows of numbers: images, or whatever was made of them.
struct FeatureRows: Sendable {
    private let values: [Float]
    /// How many there are.
    let count: Int
    /// How many numbers each has.
    let size: Int
    /// For errors: a path.
    let name: String

    /// An array of two axes or more, of which the first counts the rows and the others are one vector.
    init(_ file: ReadFile) throws {
        let array = try ArrayFile(npy: file.bytes, name: file.name)
        name = file.name
        guard array.shape.count > 1, array.count > 0 else {
            throw ModelError.badText(
                name: name, reason: "an array of shape \(array.shape); rows of numbers are needed, [rows, numbers]")
        }
        values = array.values
        (count, size) = (array.shape[0], array.count / array.shape[0])
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            throw ModelError.badText(name: name, reason: "a number in row \(place / size) is infinite or none")
        }
    }

    subscript(row: Int) -> ArraySlice<Float> { values[row * size..<(row + 1) * size] }

    /// Mean and standard deviation of all numbers of some rows; deviation 1 where all are equal.
    func moments(of rows: [Int]) -> (mean: Float, deviation: Float) {
        let (mean, scale) = Standardization.moments(of: rows.lazy.flatMap { self[$0].lazy.map { Double($0) } })
        return (Float(mean), Float(scale) > 0 ? Float(scale) : 1)
    }
}

/// What a captioner's run learns from and is judged by.
public struct CaptionData: Sendable {
    let rows: FeatureRows
    /// Of every row, none where there is none.
    let captions: [[String]]
    /// Rows with captions.
    let training, validation, test: [Int]

    static let roles = ["features", "captions"]

    /// Rows divided as the settings say.
    init(_ files: [ReadFile], _ settings: CaptionerSettings) throws {
        let (rows, captions) = try Self.read(files)
        (self.rows, self.captions) = (rows, captions)
        let captioned = captions.indices.filter { !captions[$0].isEmpty }
        let parts = try Split(parsing: settings.split).rows(
            count: captioned.count, seed: UInt64(settings.seed), inOrder: settings.inOrder)
        let chosen = { (places: [Int]) in places.map { captioned[$0] } }
        (training, validation, test) = (chosen(parts.training), chosen(parts.validation), chosen(parts.test))
        guard !training.isEmpty else {
            throw ModelError.badText(name: rows.name, reason: "too few rows with captions: none is left to train on")
        }
    }

    /// Features and the captions of each row.
    static func read(_ files: [ReadFile]) throws -> (FeatureRows, [[String]]) {
        try files.check(roles: roles, of: Captioner.kind)
        guard let features = files.file("features"), let captions = files.file("captions") else {
            let missing = files.file("features") == nil ? "--features" : "--captions"
            throw ModelError.badSetting(
                flag: missing, value: "missing", expected: "an .npy file of features and a file of row, tab, caption")
        }
        let rows = try FeatureRows(features)
        var texts = [[String]](repeating: [], count: rows.count)
        for caption in try CaptionsFile(parsing: captions.bytes, name: captions.name, rows: rows.count).captions {
            texts[caption.row].append(caption.text)
        }
        return (rows, texts)
    }

    /// Every caption of rows, with its row.
    func examples(of rows: [Int]) -> [(row: Int, caption: String)] {
        rows.flatMap { row in captions[row].map { (row, $0) } }
    }
}
