import Testing
import UnrollCompute
import UnrollData
import UnrollModels
import UnrollTestSupport
import UnrollTraining

@Suite struct ClassifierDataTests {
    private let fixture = ClassifierFixture()

    private func run(
        _ files: [DataFile], _ change: (inout ClassifierSettings) -> Void = { _ in }
    ) throws -> TrainingRun<SequenceClassifier> {
        var settings = ClassifierFixture.settings
        settings.epochs = 1
        change(&settings)
        return try TrainingRun(settings, from: files, folder: nil, on: .cpu)
    }

    private func lines(_ run: TrainingRun<SequenceClassifier>) throws -> [String] {
        _ = try run.run()
        return try run.bestModel().report(on: run.data, run.settings).lines
    }

    /// Text that is there twice is learnt once, and what has two classes is in one part.
    @Test func repeatedTextsDoNotLeak() throws {
        // 30 texts, each twice in one class, and the first 10 in the other as well.
        let texts = (0..<30).flatMap { number in
            Array(repeating: "a\ttext \(number)", count: 2) + (number < 10 ? ["b\ttext \(number)"] : [])
        }
        let run = try run([fixture.write(texts.joined(separator: "\n"), "texts.tsv")]) { $0.minimum = 1 }
        // Every text of another part has a number that training knows not: 30 numbers, "text" and the unknown.
        guard case .text(let encoding) = run.model.configuration.input else { return #expect(Bool(false)) }
        #expect(encoding.count == 24 + 2, "80 % of 30 different texts")
        #expect(try lines(run)[0].contains("30 repeated and left out"))
    }

    /// Means and deviations are of the training rows alone.
    @Test func numbersAreScaledByTrainingRows() throws {
        let rows = ["0,0,a", "2,10,b", "4,20,a", "6,30,b", "1000,5000,a", "-7000,9,b"]
        let file = try fixture.write((["x,y,kind"] + rows).joined(separator: "\n"), "table.csv")
        let scales = try [InputScaling.channels, .all, .none].map { scaling in
            let run = try run([file]) {
                ($0.target, $0.stepSize, $0.scaling, $0.inOrder) = ("kind", 2, scaling, true)
                $0.split = try? Split(parsing: "4/0/2")
            }
            guard case .numbers(let numbers) = run.model.configuration.input else { throw DataError.missing(path: "") }
            return numbers.scale
        }
        #expect(scales[0].means == [3, 15] && abs(scales[0].scales[0] - 5.0.squareRoot()) < 1e-12)
        #expect(scales[1].means == [9, 9] && scales[1].scales[0] == scales[1].scales[1])
        #expect(scales[2] == Standardization(means: [0, 0], scales: [1, 1]))
    }

    /// A missing number is as the mean: nothing in a result is not a number.
    @Test func missingNumbersAreTheMean() throws {
        let rows = (0..<20).map { "\($0 % 2 == 0 ? "" : "\($0)"),\($0),\($0 % 2 == 0 ? "even" : "odd")" }
        let file = try fixture.write((["x,y,kind"] + rows).joined(separator: "\n"), "table.csv")
        let run = try run([file]) { ($0.target, $0.stepSize) = ("kind", 2) }
        let told = "numbers missing, taken for the mean: 10"
        #expect(try lines(run).contains(told) && run.best?.isFinite == true)
        #expect(try run.bestModel().evaluate([ReadFile(file)]).lines.contains(told))
        let whole = try fixture.write("x,y,kind\n" + (0..<4).map { "1,\($0),even\n" }.joined(), "whole.csv")
        #expect(try !run.bestModel().evaluate([ReadFile(whole)]).lines.contains { $0.contains("missing") })
    }

    /// Two examples of each of many classes are few, and not two columns in the wrong order.
    @Test func manyClassesAreLearnt() throws {
        let lines = (0..<60).map { "class\($0 % 30)\tw\($0 % 30) w\($0)\n" }
        let run = try run([fixture.write(lines.joined(), "many.tsv")])
        #expect(run.model.configuration.classes.count == 30)
    }

    @Test func arraysWithLabelsAreImages() throws {
        let pixels = (0..<6 * 4 * 3).map { Float($0 % 7) }
        let labels = (0..<6).map { Float($0 % 2 + 3) }
        try Files.write(ArrayFile.npy(pixels, shape: [6, 4, 3]), to: fixture.temporary("images.npy"))
        try Files.write(ArrayFile.npy(labels, shape: [6]), to: fixture.temporary("labels.npy"))
        // The same as IDX: bytes.
        let head: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 3]
        try Files.write(head + pixels.map { UInt8($0) }, to: fixture.temporary("images.idx"))
        try Files.write([0, 0, 8, 1, 0, 0, 0, 6] + labels.map { UInt8($0) }, to: fixture.temporary("labels.idx"))
        let models = try ["npy", "idx"].map { kind in
            let files = [
                DataFile("data", fixture.temporary("images.\(kind)")),
                DataFile("labels", fixture.temporary("labels.\(kind)")),
            ]
            let run = try run(files) { $0.split = try? Split(parsing: "4/0/2") }
            _ = try run.run()
            return try run.bestModel()
        }
        #expect(models[0].configuration == models[1].configuration && models[0].configuration.classes == ["3", "4"])
        guard case .numbers(let numbers) = models[0].configuration.input else { return #expect(Bool(false)) }
        #expect(numbers.inputs == 3 && Set(numbers.scale.means).count == 1, "a row of points a step, one scale")
    }

    @Test func textsByClass() throws {
        let files = try [("good", "fine\nlovely day\n"), ("bad", "awful\n\nbad rain\nno\n")].map { label, text in
            DataFile("class", try fixture.write(text, label).path, label: label)
        }
        let run = try run(files) { ($0.split, $0.minimum) = (try? Split(parsing: "3/1/1"), 1) }
        #expect(run.model.configuration.classes == ["good", "bad"])
        #expect(try lines(run)[0] == "examples: 3 to train, 1 to validate, 1 to test")
        let found = try run.bestModel().predictions(for: PredictionInput(files: [ReadFile(files[1].role("data"))]))
        #expect(found.count == 3)
    }

    @Test func vectorsAreWhereWordsBegin() throws {
        let data = try fixture.orders(count: 60)
        let vectors = try fixture.write(
            "first 1 2 3\nsecond -1 0.5 4\nW1 9 9 9\nunused 7 7 7\n", "v.txt", role: "vectors")
        let run = try run([data, vectors]) { $0.frozen = ["embedding.weight"] }
        guard case .text(.words(_, let words)) = run.model.configuration.input else { return #expect(Bool(false)) }
        func vector(_ word: String) throws -> [Float] {
            let place = Int(try #require(words.index(of: word)))
            return Array(try #require(run.model.embedding).weight.value.floats()[place * 3..<place * 3 + 3])
        }
        #expect(run.model.configuration.architecture.embedding == 3)
        let before = try vector("w2")
        #expect(try vector("first") == [1, 2, 3] && vector("second") == [-1, 0.5, 4])
        // A word in lower case is not found in upper.
        #expect(try vector("w1") != [9, 9, 9])
        _ = try run.run()
        #expect(try vector("first") == [1, 2, 3] && vector("w2") == before)
        // first and second, of these and w0 to w4.
        #expect(try run.model.report(on: run.data, run.settings).lines.last == "vectors: 2 of 7 words")
    }

    // MARK: What is refused

    @Test func whatMakesNoSenseIsOneLine() throws {
        let (text, series) = (try fixture.orders(count: 30), try fixture.series(count: 20))
        let table = try fixture.write("a,kind\n1,x\n2,y\n", "t.csv")
        let named = try fixture.write("name,kind\nAnn,x\nBob,y\n", "named.csv")
        let blank = try fixture.write("a,kind\n1,x\n2, \n", "blank.csv")
        let one = try fixture.write("a\tx\na\ty\n", "one.tsv")
        let swapped = try fixture.write((0..<24).map { "text \($0)\tx\n" }.joined(), "swapped.tsv")
        let other = try fixture.write("third\tx\n", "other.tsv", role: "test")
        let huge = try fixture.write("a,kind\n1e39,x\n2,y\n3,x\n", "huge.csv")
        let empty = try fixture.write("", "empty.tsv")
        try Files.write(ArrayFile.npy([1, 2, 3, 4], shape: [2, 2]), to: fixture.temporary("x.npy"))
        let array = DataFile("data", fixture.temporary("x.npy"))
        let vectors = try fixture.write("nowhere 1 2\n", "v.txt", role: "vectors")
        let cases: [(String, [DataFile], (inout ClassifierSettings) -> Void)] = [
            ("--data missing", [], { _ in }), ("no class but 'a'", [one], { _ in }),
            ("'text 0'; a line is a label", [swapped], { _ in }),
            ("there is no example", [empty], { _ in }), ("'third' is none of the model's", [text, other], { _ in }),
            ("--target missing", [table], { _ in }), ("no column 'z'", [table], { $0.target = "z" }),
            (":2:1: 'Ann' in column 'name' is not a number; all columns but 'kind'", [named], { $0.target = "kind" }),
            (":3:3: there is nothing in column 'kind'", [blank], { $0.target = "kind" }),
            ("are not steps of 3", [table], { ($0.target, $0.stepSize) = ("kind", 3) }),
            ("--step-size 2", [text], { $0.stepSize = 2 }), ("--step-size 2", [series], { $0.stepSize = 2 }),
            ("--lowercase", [series], { $0.lowercase = true }), ("--minimum 3", [series], { $0.minimum = 3 }),
            ("--unit characters", [series], { $0.unit = .characters }),
            ("--scaling all", [text], { $0.scaling = .all }),
            ("is infinite", [huge], { ($0.target, $0.split) = ("kind", try? Split(parsing: "2/0/1")) }),
            ("--vectors", [series, vectors], { _ in }), ("none of the", [text, vectors], { _ in }),
            ("--labels missing", [array], { _ in }),
            ("leaves nothing for it", [text, text.role("test")], { $0.split = try? Split(parsing: "80/10/10") }),
            ("--text", [text, text.role("text")], { _ in }), ("--hidden 0", [text], { $0.hidden = 0 }),
            ("training would take", [text], { ($0.hidden, $0.layers) = (60000, 9) }),
        ]
        for (part, files, change) in cases {
            do {
                _ = try run(files, change)
                Issue.record("nothing refused where '\(part)' is expected")
            } catch {
                let line = "\(error)"
                #expect(!line.contains("\n"))
                #expect(line.contains(part), "\(line) for \(part)")
            }
        }
    }

    @Test func aConfigurationThatMakesNoSenseIsRefused() throws {
        let run = try run([fixture.series(count: 30)])
        let json = run.model.configuration.json
        #expect(try ClassifierConfiguration(json, name: "") == run.model.configuration)
        for (name, value) in [
            ("classes", JSON.array(["a"])), ("classes", ["a", "a"]), ("pooling", "sum"), ("direction", "up"),
            ("input", .object([])), ("input", ["numbers": ["inputs": 2, "means": [0], "scales": [1]]]),
            ("input", ["numbers": ["inputs": 1, "means": [0], "scales": [0]]]), ("input", ["text": ["unit": "words"]]),
        ] {
            let changed = (json.members ?? []).map { $0.name == name ? JSON.Member(name, value) : $0 }
            #expect(throws: (any Error).self, "\(name) \(value)") {
                try ClassifierConfiguration(.object(changed), name: "config.json")
            }
        }
    }
}
