import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// Made-up examples, and a small run that learns them.
struct ClassifierFixture {
    let temporary = TemporaryFolder()

    /// Lines of 3 to 9 words that have `first` and `second` once each; the class is which of them comes before the other,
    /// so that only who reads in order can tell.
    func orders(count: Int, seed: UInt64 = 1, name: String = "orders.tsv") throws -> DataFile {
        var random = SplitMix(seed: seed)
        let lines = (0..<count).map { _ in
            var words = (0..<1 + random.next(below: 7)).map { _ in "w\(random.next(below: 5))" }
            let place = random.next(below: words.count + 1)
            words.insert("first", at: place)
            let other = random.next(below: words.count + 1)
            words.insert("second", at: other)
            return (other <= place ? "second" : "first") + "\t" + words.joined(separator: " ")
        }
        return try write(lines.joined(separator: "\n"), name)
    }

    /// Series of 2 to 8 steps of three channels, one of them on another scale: the class is the sign of the first
    /// channel's sum.
    func series(count: Int, seed: UInt64 = 1, name: String = "train.ts") throws -> DataFile {
        var random = SplitMix(seed: seed)
        let lines = (0..<count).map { number in
            let steps = 2 + random.next(below: 7)
            let shift = number % 2 == 0 ? 0.4 : -0.4
            let channels = [(1.0, shift), (1000, 5), (0.001, 0)].map { scale, shift in
                (0..<steps).map { _ in "\(scale * (random.uniform() - 0.5 + shift))" }.joined(separator: ",")
            }
            return channels.joined(separator: ":") + (number % 2 == 0 ? ":up" : ":down")
        }
        return try write(
            (["@dimensions 3", "@classLabel true down up", "@data"] + lines).joined(separator: "\n"), name)
    }

    func write(_ text: String, _ name: String, role: String = "data") throws -> DataFile {
        try Files.write(Array(text.utf8), to: temporary(name))
        return DataFile(role, temporary(name))
    }

    /// A second's training.
    static var settings: ClassifierSettings {
        var settings = ClassifierSettings()
        (settings.cell, settings.hidden, settings.embedding, settings.layers) = (.gru, 11, 7, 1)
        (settings.batch, settings.epochs, settings.dropout, settings.learningRate) = (9, 3, 0.2, 0.02)
        (settings.seed, settings.baselines) = (5, false)
        return settings
    }
}

extension DataFile {
    /// The same file for another purpose.
    func role(_ role: String) -> DataFile { DataFile(role, path) }
}

/// What a run's folder holds.
func contents(of folder: ModelFolder) throws -> [[UInt8]] {
    try [folder.training, folder.weights, folder.configuration, folder.metrics].map(Files.read)
}
