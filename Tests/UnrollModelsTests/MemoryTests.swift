import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

/// A row that only one part has, and that there is no memory for, is found out before the training.
@Suite struct MemoryTests {
    private let folder = TemporaryFolder()
    private static let long = 200_000

    private func file(_ role: String, _ text: String) throws -> ReadFile {
        try Files.write(Array(text.utf8), to: folder(role))
        return try ReadFile(DataFile(role, folder(role)))
    }

    /// What there is to say on a machine of 20 MB.
    private func refusal<Model: TaskModel>(
        _: Model.Type, _ files: [ReadFile], _ change: (inout Model.Settings) -> Void = { _ in }
    ) throws -> String? {
        var settings = Model.Settings()
        (settings.hidden, settings.embedding, settings.layers, settings.batch) = (8, 8, 1, 4)
        change(&settings)
        let data = try Model.data(files, settings)
        let configuration = try Model.configuration(settings, for: data)
        return MemoryNeed.$memory.withValue(2e7) {
            do {
                try Model.checkMemory(settings, configuration, data)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// Files of the roles, of which those named have a long row.
    private func files(
        _ roles: [String], long: String?, _ row: (_ words: Int) -> String
    ) throws -> [ReadFile] {
        try roles.map { role in
            try file(role, (0..<9).map { row(2 + $0 % 3) }.joined() + (role == long ? row(Self.long) : ""))
        }
    }

    private func check<Model: TaskModel>(
        _ model: Model.Type, _ roles: [String], _ row: (_ words: Int) -> String,
        _ change: (inout Model.Settings) -> Void = { _ in }
    ) throws {
        #expect(try refusal(model, files(roles, long: nil, row), change) == nil)
        for (role, use) in zip(roles, ["training", "validation", "testing"]) {
            let line = try refusal(model, files(roles, long: role, row), change) ?? ""
            #expect(line.hasPrefix("\(use) would take about") && line.contains("--hidden"), "\(role): \(line)")
        }
    }

    @Test func sentencesToTag() throws {
        try check(Tagger.self, ["train", "validation", "test"]) {
            String(repeating: "a X\nb Y\n", count: $0) + "\n"
        } _: {
            ($0.column, $0.letters) = ("2", 4)
        }
    }

    @Test func textsToClassify() throws {
        var place = 0
        try check(SequenceClassifier.self, ["data", "validation", "test"]) { words in
            place += 1
            return (place % 2 == 0 ? "no" : "yes") + "\t" + String(repeating: "a bc ", count: words) + "\n"
        } _: {
            $0.baselines = false
        }
    }

    @Test func linesToTranslate() throws {
        try check(Translator.self, ["pairs", "validation", "test"]) {
            String(repeating: "a b ", count: $0) + "\t" + String(repeating: "c ", count: min($0, 9)) + "\n"
        }
        // A long target is written by the search one step at a time, as long as those that were learnt from.
        let targets = try files(["pairs", "validation"], long: "validation") {
            "a\t" + String(repeating: "c ", count: $0) + "\n"
        }
        #expect(try refusal(Translator.self, targets)?.hasPrefix("validation would take") == true)
    }
}
