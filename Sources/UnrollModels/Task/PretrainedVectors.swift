import UnrollData
import UnrollLayers
import UnrollTensors
import UnrollTraining

/// Vectors of words that an embedding begins with, instead of drawn ones: `--vectors`. They are learnt on, unless
/// `--freeze` names the embedding.
struct PretrainedVectors: Sendable {
    private let file: WordVectorsFile
    /// For errors: a path.
    let name: String

    /// Those of the file in this role; nil where there is none.
    /// - Throws: `DataError`, `ModelError.badText`.
    init?(_ files: [ReadFile]) throws {
        guard let read = files.file("vectors") else { return nil }
        (file, name) = (try WordVectorsFile(parsing: read.bytes, name: read.name), read.name)
        guard (1...RunSettings.greatestSize).contains(dimensions) else {
            throw ModelError.badText(
                name: name, reason: "vectors of \(dimensions) numbers; at most \(RunSettings.greatestSize) can be")
        }
    }

    /// How many numbers stand for a word.
    var dimensions: Int { file.dimensions }

    /// For each word of a vocabulary the place of its vector in the file, if it has one.
    private func places(of vocabulary: Vocabulary) -> [Int?] {
        let places = Dictionary(file.words.enumerated().map { ($1, $0) }) { first, _ in first }
        return vocabulary.tokens.map { places[$0] ?? places[$0.lowercased()] }
    }

    /// Says how many words of a vocabulary have a vector.
    func tell(_ report: inout Report, of vocabulary: Vocabulary) {
        let words = places(of: vocabulary).dropFirst(vocabulary.specialCount)
        let found = words.count { $0 != nil }
        report.figures.append(Figure("vectors", Double(found) / Double(max(1, words.count))))
        report.lines.append("vectors: \(found.grouped) of \(words.count.grouped) words")
    }

    /// Gives the words of a vocabulary the vectors they have: as written, or else in lower case. The others keep what they
    /// begin with, brought to the same deviation.
    /// - Throws: `ModelError`, where the embedding is of another size, or none of its words has a vector.
    func begin(_ embedding: Embedding, of vocabulary: Vocabulary) throws {
        let (size, shape) = (dimensions, embedding.weight.shape)
        guard size == shape[1] else {
            throw ModelError.badSetting(
                flag: "--vectors", value: name, expected: "a file of \(shape[1]) dimensions (it has \(size))")
        }
        let found = places(of: vocabulary)
        let used = found.compactMap { $0 }.flatMap { file.values[$0 * size..<($0 + 1) * size] }
        guard !used.isEmpty else {
            throw ModelError.badText(name: name, reason: "it has none of the texts' words")
        }
        let deviation = (used.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(used.count)).squareRoot()
        var values = try embedding.weight.value.floats().map { $0 * Float(deviation) }
        for (token, place) in found.enumerated() {
            guard let place else { continue }
            values.replaceSubrange(
                token * size..<(token + 1) * size, with: file.values[place * size..<(place + 1) * size])
        }
        embedding.weight.value = Tensor(values, shape: shape, on: embedding.weight.value.device)
    }
}
