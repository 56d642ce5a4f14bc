import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// What real data must be told with, and what is beside it: minutes.
@Suite(.enabled(if: CPUInfo.setting("UNROLL_DATA") != nil, "UNROLL_DATA names no folder: no real data is told apart"))
struct ClassifierRealDataTests {
    private static let data = CPUInfo.setting("UNROLL_DATA") ?? ""
    private static let languages = [
        "Arabic", "Chinese", "Czech", "Dutch", "English", "French", "German", "Greek", "Irish", "Italian", "Japanese",
        "Korean", "Polish", "Portuguese", "Russian", "Scottish", "Spanish", "Vietnamese",
    ]

    private func figures(_ settings: ClassifierSettings, _ files: [DataFile]) throws -> [String: Double] {
        let run = try TrainingRun<SequenceClassifier>(settings, from: files, folder: nil, on: .cpu)
        _ = try run.run()
        let report = try run.bestModel().report(on: run.data, settings)
        return Dictionary(uniqueKeysWithValues: report.figures.map { ($0.name, $0.value) })
    }

    @Test func speakersOfVowels() throws {
        var settings = ClassifierSettings()
        (settings.cell, settings.hidden, settings.dropout, settings.batch) = (.gru, 64, 0.4, 30)
        (settings.epochs, settings.learningRate) = (60, 0.005)
        (settings.optimization.optimizer, settings.optimization.weightDecay) = (.adamw, 0.01)
        let folder = Self.data + "/timeseries/ucr/JapaneseVowels_"
        let found = try (1...5).map { seed in
            settings.seed = seed
            let files = [DataFile("data", folder + "TRAIN.ts"), DataFile("test", folder + "TEST.ts")]
            return try #require(figures(settings, files)["test_accuracy"])
        }
        #expect(found.reduce(0, +) / 5 >= 0.965, "\(found)")
    }

    @Test func languagesOfNames() throws {
        var settings = ClassifierSettings()
        (settings.unit, settings.hidden, settings.embedding, settings.dropout) = (.characters, 128, 64, 0.3)
        (settings.batch, settings.epochs, settings.learningRate) = (64, 8, 0.003)
        settings.baselines = false
        let files = Self.languages.map { DataFile("class", "\(Self.data)/names/\($0).txt", label: $0) }
        let found = try figures(settings, files)
        #expect(try #require(found["test_accuracy"]) >= 0.795, "\(found)")
    }
}
