import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

@Suite struct CaptionerTests {
    private static let device = TestedBackend.cpu[0].device
    private let temporary = TemporaryFolder()

    /// Digits of 4 × 4 numbers: for each a pattern of its own, with noise.
    private func digits(_ count: Int) throws -> ReadFile {
        var random = SplitMix(seed: 3)
        let lines = (0..<count).map { place -> String in
            let label = place % 10
            var pattern = SplitMix(seed: UInt64(100 + label))
            let numbers = (0..<16).map { _ in (pattern.next(below: 2) == 0 ? 0.0 : 12.0) + 2 * random.uniform() }
            return numbers.map { "\($0)" }.joined(separator: ",") + ",\(label)\n"
        }
        try Files.write(Array(lines.joined().utf8), to: temporary("digits.csv"))
        return try ReadFile(DataFile("images", temporary("digits.csv")))
    }

    private func scenes(_ count: Int) throws -> [DataFile] {
        try DigitScenes(of: digits(300), labels: nil, count: count, seed: 2).write(to: temporary("scenes"))
        return [
            DataFile("features", temporary("scenes/features.npy")),
            DataFile("captions", temporary("scenes/captions.tsv")),
        ]
    }

    private static var small: CaptionerSettings {
        var settings = CaptionerSettings()
        (settings.hidden, settings.embedding, settings.batch, settings.epochs) = (9, 5, 7, 3)
        (settings.dropout, settings.inOrder) = (0.1, true)
        return settings
    }

    private func contents(_ folder: ModelFolder) throws -> [String: [UInt8]] {
        try Dictionary(
            uniqueKeysWithValues: TemporaryFolder.names(in: folder.path).map {
                ($0, try Files.read("\(folder.path)/\($0)"))
            })
    }

    @Test func learnsWhatItSees() throws {
        var settings = Self.small
        (settings.hidden, settings.embedding, settings.batch, settings.epochs) = (48, 8, 16, 10)
        (settings.learningRate, settings.dropout) = (0.01, 0)
        let run = try TrainingRun<Captioner>(settings, from: try scenes(1200), folder: nil, on: Self.device)
        #expect(try run.run() == .finished)
        let report = try run.bestModel().report(on: run.data, settings)
        #expect(report.figures.map(\.name).prefix(3) == ["test_error_rate", "test_exact", "test_bleu"])
        #expect(report.figures[1].value >= 0.9, "\(report.figures)")
        #expect(report.figures[2].value >= 90, "\(report.figures)")
    }

    /// What is drawn is what the captions say, and no digit is in two parts.
    @Test func scenesAreWhatTheirCaptionsSay() throws {
        let scenes = try DigitScenes(of: digits(200), labels: nil, count: 400, seed: 9)
        #expect(scenes.shape == [400, 8, 8] && scenes.values.count == 400 * 64 && scenes.captions.count == 400)
        let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        var parts = [[[Float]]](repeating: [], count: 3)
        for (scene, caption) in scenes.captions.enumerated() {
            let words = caption.split(separator: " ").map(String.init)
            let isAbove = words.contains("above")
            #expect(isAbove || words.contains("left"))
            #expect([words[0], words[words.count - 2]].allSatisfy { ["a", "an"].contains($0) })
            let corners = isAbove ? [(0, 2), (4, 2)] : [(2, 0), (2, 4)]
            for (corner, word) in zip(corners, [words[1], words[words.count - 1]]) {
                let label = try #require(names.firstIndex(of: word))
                #expect((words[words.firstIndex(of: word)! - 1] == "an") == (label == 8))
                let numbers = (0..<16).map { place in
                    scenes.values[scene * 64 + (corner.0 + place / 4) * 8 + corner.1 + place % 4]
                }
                var pattern = SplitMix(seed: UInt64(100 + label))
                let expected = (0..<16).map { _ in pattern.next(below: 2) == 1 }
                #expect(numbers.map { $0 > 6 } == expected, "\(caption)")
                parts[scene < 320 ? 0 : scene < 360 ? 1 : 2].append(numbers)
            }
        }
        let sets = parts.map { Set($0) }
        #expect(sets[0].isDisjoint(with: sets[1]) && sets[0].isDisjoint(with: sets[2]))
        #expect(sets[1].isDisjoint(with: sets[2]) && sets[2].count > 10)
    }

    @Test func resumesToTheSameBits() throws {
        let files = try scenes(120)
        var folders: [ModelFolder] = []
        for stop in [nil, nil, 1, 17] as [Int?] {
            let folder = ModelFolder(temporary("run-\(folders.count)"))
            var asked = 0
            _ = try TrainingRun<Captioner>(Self.small, from: files, folder: folder, on: Self.device).run(
                shouldStop: {
                    asked += 1
                    return stop.map { asked > $0 } ?? false
                })
            if stop != nil {
                #expect(try TrainingRun<Captioner>(resuming: folder, on: Self.device).run() == .finished)
            }
            folders.append(folder)
        }
        let whole = try contents(folders[0])
        for folder in folders.dropFirst() { #expect(try contents(folder) == whole, "\(folder.path)") }
    }

    @Test(arguments: TestedBackend.all) func backendsAgree(_ tested: TestedBackend) throws {
        let files = try scenes(150)
        let losses = try [Self.device, tested.device].map { device in
            var losses: [Double] = []
            _ = try TrainingRun<Captioner>(Self.small, from: files, folder: nil, on: device).run(report: {
                if case .epoch(let metrics) = $0 { losses += [metrics.training, metrics.validation ?? .nan] }
            })
            return losses
        }
        #expect(losses[0].count == 6 && losses[0][0] > losses[0][4])
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(losses)")
    }

    /// What a search says of a caption is what training computes of it; a saved model says the same.
    @Test func searchAndTrainingAgree() throws {
        let (files, folder) = (try scenes(60), ModelFolder(temporary("saved")))
        var settings = Self.small
        (settings.layers, settings.beam.width) = (2, 3)
        let run = try TrainingRun<Captioner>(settings, from: files, folder: folder, on: Self.device)
        #expect(try run.run() == .finished)
        let model = try run.bestModel()
        #expect(model.parameterCount == model.configuration.parameterCount)
        let values = try ArrayFile(reading: files[0].path).values
        let rows = (0..<9).map { values[$0 * 64..<($0 + 1) * 64] }
        let found = try model.hypotheses(for: rows, BeamSearch(width: 3, end: 0, maximum: 8))
        for (row, hypotheses) in zip(rows, found) {
            for hypothesis in hypotheses {
                let loss = try model.loss(rows: [row], captions: [hypothesis.tokens]).scalar()
                let length = Double(hypothesis.tokens.count + 1)
                #expect(abs(hypothesis.logProbability + Double(loss) * length) < 1e-4 * length)
            }
        }
        let loaded = try folder.model(on: Self.device)
        let input = PredictionInput(files: [try ReadFile(files[0])], count: 2)
        let lines = try model.predictions(for: input).map(\.line)
        #expect(try loaded.predictions(for: input).map(\.line) == lines && lines.count == 60)
        #expect(lines.allSatisfy { $0.split(separator: "\t", omittingEmptySubsequences: false).count == 2 })
        #expect(try model.drawing(for: input) == nil)
    }

    @Test func whatIsWrongIsNamed() throws {
        func line(_ files: [DataFile], _ change: (inout CaptionerSettings) -> Void = { _ in }) -> String {
            var settings = Self.small
            change(&settings)
            let error = #expect(throws: (any Error).self) {
                try TrainingRun<Captioner>(settings, from: files, folder: nil, on: Self.device)
            }
            let line = error.map { "\($0)" } ?? ""
            #expect(!line.contains("\n"))
            return line
        }
        let files = try scenes(40)
        func numbers(_ values: [Float], _ shape: [Int]) throws -> DataFile {
            try Files.write(ArrayFile.npy(values, shape: shape), to: temporary("bad.npy"))
            return DataFile("features", temporary("bad.npy"))
        }
        #expect(line([files[0]]).contains("--captions") && line([files[1]]).contains("--features"))
        #expect(line([files[1], try numbers([1, 2, 3], [3])]).contains("bad.npy: an array of shape [3]"))
        #expect(line([files[1], try numbers([1, .nan, 3, 4], [2, 2])]).contains("row 0"))
        #expect(line([files[1], try numbers([1, 2, 3, 4], [2, 2])]).contains("there is no row 2"))
        #expect(line(files) { $0.beam.width = 2000 }.contains("--beam"))
        #expect(line(files) { $0.split = "1/2/x" }.contains("--split"))
        for (text, part) in [("1,2,3\n", "square"), ("1,2,3,4,11\n", "label of image 0"), ("1,2,3,4,5\n", "30")] {
            try Files.write(Array(text.utf8), to: temporary("few.csv"))
            let error = #expect(throws: (any Error).self) {
                try DigitScenes(
                    of: ReadFile(DataFile("images", temporary("few.csv"))), labels: nil, count: 10, seed: 1)
            }
            #expect(error.map { "\($0)".contains(part) } ?? false, "\(String(describing: error))")
        }
    }

    /// More scenes than there is room for: 10 of 4 × 4 numbers take 640 bytes, and as many in their file.
    @Test func scenesBeyondTheMemoryAreRefused() throws {
        try Files.write(Array(String(repeating: "1,2,3,4,5\n", count: 30).utf8), to: temporary("digits.csv"))
        let digits = try ReadFile(DataFile("images", temporary("digits.csv")))
        _ = try MemoryNeed.$memory.withValue(1_400) { try DigitScenes(of: digits, labels: nil, count: 10, seed: 1) }
        let error = #expect(throws: ModelError.self) {
            try MemoryNeed.$memory.withValue(1_200) { try DigitScenes(of: digits, labels: nil, count: 10, seed: 1) }
        }
        #expect("\(String(describing: error))".contains("--count"))
    }
}
